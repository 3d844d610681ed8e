import type {
	ConnectionState,
	Conversation,
	Fields,
	Metadata,
	PlacedMessage,
	PresentUser,
} from "@secureconnect/client";
import { useMemo } from "react";
import { liveValues } from "./live-value.ts";
import { useChat } from "./provider.ts";
import { useShared } from "./shared.ts";

const CONVERSATIONS = liveValues<Conversation | undefined>(undefined, {
	events: [],
	read: (conversation) => conversation,
});
const STATES = liveValues<ConnectionState>(
	{
		name: "authorising",
		attempts: 0,
		restMs: 0,
		renewed: false,
		problem: undefined,
		online: true,
	},
	{ events: ["state"], read: ({ state }) => state },
);
const TYPING = liveValues<readonly string[]>([], {
	events: ["typing"],
	read: ({ typing }) => typing,
});
const PRESENCE = liveValues<Presence>(
	{ users: [], count: 0 },
	{
		events: ["presence"],
		read: ({ presence, presenceCount }) => ({
			users: presence,
			count: presenceCount,
		}),
	},
);
const RECEIPTS = liveValues<Omit<Receipts, "markAsRead">>(
	{
		read: new Map(),
		readSeq: () => undefined,
		hasRead: () => false,
		readers: () => [],
	},
	{
		// The receipts of a new connection are complete when `ready` fires.
		events: ["read", "ready"],
		read: (conversation) => ({
			// The client changes its own map in place, so React needs a copy.
			read: new Map(conversation.receipts),
			readSeq: (userId) => conversation.readSeq(userId),
			hasRead: (userId, message) => conversation.hasRead(userId, message),
			readers: (message) => conversation.readers(message),
		}),
	},
);

/** Users online in a conversation. */
export interface Presence {
	/** Users who are online, including this user, as far as the server lists them. */
	readonly users: readonly PresentUser[];
	/** Number of users online; may exceed the number listed. */
	readonly count: number;
}

/** Typing users of a conversation. */
export interface Typing {
	/** Ids of the users who are typing, without this user. */
	readonly typing: readonly string[];
	/**
	 * Reports that the user is typing. Call it at every keystroke. It has no effect if the conversation is not
	 * open. The function is stable across renders.
	 */
	readonly sendTyping: () => void;
}

/** Read watermarks of a conversation. */
export interface Receipts {
	/** For each user, the id of the message up to which that user has read. */
	readonly read: ReadonlyMap<string, string>;
	/** Returns the `seq` up to which a user has read, if known. A new function after every change. */
	readonly readSeq: (userId: string) => number | undefined;
	/** Returns whether a user has read a message. A new function after every change. */
	readonly hasRead: (userId: string, message: PlacedMessage) => boolean;
	/**
	 * Returns the ids of the users who have read a message, without its sender and this user. A new function after
	 * every change.
	 */
	readonly readers: (message: PlacedMessage) => readonly string[];
	/**
	 * Advances the user's read watermark to a message. It never moves back. It has no effect if the conversation is
	 * not open. The function is stable across renders.
	 */
	readonly markAsRead: (messageId: string) => void;
}

/**
 * Returns the client's own view of a conversation, for features without a hook. The view is open from the
 * component's first effect until it unmounts; only the hook closes it. Undefined before, and on a server.
 * `M` and `C` are the types of `createClient`.
 * @param id a UUID, in upper or lower case
 */
export function useConversation<
	M extends Fields<M> = Metadata,
	C extends Fields<C> = Metadata,
>(id: string): Conversation<M, C> | undefined {
	const { client } = useChat();
	const conversation = useShared(CONVERSATIONS, client, id.toLowerCase());
	return conversation as unknown as Conversation<M, C> | undefined;
}

/** Returns the current state of the conversation's connection. */
export function useConnectionState(id: string): ConnectionState {
	const { client } = useChat();
	return useShared(STATES, client, id.toLowerCase());
}

/** Returns the users who are online. */
export function usePresence(id: string): Presence {
	const { client } = useChat();
	return useShared(PRESENCE, client, id.toLowerCase());
}

/** Returns the users who are typing, and a function that reports this user's typing. */
export function useTyping(id: string): Typing {
	const { client } = useChat();
	const key = id.toLowerCase();
	const typing = useShared(TYPING, client, key);
	const actions = useMemo(
		() => ({
			sendTyping: () => TYPING.get(client, key)?.conversation.sendTyping(),
		}),
		[client, key],
	);
	return useMemo(() => ({ typing, ...actions }), [typing, actions]);
}

/** Returns the read watermarks of the participants, and a function that advances this user's own. */
export function useReceipts(id: string): Receipts {
	const { client } = useChat();
	const key = id.toLowerCase();
	const receipts = useShared(RECEIPTS, client, key);
	const actions = useMemo(
		() => ({
			markAsRead: (messageId: string) =>
				RECEIPTS.get(client, key)?.conversation.markAsRead(messageId),
		}),
		[client, key],
	);
	return useMemo(() => ({ ...receipts, ...actions }), [receipts, actions]);
}
