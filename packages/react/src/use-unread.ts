import { type ChatClient, ChatError } from "@secureconnect/client";
import { useMemo } from "react";
import { useChat } from "./provider.ts";
import { Shared, useShared } from "./shared.ts";
import { NO_UNREAD, type UnreadState, UnreadStore } from "./unread-store.ts";

const UNREAD = new Shared(
	NO_UNREAD,
	(client: ChatClient, id) => new UnreadStore(client, id),
);

/** State and functions that {@link useUnread} returns. */
export interface Unread extends UnreadState {
	/**
	 * Advances the user's read position to a message; without an id, to the newest one that is loaded. It clears the
	 * mark of `markUnread`. The function is stable across renders. A rejection without a handler is not reported as
	 * unhandled.
	 * @throws {ChatError} as `Conversation.me`
	 */
	readonly markRead: (messageId?: string) => Promise<void>;
	/** Marks the conversation as unread in the user's lists, until the next `read`. Otherwise as `markRead`. */
	readonly markUnread: () => Promise<void>;
}

/**
 * Returns how many messages of a conversation the user has not read, kept up to date.
 * @param id a UUID, in upper or lower case
 */
export function useUnread(id: string): Unread {
	const { client } = useChat();
	const key = id.toLowerCase();
	const state = useShared(UNREAD, client, key);
	const actions = useMemo(() => {
		const run = (
			work: (store: UnreadStore) => Promise<void>,
		): Promise<void> => {
			const store = UNREAD.get(client, key);
			const done = store
				? work(store)
				: Promise.reject(new ChatError("closed", "no component shows this"));
			done.catch(() => {});
			return done;
		};
		return {
			markRead: (messageId?: string) =>
				run((store) => store.markRead(messageId)),
			markUnread: () => run((store) => store.markUnread()),
		};
	}, [client, key]);
	return useMemo(() => ({ ...state, ...actions }), [state, actions]);
}
