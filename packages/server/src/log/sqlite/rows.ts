import type { SQLOutputValue } from "node:sqlite";
import type { Entry, EntryType } from "@secureconnect/protocol";

export type Row = Record<string, SQLOutputValue>;

export const ENTRY_COLUMNS =
	"e.seq, e.type, e.message_id, e.sender_id, e.timestamp, e.client_message_id, e.body";

export function text(value: SQLOutputValue | undefined): string | null {
	return typeof value === "string" ? value : null;
}

export function toEntry(conversationId: string, row: Row): Entry {
	return {
		type: row.type as EntryType,
		conversationId,
		seq: Number(row.seq),
		messageId: String(row.message_id),
		senderId: String(row.sender_id),
		timestamp: Number(row.timestamp),
		clientMessageId: text(row.client_message_id),
		body: String(row.body),
	};
}
