import {
	useConnectionState,
	useConversation,
	useMessages,
	useTyping,
} from "@secureconnect/react";
import {
	Suspense,
	useCallback,
	useEffect,
	useMemo,
	useRef,
	useState,
} from "react";
import { titled } from "../app/document-title.ts";
import { goTo } from "../app/route.ts";
import { useDetails, useDetailsStore } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { partnerOf, titleOf } from "../people/title.ts";
import { useNotices } from "../people/use-notices.ts";
import { lastEditable } from "./actions/menu-items.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Header } from "./header.tsx";
import { JumpError } from "./jump-error.tsx";
import { ParticipantsDialog, PinsPanel, ThreadPanel } from "./lazy-parts.ts";
import { type Line, linesOf } from "./lines.ts";
import { MessageActions } from "./message-actions.tsx";
import { MessageList } from "./message-list.tsx";
import { newestStored, waiting } from "./newest.ts";
import type { Target } from "./panels/thread-list.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useJump } from "./use-jump.ts";
import { useListedUnread, useListRow } from "./use-list-row.ts";
import { useMainRows } from "./use-main-rows.ts";
import { useMarks } from "./use-marks.ts";
import { usePeople } from "./use-people.ts";
import { usePresent } from "./use-present.ts";
import { useRefused } from "./use-refused.ts";
import { useUnseen } from "./use-unseen.ts";
import { refusal, useWriting } from "./use-writing.ts";

/** What a panel beside the conversation shows. */
type Shown =
	| { readonly kind: "pins" }
	| {
			readonly kind: "thread";
			readonly rootId: string;
			/** Message of the thread to which the conversation jumped. */
			readonly target?: Target;
	  };

