/** Encodes what the server sends: from the program's camelCase to the wire's snake_case. */
import { toWire } from "./camel.ts";
import type { Entry } from "./entry.ts";
import type { EntryType } from "./entry-types.ts";
import type { ChatInput, ServerFrame } from "./frames.ts";
import type { InboxServerFrame } from "./inbox-frames.ts";

/** Encodes the JSON that the log stores for a chat message and that the server inserts into its frames. */
export function encodeChatBody(chat: ChatInput): string {
	return JSON.stringify({
		content: chat.content,
		is_encrypted: chat.isEncrypted,
		message_type: chat.messageType,
		metadata: chat.metadata,
		reply_to: chat.replyTo,
		thread_id: chat.threadId,
		mentions: chat.mentions && toWire(chat.mentions),
	});
}

/**
 * Encodes a log entry as a frame, with its fields in the seed document's order. It joins text, because `body` is
 * already JSON and the ids are UUIDs. A message's content is therefore encoded only once.
 */
export function encodeEntry(entry: Entry): string {
	const body = entry.body.slice(1, -1);
	const dedupe =
		entry.clientMessageId === null
			? ""
			: `,"client_message_id":"${entry.clientMessageId}"`;
	return `{"type":"${entry.type}","conversation_id":"${entry.conversationId}","sender_id":"${entry.senderId}","message_id":"${entry.messageId}",${body},"timestamp":"${rfc3339(entry.timestamp)}","seq":${entry.seq}${dedupe}}`;
}

/** Encodes any frame other than a log entry. */
export function encodeFrame(
	frame: Exclude<ServerFrame, { type: EntryType }> | InboxServerFrame,
): string {
	return JSON.stringify(toWire(frame));
}

let lastMs = 0;
let lastText = new Date(lastMs).toISOString();

/** Formats milliseconds since 1970 as RFC 3339, in UTC, with milliseconds. */
export function rfc3339(ms: number): string {
	// Frames of the same millisecond come together, and formatting the date is most of the cost of a frame.
	if (ms !== lastMs) {
		lastText = new Date(ms).toISOString();
		lastMs = ms;
	}
	return lastText;
}
