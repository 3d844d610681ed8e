import {
	useConnectionState,
	useConversation,
	useMessages,
	useReceipts,
	useTyping,
} from "@secureconnect/react";
import {
	lazy,
	Suspense,
	useCallback,
	useEffect,
	useMemo,
	useState,
} from "react";
import { titled } from "../app/document-title.ts";
import { goTo } from "../app/route.ts";
import { useDetails, useDetailsStore } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { partnerOf, titleOf } from "../people/title.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Header } from "./header.tsx";
import { type Line, linesOf } from "./lines.ts";
import { MessageList } from "./message-list.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useMarks } from "./use-marks.ts";
import { usePresent } from "./use-present.ts";
import { useRefused } from "./use-refused.ts";
import { useUnseen } from "./use-unseen.ts";

const ParticipantsDialog = lazy(() =>
	import("../people/participants-dialog.tsx").then(
		({ ParticipantsDialog }) => ({ default: ParticipantsDialog }),
	),
);

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
	const { markAsRead } = useReceipts(id);
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
	const known = useMemo(() => linesOf(items, me), [items, me]);
	const { lines, drop } = useRefused(me, id, items, known);
	const newest = newestStored(items);
	const isFirstPage = messages.isLoading && items.length === 0;
	// Also true while the history reloads after a restore of the server. The list may then contain unsent messages.
	const isWithoutHistory = messages.isLoading && newest === undefined;
	const unseen = useUnseen(
		lines,
		props.readSeq,
		props.isListed && !isWithoutHistory,
		messages.hasOlder,
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
	useEffect(() => {
		if (newest?.messageId !== undefined || state.name === "failed") onChanged();
	}, [newest?.messageId, state.name, onChanged]);
	const isSignedOut =
		state.name === "failed" && state.error.code === "unauthorized";
	useEffect(() => {
		if (isSignedOut) onSignedOut();
	}, [isSignedOut, onSignedOut]);
	useEffect(() => {
		document.title = titled(title, ownName, unread + unseen.count);
	}, [title, ownName, unread, unseen.count]);

	const { onWatched } = unseen;
	const onSeen = useCallback(() => {
		onWatched();
		if (newest?.messageId !== undefined) markAsRead(newest.messageId);
	}, [newest?.messageId, markAsRead, onWatched]);
	const onOlder = useCallback(() => void loadOlder(), [loadOlder]);
	const onSend = useCallback(
		(content: string) => refused(() => send(content)),
		[send],
	);
	const showPeople = useCallback(() => setShowingPeople(true), []);
	const onDiscard = useCallback(
		({ pending, refusedId }: Line) => {
			if (pending) discard(pending);
			if (refusedId !== undefined) drop(refusedId);
		},
		[discard, drop],
	);
	const onRetry = useCallback(
		({ pending, refusedId, content }: Line) => {
			const why = refused(() => (pending ? retry(pending) : send(content)));
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
		["removed", "forbidden"].includes(state.error.code);
	return (
		<section className="pane" aria-label={title}>
			<Header
				faceId={partnerOf(props.title, details, me) ?? id}
				me={me}
				title={title}
				present={present}
				presentCount={presence.count}
				isOpen={isOpen}
				participantCount={isOver ? undefined : details?.participantCount}
				unread={unread}
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
					lines={lines}
					firstIndex={messages.firstItemIndex}
					me={me}
					marks={marks}
					newAfter={unseen.newAfter}
					hasOlder={messages.hasOlder}
					isLoading={messages.isLoading}
					olderError={messages.error?.message}
					onOlder={onOlder}
					onRetry={onRetry}
					onDiscard={onDiscard}
					onSeen={onSeen}
				/>
			)}
			{isLoaded && !isWithoutHistory && <Announcer lines={lines} />}
			<TypingLine users={typing} />
			{sendError && (
				<p className="error send-error" role="alert">
					{sendError}
				</p>
			)}
			<Composer
				me={me}
				conversationId={id}
				title={title}
				writesAs={props.writesAs}
				closed={isOver ? "You cannot write here" : undefined}
				onSend={onSend}
				onTyping={sendTyping}
				onError={setSendError}
			/>
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
	);
}

type Items = ReturnType<typeof useMessages>["items"];

/** Counts the user's messages that wait to be sent; they are at the end of the list. */
function waiting(items: Items): number {
	const newestStored = items.findLastIndex(({ seq }) => seq > 0);
	return items
		.slice(newestStored + 1)
		.filter((item) => item.kind === "message" && item.status !== "failed")
		.length;
}

function newestStored(
	items: Items,
): { messageId: string | undefined } | undefined {
	const item = items.findLast(({ kind, seq }) => kind === "message" && seq > 0);
	return item?.kind === "message" ? item : undefined;
}

/** Runs `work`. Returns the reason if it was refused, otherwise undefined. */
function refused(work: () => unknown): string | undefined {
	try {
		work();
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}
