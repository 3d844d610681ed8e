import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Entry } from "@secureconnect/protocol";
import type {
	FoldedEntry,
	PageCursor,
	ThreadSummary,
	TimelinePage,
	TimelinePart,
} from "../contract.ts";
import { MarksOfPage } from "./marks.ts";
import { prepareEntries, type Row, toEntry } from "./rows.ts";

/** Entries that one statement looks at for each row of the page. */
const WINDOW_PER_ROW = 3;
/** Users whom a summary of a thread names, and the newest replies among which it looks for them. */
const MAX_THREAD_USERS = 5;
const MAX_THREAD_LOOKUPS = 50;

/** Reads pages of messages with what their amendments amount to. */
export class Timeline {
	readonly #marks: MarksOfPage;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#marks = new MarksOfPage(db);
		this.#sql = prepare(db);
	}

	/**
	 * Reads a page. The caller must run it in a transaction.
	 * @returns undefined if the user is not a participant
	 */
	page(
		conversationId: string,
		userId: string,
		part: TimelinePart,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	): TimelinePage | undefined {
		const conversation = this.#sql.participant.get(userId, conversationId);
		if (!conversation) return undefined;
		const key = Number(conversation.key);
		const entries: Entry[] = [];
		let bytes = 0;
		let more = false;
		const headSeq = Number(conversation.head_seq);
		for (const row of this.#rows(key, headSeq, part, cursor, limit + 1)) {
			if (entries.length === limit || (bytes >= maxBytes && bytes > 0)) {
				more = true;
				break;
			}
			const entry = toEntry(conversationId, row);
			entries.push(entry);
			bytes += entry.body.length;
		}
		if (cursor.direction === "before") entries.reverse();
		return {
			entries: this.#folded(key, userId, entries, part.kind === "all"),
			more,
			asOfSeq: headSeq,
		};
	}

	#rows(
		key: number,
		headSeq: number,
		part: TimelinePart,
		cursor: PageCursor,
		limit: number,
	): Iterable<Row> {
		const { direction, seq } = cursor;
		switch (part.kind) {
			case "all":
				return this.#all(key, headSeq, cursor, limit);
			case "thread":
				return this.#sql.thread[direction].iterate(
					key,
					part.rootSeq,
					seq,
					limit,
				);
			case "marked":
				return this.#sql.marked[direction].iterate(
					key,
					key,
					part.type,
					seq,
					limit,
				);
		}
	}

	/**
	 * Returns all entries but amendments. Reads them in windows, and skips what is left of a run of amendments before
	 * each window: there may be any number of amendments between two messages.
	 */
	*#all(
		key: number,
		headSeq: number,
		{ direction, seq }: PageCursor,
		limit: number,
	): Iterable<Row> {
		const { before, after } = this.#sql.all;
		const span = WINDOW_PER_ROW * limit;
		let left = limit;
		if (direction === "before")
			for (
				let at = Math.min(seq, headSeq + 1);
				left > 0 && at > 1;
				at -= span
			) {
				const run = this.#sql.run.get(key, at - 1);
				if (run && run.target_seq !== null) at = Number(run.seq);
				for (const row of before.iterate(key, at, at - span, left)) {
					left--;
					yield row;
				}
			}
		else
			for (let at = seq; left > 0 && at < headSeq; at += span) {
				const run = this.#sql.run.get(key, at + 1);
				if (run && run.target_seq !== null) {
					const next = this.#sql.nextRun.get(key, at + 1);
					if (!next) return;
					at = Number(next.seq) - 1;
				}
				for (const row of after.iterate(key, at, at + span, left)) {
					left--;
					yield row;
				}
			}
	}

	/** @param isWhole whether the entries are all messages between the first and the last */
	#folded(
		key: number,
		userId: string,
		entries: readonly Entry[],
		isWhole: boolean,
	): FoldedEntry[] {
		if (entries.length === 0) return [];
		// One statement for the whole page. Most pages have few marks and threads.
		const seqs = entries.map(({ seq }) => seq);
		const marks = this.#marks.of(key, userId, seqs, isWhole);
		const threads = new Map<number, ThreadSummary>();
		const { between, among } = this.#sql.threads;
		for (const row of isWhole
			? between.all(key, seqs[0] ?? 0, seqs.at(-1) ?? 0)
			: among.all(key, JSON.stringify(seqs)))
			threads.set(Number(row.root_seq), this.#threadOf(key, row));
		return entries.map((entry) => ({
			entry,
			marks: marks.get(entry.seq) ?? [],
			thread: threads.get(entry.seq) ?? null,
		}));
	}

	#threadOf(key: number, row: Row): ThreadSummary {
		const userIds = new Set<string>();
		for (const { sender_id } of this.#sql.replies.iterate(
			key,
			Number(row.root_seq),
		)) {
			userIds.add(String(sender_id));
			if (userIds.size === MAX_THREAD_USERS) break;
		}
		return {
			count: Number(row.count),
			lastAt: Number(row.last_at),
			userIds: [...userIds],
		};
	}
}

