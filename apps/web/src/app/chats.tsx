import type { ChatError, ConversationSummary } from "@secureconnect/client";
import { useChat, useConversations, useInbox } from "@secureconnect/react";
import {
	lazy,
	Suspense,
	useCallback,
	useEffect,
	useMemo,
	useRef,
	useState,
} from "react";
import type { Account } from "../account/account.ts";
import { countedUnread } from "../list/sections.ts";
import { Sidebar } from "../list/sidebar.tsx";
import { type Details, useDetailsStore } from "../people/details.ts";
import { roleOf } from "../people/rights.ts";
import { lazily } from "../ui/lazily.ts";
import { titled } from "./document-title.ts";
import { showInIcon } from "./favicon.ts";
import { beginAt, goTo, useRoute } from "./route.ts";

// Loaded separately, because the list needs none of it.
const ConversationPane = lazily(() =>
	import("../conversation/conversation.tsx").then(
		({ ConversationPane }) => ConversationPane,
	),
);
const NewConversationDialog = lazy(() =>
	import("../list/new-conversation-dialog.tsx").then(
		({ NewConversationDialog }) => ({ default: NewConversationDialog }),
	),
);

/** Minimum time between two requests for the list, whatever the number of messages. */
const REFRESH_MS = 1000;
/** Time after which the server knows what the user has read in a conversation that they left. */
const READ_MS = 500;
/** Time between two requests for the list while the page is hidden. */
const HIDDEN_REFRESH_MS = 30_000;

/** Shows the list and the open conversation: side by side, or one at a time on a phone. */
export function Chats(props: {
	readonly account: Account;
	readonly onSignedOut: (why: string | undefined) => void;
	readonly onSignOut: () => void;
}) {
	const { account, onSignedOut } = props;
	const { userId: me, firstConversation } = account;
	const { client } = useChat();
	const {
		conversations,
		hasMore,
		isLoading,
		isLive,
		error,
		refresh,
		loadMore,
		updateSettings,
	} = useConversations();
	const details = useDetailsStore();
	const openId = useRoute();
	const [isMaking, setMaking] = useState(false);
	const open = conversations.find((it) => it.conversationId === openId);
	const readSeq = useReadSeq(openId, open?.readSeq);
	const reload = useThrottled(refresh);
	const changed = useCallback(() => {
		if (!isLive) reload();
	}, [isLive, reload]);

	// Without an inbox the list refreshes itself only while it is visible. The title of a hidden page counts new
	// messages, too.
	useEffect(() => {
		if (isLive) return;
		const timer = setInterval(() => {
			if (document.visibilityState === "hidden") void refresh();
		}, HIDDEN_REFRESH_MS);
		return () => clearInterval(timer);
	}, [isLive, refresh]);
	// Open a conversation at the first visit: an empty pane, or the list alone on a phone, does not explain the page.
	useEffect(() => {
		if (firstConversation !== undefined && location.hash === "")
			beginAt(firstConversation);
	}, [firstConversation]);
	useEffect(() => {
		if (error?.code === "unauthorized")
			onSignedOut("Your token is no longer valid. Paste a new one.");
	}, [error, onSignedOut]);
	// The client sends no receipt for a message that is already read, so no receipt would remove this mark.
	const isListed = open !== undefined;
	const isMarked = useRef(false);
	isMarked.current = open?.markedUnread === true;
	useEffect(() => {
		if (openId !== undefined && isListed && isMarked.current)
			updateSettings(openId, { markedUnread: false }).catch(() => {});
	}, [openId, isListed, updateSettings]);
	// The counts of the conversation that the user left.
	useEffect(() => {
		if (openId === undefined) return;
		return () => {
			setTimeout(changed, READ_MS);
		};
	}, [openId, changed]);
	useOtherChanges(open, details, me);
	const listed = useMemo(
		() => countedUnread(conversations, openId),
		[conversations, openId],
	);
	const unread = useTotal(open) ?? listed;
	useEffect(() => showInIcon(unread > 0), [unread]);
	const before = useRef(openId);
	useEffect(() => {
		if (openId === undefined) {
			document.title = titled(undefined, account.name, unread);
			// The element that had the focus is gone with the conversation.
			if (before.current !== undefined)
				document.querySelector<HTMLElement>(".sidebar h1")?.focus();
		}
		before.current = openId;
	}, [openId, unread, account]);
	const expired = useCallback(
		() => onSignedOut("Your token is no longer valid. Paste a new one."),
		[onSignedOut],
	);
	return (
		<main
			className="app"
			data-shows={openId === undefined ? "list" : "conversation"}
		>
			<Sidebar
				account={account}
				conversations={conversations}
				openId={openId}
				isLoading={isLoading}
				hasMore={hasMore}
				onMore={() => void loadMore()}
				problem={problemOf(error)}
				onNew={() => setMaking(true)}
				onSignOut={props.onSignOut}
			/>
			<div className="content">
				{openId === undefined ? (
					<div className="empty">
						<p>Select a conversation or start one.</p>
					</div>
				) : (
					<Suspense
						fallback={
							<div className="empty">
								<p>Loading…</p>
							</div>
						}
					>
						<ConversationPane
							key={openId}
							id={openId}
							me={me}
							title={open?.title}
							readSeq={readSeq}
							isListed={!isLoading}
							unread={unread}
							writesAs={account.isDev ? account.name : undefined}
							onChanged={changed}
							onSignedOut={expired}
						/>
					</Suspense>
				)}
			</div>
			{isMaking && (
				<Suspense>
					<NewConversationDialog
						me={me}
						create={(wanted) => client.conversations.create(wanted)}
						message={(userId) => client.conversations.direct(userId)}
						onCreated={(made) => {
							details.put(made);
							setMaking(false);
							void refresh();
							goTo(made.conversationId);
						}}
						onClose={() => setMaking(false)}
					/>
				</Suspense>
			)}
		</main>
	);
}

