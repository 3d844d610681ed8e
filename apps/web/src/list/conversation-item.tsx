import type { ConversationSummary } from "@secureconnect/client";
import { memo, useRef } from "react";
import { Avatar } from "../people/avatar.tsx";
import { useDetailsWhenSeen } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { partnerOf, titleOf } from "../people/title.ts";
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
	const row = useRef<HTMLLIElement>(null);
	const details = useDetailsWhenSeen(conversationId, row, title === null);
	// The partner's id gives the same colour here as beside their messages.
	const partner = partnerOf(title, details, me);
	const shown = titleOf(title, details, directory, me);
	// The user reads the open conversation now.
	const count = isOpen ? 0 : unread;
	return (
		<li ref={row}>
			<a
				className="conversation-item"
				href={`#/${conversationId}`}
				data-unread={count > 0 || undefined}
				aria-current={isOpen ? "page" : undefined}
			>
				<Avatar id={partner ?? conversationId} name={shown} />
				<span className="lines">
					<span className="line">
						<bdi className="title">{shown}</bdi>
						<time dateTime={updatedAt}>{briefly(Date.parse(updatedAt))}</time>
					</span>
					<span className="line">
						<span className="last">
							{lastMessage && lastMessage.senderId !== partner && (
								<span className="by">
									<bdi>
										{lastMessage.senderId === me
											? "You"
											: directory.name(lastMessage.senderId)}
									</bdi>
									<span>{": "}</span>
								</span>
							)}
							{lastMessage ? (
								<span className="said" dir="auto">
									{lastMessage.content.slice(0, LONGEST)}
								</span>
							) : (
								<span>No messages yet</span>
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
