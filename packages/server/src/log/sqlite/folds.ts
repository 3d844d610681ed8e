/** Checks of amendments and of what the log stores about them. */
import type { DatabaseSync } from "node:sqlite";
import { PENDING } from "./conversation-checks.ts";

interface Context {
	readonly db: DatabaseSync;
	readonly found: (conversationId: unknown, what: string) => void;
}

/** Checks that every amendment names an earlier message, and the places where messages and amendments alternate. */
export function amendments({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`SELECT c.id, e.seq, e.target_seq FROM entries e LEFT JOIN conversations c ON c.key = e.conversation_key
			 WHERE e.target_seq IS NOT NULL AND e.conversation_key NOT IN ${PENDING} AND NOT EXISTS (
			   SELECT 1 FROM entries t WHERE t.conversation_key = e.conversation_key AND t.seq = e.target_seq
			     AND t.seq < e.seq AND t.ordinal IS NOT NULL)`,
		)
		.iterate())
		found(
			row.id,
			`seq ${row.seq} amends seq ${row.target_seq}, which is no earlier message`,
		);
	for (const row of db
		.prepare(
			`SELECT c.id, e.seq FROM (
			   SELECT conversation_key, seq, run_start, target_seq IS NOT NULL AS amends,
			     lag(target_seq IS NOT NULL, 1, 0) OVER (PARTITION BY conversation_key ORDER BY seq) AS amended
			   FROM entries) e
			 LEFT JOIN conversations c ON c.key = e.conversation_key
			 WHERE (e.amends <> e.amended) <> coalesce(e.run_start, 0) AND e.conversation_key NOT IN ${PENDING}`,
		)
		.iterate())
		found(
			row.id,
			`run_start of seq ${row.seq} does not match the entry before it`,
		);
	return count(db, "entries WHERE target_seq IS NOT NULL");
}

/** Checks the totals of marks, from which pages take their counts. */
export function markTotals({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`WITH due AS (SELECT conversation_key, target_seq, type, name, count(*) AS n FROM marks WHERE is_on = 1
			   GROUP BY 1, 2, 3, 4)
			 SELECT c.id, coalesce(d.target_seq, t.target_seq) AS seq, coalesce(d.type, t.type) AS type,
			   coalesce(d.n, 0) AS n, coalesce(t.count, 0) AS count
			 FROM due d FULL JOIN mark_totals t ON t.conversation_key = d.conversation_key
			   AND t.target_seq = d.target_seq AND t.type = d.type AND t.name = d.name
			 LEFT JOIN conversations c ON c.key = coalesce(d.conversation_key, t.conversation_key)
			 WHERE d.n IS NOT t.count AND coalesce(d.conversation_key, t.conversation_key) NOT IN ${PENDING}
			   AND (d.conversation_key, d.target_seq) NOT IN (SELECT conversation_key, target_seq FROM pending_erasures)`,
		)
		.iterate())
		found(
			row.id,
			`a total of the type "${row.type}" on seq ${row.seq} is ${row.count} where it is ${row.n}`,
		);
	return count(db, "mark_totals");
}

/** Checks the lengths of threads. */
export function threads({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`WITH due AS (SELECT conversation_key, thread_seq, count(*) FILTER (WHERE erased = 0) AS n FROM entries
			   WHERE thread_seq IS NOT NULL GROUP BY 1, 2)
			 SELECT c.id, coalesce(d.thread_seq, t.root_seq) AS seq, d.n, t.count
			 FROM due d FULL JOIN threads t ON t.conversation_key = d.conversation_key AND t.root_seq = d.thread_seq
			 LEFT JOIN conversations c ON c.key = coalesce(d.conversation_key, t.conversation_key)
			 WHERE d.n IS NOT t.count AND coalesce(d.conversation_key, t.conversation_key) NOT IN ${PENDING}`,
		)
		.iterate())
		found(
			row.id,
			`the thread of seq ${row.seq} has the length ${row.count} where it is ${row.n}`,
		);
	return count(db, "threads");
}

/** Checks that mentions name messages that were not erased, because others would count as unread for ever. */
export function mentions({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`SELECT c.id, m.user_id, m.seq FROM mentions m LEFT JOIN conversations c ON c.key = m.conversation_key
			 WHERE NOT EXISTS (
			   SELECT 1 FROM entries e WHERE e.conversation_key = m.conversation_key AND e.seq = m.seq
			     AND e.ordinal IS NOT NULL AND e.erased = 0)`,
		)
		.iterate())
		found(row.id, `seq ${row.seq} mentions ${row.user_id} but is no message`);
	return count(db, "mentions");
}

function count(db: DatabaseSync, from: string): number {
	return Number(db.prepare(`SELECT count(*) AS n FROM ${from}`).get()?.n);
}