/** Returns the unread messages of all conversations but the open one; undefined if the server does not report them. */
function useTotal(open: ConversationSummary | undefined): number | undefined {
	const inbox = useInbox();
	if (inbox.status !== "live" && inbox.status !== "stale") return undefined;
	const own = open && countedUnread([open], undefined);
	return Math.max(0, inbox.totalUnread - (own ?? 0));
}

/**
 * Reloads the details of the open conversation when its row shows a change that a different user, or the same user on a
 * different device, has made.
 */
function useOtherChanges(
	row: ConversationSummary | undefined,
	store: Details,
	me: string,
): void {
	const id = row?.conversationId;
	const { title, role, closed } = row ?? {};
	useEffect(() => {
		const details = id === undefined ? undefined : store.get(id);
		if (!details || id === undefined) return;
		const isSame =
			details.title === title &&
			details.closed === closed &&
			roleOf(details, me) === role;
		if (!isSame) store.want(id, 0);
	}, [id, title, role, closed, store, me]);
}

/** Explains why the list may be out of date. */
function problemOf(error: ChatError | undefined): string | undefined {
	if (!error || error.code === "unauthorized") return undefined;
	return error.status === undefined
		? "No connection to the server. This list may be old."
		: `The list could not be updated: ${error.message}`;
}

/**
 * Returns the user's read position at the moment the conversation was opened, so that the line above the unread
 * messages does not move while the user reads.
 */
function useReadSeq(
	openId: string | undefined,
	readSeq: number | undefined,
): number | undefined {
	const kept = useRef<{ id: string | undefined; seq: number | undefined }>({
		id: undefined,
		seq: undefined,
	});
	if (kept.current.id !== openId) kept.current = { id: openId, seq: readSeq };
	else kept.current.seq ??= readSeq;
	return kept.current.seq;
}

/** Calls `work` at once, and then at a limited rate. The last call always runs. */
function useThrottled(work: () => Promise<void>): () => void {
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const again = useRef(false);
	useEffect(() => () => clearTimeout(timer.current), []);
	return useCallback(() => {
		if (timer.current !== undefined) {
			again.current = true;
			return;
		}
		void work();
		const rest = (): void => {
			timer.current = undefined;
			if (!again.current) return;
			again.current = false;
			void work();
			timer.current = setTimeout(rest, REFRESH_MS);
		};
		timer.current = setTimeout(rest, REFRESH_MS);
	}, [work]);
}
