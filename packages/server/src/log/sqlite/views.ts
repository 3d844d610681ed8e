/** Reads conversations and settings from rows. */
import type { Conversation, OwnSettings } from "../contract.ts";
import { type Row, text } from "./rows.ts";

/** Columns that {@link toConversation} needs, and the tables that have them. */
export const CONVERSATION_COLUMNS = "c.*, d.*, x.low_user_id, x.high_user_id";
export const CONVERSATION_TABLES = `conversations c
	JOIN conversation_details d ON d.conversation_key = c.key
	LEFT JOIN direct_conversations x ON x.conversation_key = c.key`;

export function toConversation(row: Row): Conversation {
	const { low_user_id, high_user_id } = row;
	return {
		conversationId: String(row.id),
		title: text(row.title),
		metadata: String(row.metadata),
		createdBy: String(row.created_by),
		createdAt: Number(row.created_at),
		updatedAt: Number(row.updated_at),
		headSeq: Number(row.head_seq),
		closed: row.closed === 1,
		directUserIds:
			typeof low_user_id === "string"
				? [low_user_id, String(high_user_id)]
				: null,
	};
}

/** Reads the settings from a row of a participant. */
export function toOwnSettings(row: Row): OwnSettings {
	return {
		mutedUntil: row.muted_until === null ? null : Number(row.muted_until),
		archived: row.archived === 1,
		favourite: row.favourite === 1,
		markedUnread: row.marked_unread === 1,
	};
}
