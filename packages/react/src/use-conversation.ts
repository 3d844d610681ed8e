import type {
	ConnectionState,
	Conversation,
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
const RECEIPTS = liveValues<ReadonlyMap<string, string>>(new Map(), {
	// A new connection's are there when it is ready.
	events: ["read", "ready"],
	// The client's own map goes on changing.
	read: ({ receipts }) => new Map(receipts),
});

export interface Presence {
	/** Who is on line, oneself too, as far as the server lists them. */
	readonly users: readonly PresentUser[];
	/** How many are on line; may be more than are listed. */
	readonly count: number;
}

export interface Typing {
	/** Ids of who is typing, without oneself. */
	readonly typing: readonly string[];
	/** To be called at every keystroke; does nothing where the conversation is not open. Always the same function. */
	readonly sendTyping: () => void;
}

export interface Receipts {
	/** By user, the id of the message up to which they have read. */
	readonly read: ReadonlyMap<string, string>;
	/** Moves one's own watermark, never back; does nothing where the conversation is not open. Always the same function. */
	readonly markAsRead: (messageId: string) => void;
}

/**
 * The client's own view of a conversation, for what the other hooks do not have. Open from the first effect of the component until it is
 * unmounted, and closed by the hook alone; undefined before, and on a server.
 * @param id a UUID, in any case
 */
export function useConversation(id: string): Conversation | undefined {
	const { client } = useChat();
	return useShared(CONVERSATIONS, client, id.toLowerCase());
}

/** What the conversation's connection is now. */
export function useConnectionState(id: string): ConnectionState {
	const { client } = useChat();
	return useShared(STATES, client, id.toLowerCase());
}

/** Who is on line. */
export function usePresence(id: string): Presence {
	const { client } = useChat();
	return useShared(PRESENCE, client, id.toLowerCase());
}

/** Who is typing, and to say that oneself is. */
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

/** How far others have read, and to say how far oneself has. */
export function useReceipts(id: string): Receipts {
	const { client } = useChat();
	const key = id.toLowerCase();
	const read = useShared(RECEIPTS, client, key);
	const actions = useMemo(
		() => ({
			markAsRead: (messageId: string) =>
				RECEIPTS.get(client, key)?.conversation.markAsRead(messageId),
		}),
		[client, key],
	);
	return useMemo(() => ({ read, ...actions }), [read, actions]);
}