/** Shows one conversation: header, connection banner, messages and composer. */
export function ConversationPane(props: {
	readonly id: string;
	readonly me: string;
	/** The title in the list of conversations; undefined if the list does not contain this conversation. */
	readonly title: string | null | undefined;
	/** The user's read position when the conversation was opened. */
	readonly readSeq: number | undefined;
	/** Whether the list has loaded. If so and `readSeq` is undefined, it stays undefined. */
	readonly isListed: boolean;
	/** Number of unread messages in other conversations. */
	readonly unread: number;
	/** Name that the composer shows. In `dev` a developer writes as several users. */
	readonly writesAs: string | undefined;
	/** Called when the list of conversations is out of date. */
	readonly onChanged: () => void;
	readonly onSignedOut: () => void;
}) {
	const { id, me, unread, onChanged, onSignedOut } = props;
	const conversation = useConversation(id);
	const state = useConnectionState(id);
	const messages = useMessages(id);
	const presence = usePresent(id, state);
	const { typing, sendTyping } = useTyping(id);
	const { markRead, markUnread, firstUnread } = useListedUnread(id);
	const directory = useDirectory();
	const store = useDetailsStore();
	const isOpen = state.name === "open";
	const details = useDetails(id, isOpen);
	const [isShowingPeople, setShowingPeople] = useState(false);
	const [sendError, setSendError] = useState("");
	const [isLoaded, setLoaded] = useState(false);
	useEffect(() => {
		// The announcer skips the messages that have loaded by then.
		if (!messages.isLoading) setLoaded(true);
	}, [messages.isLoading]);

	const { items, send, retry, discard, loadOlder } = messages;
	const { hasNewer, loadNewer } = messages;
	const main = useMainRows(items, messages.firstItemIndex);
	const known = useMemo(() => linesOf(main.rows, me), [main.rows, me]);
	const { lines, drop } = useRefused(me, id, items, known);
	const all = useMemo(() => linesOf(items, me), [items, me]);
	const newest = newestStored(items);
	const isFirstPage = messages.isLoading && items.length === 0;
	// Also true while the history reloads after a restore of the server. The list may then contain unsent messages.
	const isWithoutHistory = messages.isLoading && newest === undefined;
	const unseen = useUnseen(
		all,
		props.readSeq,
		props.isListed && !isWithoutHistory,
		messages.hasOlder,
		hasNewer,
	);
	const isSearching =
		!props.isListed || (unseen.isSearching && messages.error === undefined);
	useEffect(() => {
		if (
			props.isListed &&
			isSearching &&
			items.length > 0 &&
			!messages.isLoading
		)
			void loadOlder();
	}, [
		props.isListed,
		isSearching,
		items.length,
		messages.isLoading,
		loadOlder,
	]);
	useNotices(id, items, hasNewer, me, onChanged);
	const marks = useMarks(id, me, lines, isOpen);
	const title = titleOf(props.title, details, directory, me);
	const ownName = directory.name(me);

	useEffect(() => directory.learn(presence.users), [directory, presence]);
	// A user outside the known list is online: a participant joined, so reload the list.
	const isStranger =
		details !== undefined &&
		presence.users.some(
			({ userId }) => !details.participants.some((it) => it.userId === userId),
		);
	useEffect(() => {
		if (isStranger) store.want(id, 0);
	}, [store, id, isStranger]);
	useEffect(
		() =>
			conversation?.on("removal", ({ userId }) => {
				// The server refuses this request from a removed user.
				if (userId !== me) store.want(id, 0);
			}),
		[store, conversation, id, me],
	);
	useEffect(
		() => conversation?.on("reset", () => store.want(id, 0)),
		[store, conversation, id],
	);
	useListRow(newest, onChanged);
	useEffect(() => {
		if (state.name === "failed") onChanged();
	}, [state.name, onChanged]);
	const isSignedOut =
		state.name === "failed" && state.error.code === "unauthorized";
	useEffect(() => {
		if (isSignedOut) onSignedOut();
	}, [isSignedOut, onSignedOut]);
	useEffect(() => {
		document.title = titled(title, ownName, unread + unseen.count);
	}, [title, ownName, unread, unseen.count]);

	const { onWatched } = unseen;
	const newestId = newest?.messageId;
	/** Newest message when the user marked the conversation as unread. */
	const markedAt = useRef<string>(undefined);
	const onSeen = useCallback(() => {
		onWatched();
		// Otherwise the next look at the page would take the mark back.
		if (newestId === undefined || newestId === markedAt.current) return;
		const isMarked = markedAt.current !== undefined;
		markedAt.current = undefined;
		markRead(newestId).then(
			() => isMarked && onChanged(),
			() => {},
		);
	}, [newestId, markRead, onWatched, onChanged]);
	const onUnread = useCallback(() => {
		markedAt.current = newestId;
		markUnread().then(onChanged, (error: Error) => setSendError(error.message));
	}, [newestId, markUnread, onChanged]);
	const onOlder = useCallback(() => void loadOlder(), [loadOlder]);
	const onNewer = useCallback(() => void loadNewer(), [loadNewer]);
	const people = usePeople(details, me);
	const writing = useWriting(id, people, send, setSendError);
	const [panel, setPanel] = useState<Shown>();
	const closePanel = useCallback(() => setPanel(undefined), []);
	const jumping = useJump(messages, lines, (rootId, target) =>
		setPanel({ kind: "thread", rootId, target: { messageId: target } }),
	);
	const { place, jump, toNewest } = jumping;
	const onJump = useCallback(
		(messageId: string) => {
			// On a narrow page the panel covers the list.
			if (isNarrow()) setPanel(undefined);
			jump(messageId);
		},
		[jump],
	);
	const showPeople = useCallback(() => setShowingPeople(true), []);
	const onDiscard = useCallback(
		({ row, refusedId }: Line) => {
			if (row) discard(row);
			if (refusedId !== undefined) drop(refusedId);
		},
		[discard, drop],
	);
	const onRetry = useCallback(
		({ row, refusedId, content }: Line) => {
			const why = refusal(() => (row ? retry(row) : send(content)));
			setSendError(why ?? "");
			if (why === undefined && refusedId !== undefined) drop(refusedId);
		},
		[retry, send, drop],
	);
	const present = useMemo(
		() => presence.users.map(({ userId }) => userId),
		[presence],
	);
	const isOver =
		state.name === "failed" &&
		["removed", "deleted", "forbidden"].includes(state.error.code);
	const role = details?.participants.find(({ userId }) => userId === me)?.role;
	const closed = isOver
		? "You cannot write here"
		: details?.closed
			? "This conversation is closed"
			: role === "reader"
				? "You can only read here"
				: undefined;
	const isLeader = role === "owner" || role === "moderator";
	const canWrite = closed === undefined;
	const rights = useMemo(() => ({ canWrite, isLeader }), [canWrite, isLeader]);
	const onEditLast = useCallback(() => {
		// An earlier part of the conversation does not contain the user's newest message.
		const last = hasNewer ? undefined : lastEditable(main.rows, me, rights);
		if (last) writing.edit(last);
		return last !== undefined;
	}, [hasNewer, main.rows, me, rights, writing.edit]);
	const closedPanel = panel === undefined;
	return (
		<div className={closedPanel ? "conversation" : "conversation beside"}>
			<section className="pane" aria-label={title}>
				<MessageActions
					conversationId={id}
					me={me}
					rights={rights}
					onReply={writing.reply}
					onEdit={writing.edit}
					onThread={(rootId) => setPanel({ kind: "thread", rootId })}
					onJump={onJump}
					onUnread={onUnread}
					onError={setSendError}
				>
					<Header
						faceId={partnerOf(props.title, details, me) ?? id}
						me={me}
						title={title}
						present={present}
						presentCount={presence.count}
						isOpen={isOpen}
						participantCount={isOver ? undefined : details?.participantCount}
						unread={unread}
						showsPins={panel?.kind === "pins"}
						onPins={() =>
							setPanel(panel?.kind === "pins" ? undefined : { kind: "pins" })
						}
						onPeople={showPeople}
					/>
					<ConnectionBanner
						state={state}
						queued={waiting(items)}
						onReconnect={() => conversation?.reconnect()}
					/>
					{isFirstPage || (isSearching && items.length > 0) ? (
						<div className="empty">
							<p>Loading…</p>
						</div>
					) : messages.error && lines.count === 0 ? (
						<div className="empty">
							<p>{isOver ? "No messages to show." : messages.error.message}</p>
						</div>
					) : lines.count === 0 ? (
						<div className="empty">
							<p>No messages yet. Say hello!</p>
						</div>
					) : (
						<MessageList
							key={place.count}
							lines={lines}
							firstIndex={main.firstIndex}
							me={me}
							marks={marks}
							newAfter={unseen.newAfter}
							firstUnread={unseen.isTooMany ? firstUnread : undefined}
							target={place.target}
							hasOlder={messages.hasOlder}
							hasNewer={hasNewer}
							isLoading={messages.isLoading}
							olderError={messages.error?.message}
							onOlder={onOlder}
							onNewer={onNewer}
							onNewest={toNewest}
							onRetry={onRetry}
							onDiscard={onDiscard}
							onSeen={onSeen}
						/>
					)}
					{isLoaded && !isWithoutHistory && (
						<Announcer lines={all} isPaused={hasNewer} />
					)}
					<TypingLine users={typing} />
					{jumping.hasFailed && <JumpError onClose={jumping.dismiss} />}
					{sendError && (
						<p className="error send-error" role="alert">
							{sendError}
						</p>
					)}
					<Composer
						me={me}
						draftKey={id}
						label={`Message to ${title}`}
						placeholder={
							props.writesAs ? `Message as ${props.writesAs}` : "Message"
						}
						closed={closed}
						mode={writing.mode}
						people={people}
						onSend={writing.submit}
						onCancel={writing.cancel}
						onEditLast={onEditLast}
						onTyping={sendTyping}
						onError={setSendError}
					/>
				</MessageActions>
				{isShowingPeople && details && conversation && (
					<Suspense>
						<ParticipantsDialog
							me={me}
							details={details}
							present={present}
							onAdd={async (userIds) =>
								store.put(await conversation.participants.add(userIds))
							}
							onRemove={async (userId) => {
								await conversation.participants.remove(userId);
								onChanged();
								if (userId !== me) return store.want(id, 0);
								setShowingPeople(false);
								goTo(undefined);
							}}
							onClose={() => setShowingPeople(false)}
						/>
					</Suspense>
				)}
			</section>
			<Suspense>
				{panel?.kind === "pins" && (
					<PinsPanel
						conversationId={id}
						me={me}
						onJump={onJump}
						onClose={closePanel}
					/>
				)}
				{panel?.kind === "thread" && (
					<ThreadPanel
						key={panel.rootId}
						conversationId={id}
						rootId={panel.rootId}
						me={me}
						marks={marks}
						people={people}
						rights={rights}
						closed={closed}
						target={panel.target}
						onRetry={onRetry}
						onDiscard={onDiscard}
						onJump={onJump}
						onUnread={onUnread}
						onTyping={sendTyping}
						onClose={closePanel}
					/>
				)}
			</Suspense>
		</div>
	);
}

/** Whether the panel covers the list. */
function isNarrow(): boolean {
	return matchMedia("(max-width: 64rem)").matches;
}
