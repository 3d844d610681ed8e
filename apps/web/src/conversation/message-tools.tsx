import { MoreIcon, ReplyIcon, SmileIcon } from "../ui/icons.tsx";
import type { Line } from "./lines.ts";
import { useMessageContext } from "./message-context.ts";

/**
 * Shows buttons beside a message while the pointer or the focus is on it. The button for the menu is always in the
 * page, for screen readers. Tab does not stop at it: the message has the focus, and Enter opens the menu.
 */
export function MessageTools({
	line,
	isNear,
}: {
	readonly line: Line;
	readonly isNear: boolean;
}) {
	const { onMenu, onPick, onReply } = useMessageContext();
	const { row } = line;
	if (!row || row.status === "failed") return null;
	const isShort = !isNear || row.deleted || row.messageId === undefined;
	return (
		<span className={isNear ? "tools" : "tools far"}>
			{!isShort && (
				<>
					<button
						type="button"
						tabIndex={-1}
						aria-label="Add a reaction"
						title="Add a reaction"
						onClick={({ currentTarget }) =>
							// The button itself disappears when the pointer leaves.
							onPick(row, currentTarget.closest(".speech") ?? currentTarget)
						}
					>
						<SmileIcon />
					</button>
					<button
						type="button"
						tabIndex={-1}
						aria-label="Reply"
						title="Reply"
						onClick={() => onReply(row)}
					>
						<ReplyIcon />
					</button>
				</>
			)}
			<button
				type="button"
				tabIndex={-1}
				aria-label="More actions"
				aria-haspopup="menu"
				title="More actions"
				onClick={({ currentTarget }) => onMenu(line, currentTarget)}
			>
				<MoreIcon />
			</button>
		</span>
	);
}
