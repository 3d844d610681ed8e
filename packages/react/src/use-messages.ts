import {
	type ChatClient,
	ChatError,
	type SendOptions,
	type SentMessage,
} from "@secureconnect/client";
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

/** The functions are the same at every rendering, for one conversation. */
interface Actions {
	/** Fetches the page before the first item, one at a time. Never rejects: see `error`, and call it again. */
	readonly loadOlder: () => Promise<void>;
	/**
	 * Sends a message, which is among the items at once.
	 * @throws {ChatError} `outbox_full`, `too_large`, `closed` (the component is not mounted): nothing was taken
	 */
	readonly send: (content: string, options?: SendOptions) => SentMessage;
	/**
	 * Sends a failed message again, as a new one at the end.
	 * @throws {ChatError} as `send`: the failed one stays
	 */
	readonly retry: (message: SentMessage) => void;
	/** Takes a failed message away. */
	readonly discard: (message: SentMessage) => void;
}

export interface Messages extends MessagesState, Actions {}

/**
 * A conversation's messages: the newest page of its history and what comes live, without a gap or a repeat, and one's own from the moment in
 * which they are written. Components with the same id share them.
 * @param id a UUID, in any case
 */
export function useMessages(id: string): Messages {
	const { client } = useChat();
	const key = id.toLowerCase();
	const state = useShared(MESSAGES, client, key);
	const actions = useMemo(() => actionsOf(client, key), [client, key]);
	return useMemo(() => ({ ...state, ...actions }), [state, actions]);
}

/** By client and id, not by store: the first rendering's functions work as well as the last one's. */
function actionsOf(client: ChatClient, id: string): Actions {
	const open = (): MessageStore => {
		const store = MESSAGES.get(client, id);
		if (!store) throw new ChatError("closed", "no component shows this");
		return store;
	};
	return {
		loadOlder: async () => MESSAGES.get(client, id)?.loadOlder(),
		send: (content, options) => open().send(content, options),
		retry: (message) => open().retry(message),
		discard: (message) => MESSAGES.get(client, id)?.discard(message),
	};
}
