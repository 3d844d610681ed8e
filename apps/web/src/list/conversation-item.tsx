import type { ConversationSummary } from "@secureconnect/client/rest";
import { memo } from "react";
import { Avatar } from "../people/avatar.tsx";
import { useDetails } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { titleOf } from "../people/title.ts";
import { briefly } from "../ui/time.ts";
import { useToday } from "../ui/use-today.ts";

const LONGEST = 120;

export const ConversationItem = memo(function ConversationItem(props: {
	readonly conversation: ConversationSummary;
	readonly me: string;
	readonly isOpen: boolean;
}) {
	useToday();
	const { me, isOpen } = props;
	const { conversationId, title, lastMessage, unread, updatedAt } =
		props.conversation;
	const directory = useDirectory();
	const details = useDetails(conversationId, title === null);
	const shown = titleOf(title, details, directory, me);
	// What is open is being read.
	const count = isOpen ? 0 : unread;
	return (
		<li>
			<a
				className="conversation-item"
				href={`#/${conversationId}`}
				aria-current={isOpen ? "page" : undefined}
			>
				<Avatar id={conversationId} name={shown} />
				<span className="lines">
					<span className="line">
						<bdi className="title">{shown}</bdi>
						<time dateTime={updatedAt}>{briefly(Date.parse(updatedAt))}</time>
					</span>
					<span className="line">
						<span className="last">
							{lastMessage ? (
								<>
									<bdi>
										{lastMessage.senderId === me
											? "You"
											: directory.name(lastMessage.senderId)}
									</bdi>
									: <bdi>{lastMessage.content.slice(0, LONGEST)}</bdi>
								</>
							) : (
								"Nothing said yet"
							)}
						</span>
						{count > 0 && (
							<span className="unread">
								<span>{count > 99 ? "99+" : count}</span>
								<span className="hidden"> unread</span>
							</span>
						)}
					</span>
				</span>
			</a>
		</li>
	);
});
