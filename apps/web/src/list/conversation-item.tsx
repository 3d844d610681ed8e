import type { ConversationSummary } from "@secureconnect/client";
import { memo, useCallback, useRef } from "react";
import { Avatar } from "../people/avatar.tsx";
import { useDetailsWhenSeen } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { partnerOf, titleOf } from "../people/title.ts";
import type { Anchor } from "../ui/anchor.ts";
import { MoreIcon } from "../ui/icons.tsx";
import { usePress } from "../ui/press.ts";
import { briefly } from "../ui/time.ts";
import { useToday } from "../ui/use-today.ts";
import { Badges } from "./badges.tsx";
import { LockIcon, MutedIcon } from "./icons.tsx";
import { useConversationMenu } from "./menu-context.ts";

const LONGEST = 120;

export const ConversationItem = memo(function ConversationItem(props: {
	readonly conversation: ConversationSummary;
	readonly me: string;
	readonly isOpen: boolean;
	readonly isMuted: boolean;
}) {
	useToday();
	const { conversation, me, isOpen, isMuted } = props;
	const { conversationId, title, directUser, lastMessage, updatedAt } =
		conversation;
	const directory = useDirectory();
	const row = useRef<HTMLLIElement>(null);
	const isNamed =
		title !== null ||
		(directUser !== undefined && directory.hasName(directUser));
	const details = useDetailsWhenSeen(conversationId, row, !isNamed);
	// The partner's id gives the same colour here as beside their messages.
	const partner = directUser ?? partnerOf(title, details, me);
	const shown =
		title === null && directUser !== undefined
			? directory.name(directUser)
			: titleOf(title, details, directory, me);
	// The user reads the open conversation now.
	const unread = isOpen ? 0 : conversation.unread;
	const isMarked = conversation.markedUnread === true;
	const openMenu = useConversationMenu();
	const open = useCallback(
		(anchor: Anchor) => openMenu({ id: conversationId, anchor }),
		[openMenu, conversationId],
	);
	usePress(row, {
		pressed: ({ target }) =>
			(target as Element).closest(".conversation-item") ?? undefined,
		open: (_, anchor) => open(anchor),
	});
	return (
		<li className="listed" ref={row}>
			<a
				className="conversation-item"
				href={`#/${conversationId}`}
				data-unread={((unread > 0 || isMarked) && !isMuted) || undefined}
				aria-current={isOpen ? "page" : undefined}
				aria-keyshortcuts="Shift+F10"
			>
				<Avatar id={partner ?? conversationId} name={shown} />
				<span className="lines">
					<span className="line">
						<span className="titled">
							<bdi className="title">{shown}</bdi>
							{conversation.closed && (
								<>
									<LockIcon />
									<span className="hidden"> closed</span>
								</>
							)}
							{isMuted && (
								<>
									<MutedIcon />
									<span className="hidden"> muted</span>
								</>
							)}
						</span>
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
									{lastMessage.deleted
										? "Message deleted"
										: lastMessage.content.slice(0, LONGEST)}
								</span>
							) : (
								<span>No messages yet</span>
							)}
						</span>
						<Badges
							unread={unread}
							mentions={isOpen ? 0 : (conversation.mentions ?? 0)}
							isMarked={isMarked}
							isMuted={isMuted}
						/>
					</span>
				</span>
			</a>
			<button
				className="row-menu"
				type="button"
				aria-label={`Options: ${shown}`}
				aria-haspopup="menu"
				title="Options"
				onClick={({ currentTarget }) => open(currentTarget)}
			>
				<MoreIcon />
			</button>
		</li>
	);
});
