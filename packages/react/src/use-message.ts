import type { ChatClient, Fields, Metadata } from "@secureconnect/client";
import {
	MessageRowStore,
	type MessageState,
	NO_MESSAGE,
} from "./message-row-store.ts";
import { useChat } from "./provider.ts";
import { Shared, useShared } from "./shared.ts";

/** One store per conversation and message. Ids have no space. */
const ROWS = new Shared(NO_MESSAGE, (client: ChatClient, ids) => {
	const [id = "", messageId = ""] = ids.split(" ");
	return new MessageRowStore(client, id, messageId);
});

/** State that {@link useMessage} returns. */
export type OneMessage<M extends object = Metadata> = MessageState<M>;

/**
 * Returns one message, for example the one that a message answers, kept up to date. Loads it if no other hook has.
 * `M` is the type of the metadata of messages.
 * @param id the conversation, a UUID, in upper or lower case
 * @param messageId the message
 */
export function useMessage<M extends Fields<M> = Metadata>(
	id: string,
	messageId: string,
): OneMessage<M> {
	const { client } = useChat();
	const key = `${id} ${messageId}`.toLowerCase();
	return useShared(ROWS, client, key) as unknown as OneMessage<M>;
}
