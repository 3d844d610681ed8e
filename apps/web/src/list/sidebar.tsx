import type { ConversationSummary } from "@secureconnect/client";
import type { Account } from "../account/account.ts";
import { Avatar } from "../people/avatar.tsx";
import { shortId } from "../people/directory.ts";
import { PlusIcon } from "../ui/icons.tsx";
import { ThemeButton } from "../ui/theme.tsx";
import { ConversationItem } from "./conversation-item.tsx";
import { OpenBeside } from "./open-beside.tsx";

export function Sidebar(props: {
	readonly account: Account;
	readonly conversations: readonly ConversationSummary[];
	readonly openId: string | undefined;
	readonly isLoading: boolean;
	/** Why the list may be out of date. */
	readonly problem: string | undefined;
	readonly hasMore: boolean;
	readonly onMore: () => void;
	readonly onNew: () => void;
	readonly onSignOut: () => void;
}) {
	const { account, conversations } = props;
	const name = account.name ?? `User ${shortId(account.userId)}`;
	return (
		<div className="sidebar">
			<header>
				<h1 tabIndex={-1}>Chats</h1>
				<ThemeButton />
				<button
					className="round"
					type="button"
					aria-label="New conversation"
					onClick={props.onNew}
				>
					<PlusIcon />
				</button>
			</header>
			<nav aria-label="Conversations">
				{props.problem !== undefined && (
					<p className="note" role="status">
						{props.problem}
					</p>
				)}
				{conversations.length === 0 && !props.isLoading && (
					<p className="note">No conversations yet. Start one with “+”.</p>
				)}
				<ul>
					{conversations.map((conversation) => (
						<ConversationItem
							key={conversation.conversationId}
							conversation={conversation}
							me={account.userId}
							isOpen={conversation.conversationId === props.openId}
						/>
					))}
				</ul>
				{props.hasMore && (
					<button className="quiet more" type="button" onClick={props.onMore}>
						Older conversations
					</button>
				)}
			</nav>
			<footer>
				<Avatar id={account.userId} name={name} />
				<span className="who">
					<bdi>{name}</bdi>
					<small>signed in</small>
				</span>
				{account.isDev ? (
					<OpenBeside account={account} />
				) : (
					<button className="quiet" type="button" onClick={props.onSignOut}>
						Sign out
					</button>
				)}
			</footer>
		</div>
	);
}
