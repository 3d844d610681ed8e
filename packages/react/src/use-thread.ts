import {
	type ChatClient,
	ChatError,
	type Fields,
	type Metadata,
	type SendOptions,
	type SentMessage,
} from "@secureconnect/client";
import { useMemo } from "react";
import { useChat } from "./provider.ts";
import { Shared, useShared } from "./shared.ts";
import { NO_THREAD, type ThreadState, ThreadStore } from "./thread-store.ts";

/** One store per conversation and thread. Ids have no space. */
const THREADS = new Shared(NO_THREAD, (client: ChatClient, ids) => {
	const [id = "", rootId = ""] = ids.split(" ");
	return new ThreadStore(client, id, rootId);
});

/** State and functions that {@link useThread} returns. */
export interface Thread<M extends object = Metadata> extends ThreadState<M> {
	/**
	 * Loads the page before the first item. Never rejects: see `error`; call it again to retry. The function is stable
	 * across renders.
	 */
	readonly loadOlder: () => Promise<void>;
	/**
	 * Sends a message into the thread, which appears in `items` at once. The function is stable across renders.
	 * @throws {ChatError} `outbox_full`, `too_large`, `closed` (the component is not mounted): the message was not
	 * accepted
	 */
	readonly send: (content: string, options?: SendOptions<M>) => SentMessage<M>;
}

/**
 * Returns the messages that answer one message in a thread, page by page and live. `M` is the type of the metadata of
 * messages.
 * @param id the conversation, a UUID, in upper or lower case
 * @param rootId the message that begins the thread
 */
export function useThread<M extends Fields<M> = Metadata>(
	id: string,
	rootId: string,
): Thread<M> {
	const { client } = useChat();
	const key = `${id} ${rootId}`.toLowerCase();
	const state = useShared(THREADS, client, key);
	const actions = useMemo(
		() => ({
			loadOlder: async () => THREADS.get(client, key)?.loadOlder(),
			send(content: string, options?: SendOptions) {
				const store = THREADS.get(client, key);
				if (!store) throw new ChatError("closed", "no component shows this");
				return store.send(content, options);
			},
		}),
		[client, key],
	);
	const thread: Thread = useMemo(
		() => ({ ...state, ...actions }),
		[state, actions],
	);
	return thread as unknown as Thread<M>;
}