function prepare(db: DatabaseSync) {
	const inBothDirections = (
		from: string,
	): Record<PageCursor["direction"], StatementSync> => ({
		before: prepareEntries(
			db,
			`${from} AND e.seq < ? ORDER BY e.seq DESC LIMIT ?`,
		),
		after: prepareEntries(db, `${from} AND e.seq > ? ORDER BY e.seq LIMIT ?`),
	});
	return {
		participant: db.prepare(
			`SELECT c.key, c.head_seq FROM conversations c JOIN participants p ON p.conversation_key = c.key
			 WHERE p.user_id = ? AND p.state = 'active' AND c.id = ?`,
		),
		all: {
			before: prepareEntries(
				db,
				`FROM entries e
				 WHERE e.conversation_key = ? AND e.target_seq IS NULL AND e.seq < ? AND e.seq >= ?
				 ORDER BY e.seq DESC LIMIT ?`,
			),
			after: prepareEntries(
				db,
				`FROM entries e
				 WHERE e.conversation_key = ? AND e.target_seq IS NULL AND e.seq > ? AND e.seq <= ?
				 ORDER BY e.seq LIMIT ?`,
			),
		},
		run: db.prepare(
			`SELECT seq, target_seq FROM entries INDEXED BY entries_by_run
			 WHERE conversation_key = ? AND run_start = 1 AND seq <= ? ORDER BY seq DESC LIMIT 1`,
		),
		nextRun: db.prepare(
			`SELECT seq FROM entries INDEXED BY entries_by_run
			 WHERE conversation_key = ? AND run_start = 1 AND seq > ? ORDER BY seq LIMIT 1`,
		),
		thread: inBothDirections(
			`FROM entries e INDEXED BY entries_by_thread
			 WHERE e.conversation_key = ? AND e.thread_seq = ?`,
		),
		marked: inBothDirections(
			`FROM entries e WHERE e.conversation_key = ? AND e.seq IN (
				SELECT target_seq FROM mark_totals INDEXED BY mark_totals_by_type WHERE conversation_key = ? AND type = ?)`,
		),
		threads: {
			between: db.prepare(
				`SELECT root_seq, count, last_at FROM threads
				 WHERE conversation_key = ? AND root_seq BETWEEN ? AND ? AND count > 0`,
			),
			among: db.prepare(
				`SELECT root_seq, count, last_at FROM threads
				 WHERE conversation_key = ? AND root_seq IN (SELECT value FROM json_each(?)) AND count > 0`,
			),
		},
		replies: db.prepare(
			`SELECT sender_id FROM entries INDEXED BY entries_by_thread
			 WHERE conversation_key = ? AND thread_seq = ? AND erased = 0 ORDER BY seq DESC LIMIT ${MAX_THREAD_LOOKUPS}`,
		),
	};
}
