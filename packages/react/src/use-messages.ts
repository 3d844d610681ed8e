import {
	type ChatClient,
	ChatError,
	type Fields,
	type Metadata,
	type SendOptions,
	type SentMessage,
} from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import { useMemo } from "react";
import {
	MessageStore,
	type MessagesState,
	NO_MESSAGES,
} from "./message-store.ts";
import { useChat } from "./provider.ts";
import { Shared, useShared } from "./shared.ts";

const MESSAGES = new Shared(
	NO_MESSAGES,
	(client: ChatClient, id) => new MessageStore(client, id),
);

/** Functions that are stable across renders, for one conversation. */
interface Actions<M extends object = Metadata> {
	/**
	 * Loads the page before the first item. Concurrent calls share one request. Never rejects: see `error`; call it
	 * again to retry.
	 */
	readonly loadOlder: () => Promise<void>;
	/** Loads the page after the last item, while `hasNewer`. Never rejects: see `error`. */
	readonly loadNewer: () => Promise<void>;
	/**
	 * Shows the part of the conversation around a message, and loads it if needed. Never rejects. Resolves with the
	 * reason for a failure: its code is `not_found` if the conversation has no such message. The list stays as it is.
	 */
	readonly showAround: (messageId: string) => Promise<ChatError | undefined>;
	/** Shows the newest messages again. Never rejects: see `error`. */
	readonly showNewest: () => Promise<void>;
	/**
	 * Sends a message, which appears in `items` at once; shows the newest messages for it.
	 * @throws {ChatError} `outbox_full`, `too_large`, `closed` (the component is not mounted): the message was not
	 * accepted
	 */
	readonly send: (content: string, options?: SendOptions<M>) => SentMessage<M>;
	/**
	 * Sends a failed message again, as a new message at the end.
	 * @throws {ChatError} as `send`: the failed message stays
	 */
	readonly retry: (row: MessageRow<M>) => void;
	/** Removes a failed message. */
	readonly discard: (row: MessageRow<M>) => void;
}

/** State and functions that {@link useMessages} returns. */
export interface Messages<M extends object = Metadata>
	extends MessagesState<M>,
		Actions<M> {}

/**
 * Returns a conversation's messages as they are now: the newest page of its history and the live messages, without a
 * gap or a repeat, with edits, deletions, reactions and pins applied, and the user's own messages as soon as they are
 * written. Components with the same id share them.
 * `M` is the type of the metadata of messages.
 * @param id a UUID, in upper or lower case
 */
export function useMessages<M extends Fields<M> = Metadata>(
	id: string,
): Messages<M> {
	const { client } = useChat();
	const key = id.toLowerCase();
	const state = useShared(MESSAGES, client, key);
	const actions = useMemo(() => actionsOf(client, key), [client, key]);
	const messages: Messages = useMemo(
		() => ({ ...state, ...actions }),
		[state, actions],
	);
	return messages as unknown as Messages<M>;
}

/**
 * Looks the store up at each call, so that the functions of the first render still work after the store is
 * replaced.
 */
function actionsOf(client: ChatClient, id: string): Actions {
	const get = (): MessageStore | undefined => MESSAGES.get(client, id);
	const open = (): MessageStore => {
		const store = get();
		if (!store) throw new ChatError("closed", "no component shows this");
		return store;
	};
	return {
		loadOlder: async () => get()?.loadOlder(),
		loadNewer: async () => get()?.loadNewer(),
		showAround: async (messageId) => get()?.showAround(messageId),
		showNewest: async () => get()?.showNewest(),
		send: (content, options) => open().send(content, options),
		retry: (row) => open().retry(row),
		discard: (row) => get()?.discard(row),
	};
}
