import type { ConversationSummary } from "@secureconnect/client";
import { type KeyboardEvent, type MouseEvent, useRef, useState } from "react";
import type { Account } from "../account/account.ts";
import { Avatar } from "../people/avatar.tsx";
import { shortId } from "../people/directory.ts";
import { PlusIcon } from "../ui/icons.tsx";
import { ThemeButton } from "../ui/theme.tsx";
import { isTouch } from "../ui/touch.ts";
import { ConversationItem } from "./conversation-item.tsx";
import { useFiltered } from "./filter.ts";
import { FilterField } from "./filter-field.tsx";
import { FoldIcon } from "./icons.tsx";
import { isMuted, useMutes } from "./mute.ts";
import { OpenBeside } from "./open-beside.tsx";
import { sectionsOf } from "./sections.ts";

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
	const { account, conversations, openId } = props;
	const name = account.name ?? `User ${shortId(account.userId)}`;
	const nav = useRef<HTMLElement>(null);
	const [typed, setTyped] = useState("");
	const filtered = useFiltered(conversations, typed, account.userId);
	const isFiltered = typed.trim() !== "";
	const { favourites, others, archived } = sectionsOf(filtered);
	const [wantsArchive, setWantsArchive] = useState<boolean>();
	const hasOpenArchived = archived.some(
		({ conversationId }) => conversationId === openId,
	);
	const showsArchive = isFiltered || (wantsArchive ?? hasOpenArchived);
	useMutes(conversations);
	const now = Date.now();
	const rows = (of: readonly ConversationSummary[]) =>
		of.map((it) => (
			<ConversationItem
				key={it.conversationId}
				conversation={it}
				me={account.userId}
				isOpen={it.conversationId === openId}
				isMuted={isMuted(it, now)}
			/>
		));
	const rest = archived.filter((it) => it.unread > 0 && !isMuted(it, now));
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
			<FilterField
				value={typed}
				onChange={setTyped}
				onDown={() => linksOf(nav)[0]?.focus()}
				onOpen={() => {
					const [first] = linksOf(nav);
					first?.click();
					if (first) setTyped("");
				}}
			/>
			<nav
				aria-label="Conversations"
				ref={nav}
				onKeyDown={(event) => moveFocus(event, linksOf(nav))}
				onClick={continueWriting}
			>
				{props.problem !== undefined && (
					<p className="note" role="status">
						{props.problem}
					</p>
				)}
				{conversations.length === 0 && !props.isLoading && (
					<p className="note">No conversations yet. Start one with “+”.</p>
				)}
				{isFiltered && filtered.length === 0 && (
					<p className="note" role="status">
						No conversation matches.
					</p>
				)}
				{favourites.length > 0 && (
					<section aria-label="Favourites">
						<h2>Favourites</h2>
						<ul>{rows(favourites)}</ul>
					</section>
				)}
				{favourites.length > 0 && others.length > 0 && <h2>Conversations</h2>}
				<ul>{rows(others)}</ul>
				{archived.length > 0 && (
					<section aria-label="Archived">
						<button
							className="fold"
							type="button"
							aria-expanded={showsArchive}
							disabled={isFiltered}
							onClick={() => setWantsArchive(!showsArchive)}
						>
							<FoldIcon />
							<span>Archived</span>
							<span className="unread weak">
								<span>{rest.length > 0 ? rest.length : archived.length}</span>
								{rest.length > 0 && <span className="hidden"> unread</span>}
							</span>
						</button>
						{showsArchive && <ul>{rows(archived)}</ul>}
					</section>
				)}
				{props.hasMore && (
					<button className="quiet more" type="button" onClick={props.onMore}>
						{isFiltered ? "Search older conversations" : "Older conversations"}
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

function linksOf(nav: { readonly current: HTMLElement | null }): HTMLElement[] {
	return [
		...(nav.current?.querySelectorAll<HTMLElement>(".conversation-item") ?? []),
	];
}

/** Gives the focus to the composer after a click on the conversation that is already open. */
function continueWriting({
	target,
	ctrlKey,
	metaKey,
	shiftKey,
}: MouseEvent): void {
	// Such a click opens a tab or a window. On a touch screen the focus would open the keyboard over the messages.
	if (ctrlKey || metaKey || shiftKey || isTouch) return;
	if ((target as Element).closest(".conversation-item[aria-current]"))
		document.querySelector<HTMLElement>(".pane .composer textarea")?.focus();
}

/** Moves the focus between the rows with the arrow keys, Home and End. */
function moveFocus(event: KeyboardEvent, links: readonly HTMLElement[]): void {
	const { key, target } = event;
	const at = links.indexOf(target as HTMLElement);
	if (at === -1) return;
	const to = {
		ArrowDown: Math.min(at + 1, links.length - 1),
		ArrowUp: at - 1,
		Home: 0,
		End: links.length - 1,
	}[key];
	if (to === undefined) return;
	event.preventDefault();
	const field = document.querySelector<HTMLElement>(".filter input");
	(links[to] ?? field)?.focus();
}
