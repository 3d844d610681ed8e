import {
	type ChatClient,
	ChatError,
	type EditOptions,
	type Fields,
	type Metadata,
	type SendOptions,
	type SentCommand,
	type SentMessage,
} from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import { useMemo } from "react";
import { useChat } from "./provider.ts";
import { ROOMS, type Room } from "./room.ts";
import { useShared } from "./shared.ts";

/** A row of any metadata. */
type Row = MessageRow<object>;

/**
 * Functions that change messages; each is stable across renders. A change is shown at once. If the server refuses it,
 * the `acknowledged` of the result rejects, and the row is as before. A rejection without a handler is not reported as
 * unhandled. All throw a `ChatError`: `closed` (the component is not mounted), `outbox_full`, `too_large`; `not_found`
 * if the row's message is not stored yet.
 */
export interface MessageActions<M extends object = Metadata> {
	/** Replaces the text of one of the user's messages. */
	readonly edit: (
		row: Row,
		content: string,
		options?: EditOptions<M>,
	) => SentCommand;
	/**
	 * Deletes a message. A message that still waits in the outbox is not sent; one that may have been sent is deleted
	 * once it is stored. A failed message disappears.
	 */
	readonly remove: (
		row: Row,
		reason?: string,
	) => { readonly acknowledged: Promise<unknown> };
	/** Adds a reaction of the user, or takes it back. */
	readonly react: (row: Row, reaction: string, on?: boolean) => SentCommand;
	/** Pins a message for all participants, or takes it off. */
	readonly pin: (row: Row, on?: boolean) => SentCommand;
	/** Sends a message that answers a stored one, in the same thread. */
	readonly reply: (
		row: Row,
		content: string,
		options?: SendOptions<M>,
	) => SentMessage<M>;
}

/**
 * Returns functions that change the messages of a conversation. The conversation is open while the component is
 * mounted. `M` is the type of the metadata of messages.
 * @param id a UUID, in upper or lower case
 */
export function useMessageActions<M extends Fields<M> = Metadata>(
	id: string,
): MessageActions<M> {
	const { client } = useChat();
	const key = id.toLowerCase();
	useShared(ROOMS, client, key);
	const actions = useMemo(() => actionsOf(client, key), [client, key]);
	return actions as unknown as MessageActions<M>;
}

function actionsOf(client: ChatClient, id: string): MessageActions {
	const open = (): Room => {
		const room = ROOMS.get(client, id);
		if (!room) throw new ChatError("closed", "no component shows this");
		return room;
	};
	/** Returns the id of a row's message, which may have been stored since the row was drawn. */
	const storedId = (row: Row): string => {
		const messageId = row.messageId ?? current(open(), row)?.messageId;
		if (messageId !== undefined) return messageId;
		throw new ChatError("not_found", "the message is not stored yet");
	};
	return {
		edit: (row, content, options) =>
			open().conversation.edit(storedId(row), content, options),
		remove(row, reason) {
			const { conversation, timeline } = open();
			const { messageId, status } = current(open(), row) ?? row;
			if (messageId !== undefined)
				return conversation.remove(
					messageId,
					reason === undefined ? {} : { reason },
				);
			if (status === "failed") {
				timeline.discard(row.key);
				return { acknowledged: Promise.resolve() };
			}
			const acknowledged = conversation.withdraw(row.key);
			acknowledged.catch(() => {});
			return { acknowledged };
		},
		react: (row, reaction, on) =>
			open().conversation.react(storedId(row), reaction, on),
		pin: (row, on) => open().conversation.pin(storedId(row), on),
		reply: (row, content, options) => {
			const { threadId } = row;
			return open().conversation.reply(
				{
					messageId: storedId(row),
					...(threadId !== undefined && { threadId }),
				},
				content,
				options,
			);
		},
	};
}

function current({ timeline }: Room, { key }: Row): MessageRow | undefined {
	const row = timeline.find(key);
	return row?.kind === "message" ? row : undefined;
}
