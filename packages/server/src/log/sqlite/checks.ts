/** Checks of a log, as queries to the database. Each check reports damage with its conversation. */
import type { DatabaseSync } from "node:sqlite";
import { ENTRY_TYPES, type EntryType } from "@secureconnect/protocol/entries";
import {
	deletedConversations,
	directConversations,
	PENDING,
} from "./conversation-checks.ts";
import { pragma } from "./database.ts";
import {
	details,
	epoch,
	participantCounts,
	unansweredAdditions,
} from "./derived.ts";
import { amendments, markTotals, mentions, threads } from "./folds.ts";
import { MIGRATIONS } from "./migrations.ts";
import { objectsIn, schemaOf, unknownObjects } from "./schema.ts";

/** Damage that a check has found. */
export interface Damage {
	readonly conversationId: string | null;
	readonly what: string;
}

interface CheckContext {
	readonly db: DatabaseSync;
	readonly found: (conversationId: unknown, what: string) => void;
	/** Reports progress from 0 to 1. */
	readonly progress: (share: number) => void;
}

/**
 * Runs a check.
 * @returns the number of items checked
 */
type Check = (context: CheckContext) => number;

/**
 * Checks in the order in which they run, because earlier damage explains later damage. `unit` is what a check counts.
 */
export const CHECKS: readonly {
	readonly name: string;
	readonly unit: string;
	readonly run: Check;
}[] = [
	{ name: "integrity_check", unit: "pages", run: integrity },
	{ name: "schema", unit: "tables and indexes", run: schema },
	{ name: "epoch", unit: "epochs", run: epoch },
	{ name: "relations", unit: "rows with a conversation", run: relations },
	{ name: "details", unit: "conversations", run: details },
	{ name: "seq and heads", unit: "entries", run: entries },
	{ name: "client message ids", unit: "ids", run: clientMessageIds },
	{ name: "amendments", unit: "amendments", run: amendments },
	{ name: "marks", unit: "totals", run: markTotals },
	{ name: "threads", unit: "threads", run: threads },
	{ name: "mentions", unit: "mentions", run: mentions },
	{ name: "watermarks", unit: "watermarks", run: watermarks },
	{ name: "delivery cursors", unit: "cursors", run: deliveryCursors },
	{
		name: "participant counts",
		unit: "participants",
		run: participantCounts,
	},
	{
		name: "unanswered additions",
		unit: "counts",
		run: unansweredAdditions,
	},
	{ name: "direct conversations", unit: "pairs", run: directConversations },
	{ name: "deleted conversations", unit: "ids", run: deletedConversations },
];

/** Runs SQLite's own check: pages, indexes against their tables, UNIQUE, NOT NULL, CHECK and types. */
function integrity({ db, found }: CheckContext): number {
	for (const { integrity_check } of db
		.prepare("PRAGMA integrity_check")
		.iterate())
		if (integrity_check !== "ok")
			// The first line only names the database, which is always the same.
			found(
				null,
				String(integrity_check)
					.replace("*** in database main ***\n", "")
					.replaceAll("\n", "; "),
			);
	return pragma(db, "page_count");
}

/** Compares the schema. A missing index no longer keeps its columns unique, and the server would not notice. */
function schema({ db, found }: CheckContext): number {
	const due = schemaOf(MIGRATIONS.length);
	const there = new Map(objectsIn(db).map((it) => [it.name, it.sql]));
	for (const { type, name, sql } of due)
		if (!there.has(name)) found(null, `the ${type} ${name} is missing`);
		else if (there.get(name) !== sql)
			found(null, `the definition of the ${type} ${name} has changed`);
	for (const { type, name } of unknownObjects(db, MIGRATIONS.length))
		found(null, `the ${type} ${name} does not belong to SecureConnect`);
	return due.length;
}

