/** Shows the exact numbers of unread messages and mentions, or a dot if the user marked the conversation as unread. */
export function Badges(props: {
	readonly unread: number;
	readonly mentions: number;
	readonly isMarked: boolean;
	/** Whether the badges must not attract attention. */
	readonly isMuted: boolean;
}) {
	const { unread, mentions, isMarked, isMuted } = props;
	const kind = isMuted ? "unread weak" : "unread";
	return (
		<>
			{mentions > 0 && (
				<span className={`${kind} at`}>
					<span aria-hidden="true">@</span>
					<span className="hidden">
						{` ${mentions} ${mentions === 1 ? "mention" : "mentions"},`}
					</span>
				</span>
			)}
			{unread > 0 ? (
				<span className={kind}>
					<span>{unread.toLocaleString()}</span>
					<span className="hidden"> unread</span>
				</span>
			) : (
				isMarked && (
					<span className={`${kind} dot`}>
						<span className="hidden"> marked as unread</span>
					</span>
				)
			)}
		</>
	);
}
