import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
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

/** Names of {@link ENTRY_COLUMNS}, in their order. */
const ENTRY_NAMES = [
	"seq",
	"type",
	"message_id",
	"sender_id",
	"timestamp",
	"client_message_id",
	"body",
	"erased",
	"target_body",
	"is_emptied",
] as const;

/**
 * Prepares a query for pages of entries. Its rows are arrays, because building an object with names for each row takes
 * longer than reading the row.
 * @param from follows {@link ENTRY_COLUMNS}
 */
export function prepareEntries(db: DatabaseSync, from: string): StatementSync {
	const statement = db.prepare(`SELECT ${ENTRY_COLUMNS} ${from}`);
	statement.setReturnArrays(true);
	return statement;
}

/** @param row object or array with {@link ENTRY_COLUMNS} */
export function toEntry(conversationId: string, row: Row): Entry {
	const values: readonly (SQLOutputValue | undefined)[] = Array.isArray(row)
		? row
		: ENTRY_NAMES.map((name) => row[name]);
	const [seq, type, messageId, senderId, timestamp, clientMessageId] = values;
	const [, , , , , , body, erased, targetBody, isEmptied] = values;
	const entry: Entry = {
		type: type as EntryType,
		conversationId,
		seq: Number(seq),
		messageId: String(messageId),
		senderId: String(senderId),
		timestamp: Number(timestamp),
		clientMessageId: text(clientMessageId),
		body: shown(String(body), type as EntryType, targetBody, isEmptied),
	};
	return erased === 1 ? { ...entry, isErased: true } : entry;
}

function shown(
	body: string,
	type: EntryType,
	targetBody: SQLOutputValue | undefined,
	isEmptied: SQLOutputValue | undefined,
): string {
	if (typeof targetBody === "string") return withTargetBody(body, targetBody);
	const fold = isEmptied === 1 ? foldOf(type) : undefined;
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