function relations({ db, found }: CheckContext): number {
	for (const { table, key } of db
		.prepare(
			`SELECT 'entries' AS "table", conversation_key AS key FROM entries
			 WHERE conversation_key NOT IN (SELECT key FROM conversations) GROUP BY 2
			 UNION ALL SELECT 'participants', conversation_key FROM participants
			 WHERE conversation_key NOT IN (SELECT key FROM conversations) GROUP BY 2
			 UNION ALL SELECT 'conversation_details', conversation_key FROM conversation_details
			 WHERE conversation_key NOT IN (SELECT key FROM conversations) GROUP BY 2
			 UNION ALL SELECT 'marks', conversation_key FROM marks
			 WHERE conversation_key NOT IN (SELECT key FROM conversations) GROUP BY 2
			 UNION ALL SELECT 'mentions', conversation_key FROM mentions
			 WHERE conversation_key NOT IN (SELECT key FROM conversations) GROUP BY 2
			 UNION ALL SELECT 'device_cursors', conversation_key FROM device_cursors
			 WHERE conversation_key NOT IN (SELECT key FROM conversations) GROUP BY 2`,
		)
		.iterate())
		found(null, `${table} of a conversation that does not exist (key ${key})`);
	return Number(
		db
			.prepare(
				`SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM participants)
				 + (SELECT count(*) FROM conversation_details) + (SELECT count(*) FROM device_cursors) AS n`,
			)
			.get()?.n,
	);
}

/** Walks the entries of every conversation in order, and compares them with the conversation's row. */
function entries({ db, found, progress }: CheckContext): number {
	const total = Number(
		db.prepare("SELECT total(head_seq) AS n FROM conversations").get()?.n,
	);
	const walk = db
		.prepare(
			`SELECT conversation_key AS key, key AS position, seq, type, timestamp, ordinal, activity,
			 json_valid(body) AND substr(body, 1, 1) = '{' AS well_formed
			 FROM entries ORDER BY conversation_key, seq`,
		)
		.iterate();
	let walked = 0;
	const step = () => {
		if (++walked % 50_000 === 0) progress(Math.min(1, walked / total));
		return walk.next().value;
	};
	let entry = walk.next().value;
	for (const conversation of db
		.prepare(
			`SELECT c.*, d.created_at, d.created_after FROM conversations c
			 LEFT JOIN conversation_details d ON d.conversation_key = c.key WHERE c.key NOT IN ${PENDING} ORDER BY c.key`,
		)
		.iterate()) {
		const { id, key } = conversation;
		let [last, lastPosition, lastChat, chats] = [0, 0, 0, 0];
		// Time of the newest entry that moved the conversation up, or of the creation if there is none.
		let updatedAt = Number(conversation.created_at);
		let activity = Number(conversation.created_after);
		while (entry && Number(entry.key) <= Number(key)) {
			const seq = Number(entry.seq);
			// The check of relations reports entries without a conversation.
			if (entry.key === key) {
				if (seq > last + 1) found(id, `${span(last + 1, seq - 1)} missing`);
				else if (seq <= last) found(id, `seq ${seq} occurs twice`);
				const type = Object.hasOwn(ENTRY_TYPES, String(entry.type))
					? ENTRY_TYPES[entry.type as EntryType]
					: undefined;
				if (!type) found(id, `seq ${seq} has the unknown type "${entry.type}"`);
				// An unknown type is not known to count, and missing entries may have counted.
				const counts = type?.isUnread ?? entry.ordinal !== null;
				const step = Number(entry.ordinal) - chats;
				if (
					counts
						? step < 1 || step > Math.max(1, seq - last)
						: entry.ordinal !== null
				)
					found(
						id,
						`the ordinal of seq ${seq} is ${entry.ordinal} after ${chats}`,
					);
				if (counts) {
					lastChat = seq;
					chats += step;
				}
				if (!entry.well_formed)
					found(id, `the body of seq ${seq} is not a JSON object`);
				const position = Number(entry.position);
				if (position <= lastPosition)
					found(id, `seq ${seq} was stored before seq ${last}`);
				if (type && !type.movesUp && Number(entry.activity) !== activity)
					found(
						id,
						`the activity of seq ${seq} is ${entry.activity} where it is ${activity}`,
					);
				last = seq;
				lastPosition = position;
				if (type?.movesUp) {
					updatedAt = Number(entry.timestamp);
					activity = position;
				}
			}
			entry = step();
		}
		if (last < Number(conversation.head_seq))
			found(id, `${span(last + 1, Number(conversation.head_seq))} missing`);
		for (const [column, due] of [
			["head_seq", last],
			["last_chat_seq", lastChat],
			["chat_count", chats],
			["updated_at", updatedAt],
			["activity", activity],
		] as const)
			if (Number(conversation[column]) !== due)
				found(id, `${column} is ${conversation[column]}, but should be ${due}`);
	}
	while (entry) entry = step();
	return walked;
}

