import type { SQLOutputValue } from "node:sqlite";
import type { Entry, EntryType } from "@secureconnect/protocol";
import {
	ENTRY_TYPES,
	type Fold,
	foldOf,
	withEmptyField,
	withTargetBody,
} from "@secureconnect/protocol/entries";

export type Row = Record<string, SQLOutputValue>;

const REPLACING = typesWith((fold) => fold.kind === "replace");
const NAMED = typesWith(
	(fold) => fold.kind === "mark" && fold.nameField !== undefined,
);

/**
 * Columns that {@link toEntry} needs of `entries e`. An edit has its target's newest content, which is stored once. A
 * named mark has no name while its target is being erased.
 */
export const ENTRY_COLUMNS = `e.seq, e.type, e.message_id, e.sender_id, e.timestamp, e.client_message_id, e.body, e.erased,
	CASE WHEN e.type IN (${REPLACING}) THEN (
		SELECT t.body FROM entries t WHERE t.conversation_key = e.conversation_key AND t.seq = e.target_seq)
	END AS target_body,
	CASE WHEN e.type IN (${NAMED}) THEN EXISTS (
		SELECT 1 FROM pending_erasures x WHERE x.conversation_key = e.conversation_key AND x.target_seq = e.target_seq)
	END AS is_emptied`;

/**
 * Query for the highest key that an entry has had. Keys of deleted entries are not used again, because the order of
 * lists depends on them.
 */
export const POSITION = `SELECT max(coalesce((SELECT max(key) FROM entries), 0),
	coalesce((SELECT max(last_entry_key) FROM deleted_conversations), 0)) AS key`;

export function text(value: SQLOutputValue | undefined): string | null {
	return typeof value === "string" ? value : null;
}

export function toEntry(conversationId: string, row: Row): Entry {
	const body = String(row.body);
	return {
		type: row.type as EntryType,
		conversationId,
		seq: Number(row.seq),
		messageId: String(row.message_id),
		senderId: String(row.sender_id),
		timestamp: Number(row.timestamp),
		clientMessageId: text(row.client_message_id),
		body: shown(body, row),
		...(row.erased === 1 ? { isErased: true } : {}),
	};
}

function shown(body: string, { type, target_body, is_emptied }: Row): string {
	if (typeof target_body === "string") return withTargetBody(body, target_body);
	const fold = is_emptied === 1 ? foldOf(type as EntryType) : undefined;
	return fold?.kind === "mark" && fold.nameField !== undefined
		? withEmptyField(body, fold.nameField)
		: body;
}

/** Returns a list of types for SQL. */
function typesWith(isMeant: (fold: Fold) => boolean): string {
	return Object.entries(ENTRY_TYPES)
		.filter(([, { fold }]) => fold !== undefined && isMeant(fold))
		.map(([type]) => `'${type}'`)
		.join(", ");
}