/**
 * Checks that each client message id occurs once and is in the index in which the server looks for it before it stores
 * a message.
 */
function clientMessageIds({ db, found }: CheckContext): number {
	const firstSeq = db.prepare(
		"SELECT c.id, e.seq FROM entries e LEFT JOIN conversations c ON c.key = e.conversation_key WHERE e.key = ?",
	);
	// Reads only columns of the index. Reading each row of the table would take several times as long.
	for (const { first, n } of db
		.prepare(
			`SELECT min(key) AS first, count(*) AS n FROM entries WHERE client_message_id IS NOT NULL
			 GROUP BY conversation_key, sender_id, client_message_id HAVING count(*) > 1`,
		)
		.iterate()) {
		const row = firstSeq.get(first ?? null);
		found(
			row?.id,
			`the client_message_id of seq ${row?.seq} occurs ${n} times`,
		);
	}
	const index = "entries_by_client_message_id";
	if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(index))
		for (const row of db
			.prepare(
				`SELECT c.id, e.seq FROM entries e NOT INDEXED LEFT JOIN conversations c ON c.key = e.conversation_key
				 WHERE e.client_message_id IS NOT NULL AND NOT EXISTS (
				   SELECT 1 FROM entries f INDEXED BY ${index}
				   WHERE f.conversation_key = e.conversation_key AND f.sender_id = e.sender_id
				     AND f.client_message_id = e.client_message_id AND f.key = e.key)`,
			)
			.iterate())
			found(row.id, `the client_message_id of seq ${row.seq} cannot be found`);
	return Number(
		db
			.prepare(
				"SELECT count(*) AS n FROM entries NOT INDEXED WHERE client_message_id IS NOT NULL",
			)
			.get()?.n,
	);
}

function watermarks({ db, found }: CheckContext): number {
	for (const row of db
		.prepare(
			`SELECT c.id, p.user_id, p.read_seq FROM participants p LEFT JOIN conversations c ON c.key = p.conversation_key
			 WHERE p.read_seq <> 0 AND NOT EXISTS (
			   SELECT 1 FROM entries e
			   WHERE e.conversation_key = p.conversation_key AND e.seq = p.read_seq AND e.ordinal IS NOT NULL)`,
		)
		.iterate())
		found(
			row.id,
			`${row.user_id} has read up to seq ${row.read_seq}, which is not a message`,
		);
	return Number(
		db
			.prepare("SELECT count(*) AS n FROM participants WHERE read_seq <> 0")
			.get()?.n,
	);
}

/** Finds cursors beyond the head, because such a cursor would skip later entries. */
function deliveryCursors({ db, found }: CheckContext): number {
	for (const row of db
		.prepare(
			`SELECT c.id, d.user_id, d.device_id, d.seq FROM device_cursors d JOIN conversations c ON c.key = d.conversation_key
			 WHERE d.seq < 0 OR d.seq > c.head_seq`,
		)
		.iterate())
		found(
			row.id,
			`the device ${row.device_id} of ${row.user_id} has received up to seq ${row.seq}, which does not exist`,
		);
	for (const row of db
		.prepare(
			`SELECT c.id, d.user_id, d.device_id, d.seq, d.proved_seq FROM device_cursors d JOIN conversations c ON c.key = d.conversation_key
			 WHERE d.proved_seq NOT BETWEEN 0 AND d.seq`,
		)
		.iterate())
		found(
			row.id,
			`the device ${row.device_id} of ${row.user_id} has proved seq ${row.proved_seq}, but resumes after seq ${row.seq}`,
		);
	return Number(
		db.prepare("SELECT count(*) AS n FROM device_cursors").get()?.n,
	);
}

function span(from: number, to: number): string {
	return from === to ? `seq ${from} is` : `seq ${from} to ${to} are`;
}
