import type { DatabaseSync } from "node:sqlite";
import type {
	ConversationSummary,
	ListPage,
	ListPlace,
	Role,
} from "../contract.ts";
import { ENTRY_COLUMNS, type Row, text, toEntry } from "./rows.ts";

const MAX_UNREAD = 200;
/** Conversations that became active since the first page: beyond, finding their places would take too long. */
const MAX_MOVED = 1000;
/** Entries that are looked at for their places. */
const MAX_LOOKUPS = 5000;

/** Participations that are looked at in one part. It takes 1 to 3 ms of CPU time. */
const PART_ROWS = 5000;

/** A conversation and its place in the list. */
interface Placed {
	readonly key: number;
	readonly activity: number;
}

/** What looking for places may still cost one page. */
interface Budget {
	moved: number;
	lookups: number;
}

/** Participations in the order of their keys, after `from` and up to `to`. */
interface Part {
	readonly from: number;
	readonly to: number;
}

/**
 * The list of a user's conversations. It sorts narrow rows, and reads the rest of the conversations of one page only.
 * A long list is read in parts, each within a transaction of its own. A conversation that becomes active between two
 * parts is put back to where it was before the first, as between two pages.
 */
export class ConversationList {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Reads a page; yields between two parts. Every step must be called within a transaction. */
	*page(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
	): Generator<undefined, ListPage | undefined> {
		const position = this.#position();
		if (after && (after.asOf > position || after.activity > after.asOf))
			return undefined;
		const asOf = after?.asOf ?? position;
		const start = after ?? { activity: asOf, key: Number.MAX_SAFE_INTEGER };
		const budget = { moved: MAX_MOVED, lookups: MAX_LOOKUPS };
		let placed: Placed[] = [];
		for (let from = 0; ; ) {
			const to = this.#endOfPart(userId, from);
			const part = { from, to: to ?? Number.MAX_SAFE_INTEGER };
			const moved =
				this.#position() > asOf ? this.#moved(userId, part, asOf, budget) : [];
			if (!moved) return undefined;
			const found = this.#still(userId, part, start, limit + 1);
			const due = moved.filter(
				(place) =>
					// A conversation that was made since was not in that list.
					place.activity <= asOf && byActivity(start, place) < 0,
			);
			placed = [...placed, ...due, ...found]
				.sort(byActivity)
				.slice(0, limit + 1);
			if (to === undefined) break;
			from = to;
			yield;
		}
		const conversations: ConversationSummary[] = [];
		let bytes = 0;
		let last: Placed | undefined;
		for (const [i, place] of placed.entries()) {
			if (last && (i === limit || (bytes >= maxBytes && bytes > 0)))
				return { conversations, next: { asOf, ...last } };
			last = place;
			const summary = this.#summary(userId, place.key);
			// The participation has ended since its part was read.
			if (!summary) continue;
			conversations.push(summary);
			bytes +=
				summary.metadata.length + (summary.lastMessage?.body.length ?? 0);
		}
		return { conversations, next: null };
	}

	/** Key of the log's newest entry. */
	#position(): number {
		return Number(this.#sql.position.get()?.key ?? 0);
	}

	/** Key of the last conversation of a part; undefined where the rest of the list is no longer than that. */
	#endOfPart(userId: string, from: number): number | undefined {
		const row = this.#sql.endOfPart.get(userId, from);
		return row && Number(row.key);
	}

	/** Conversations after a place that did not become active since it was read. */
	#still(
		userId: string,
		{ from, to }: Part,
		{ activity, key }: Placed,
		count: number,
	): Placed[] {
		return this.#sql.still
			.all(userId, from, to, activity, key, count)
			.map(toPlaced);
	}

	/** Conversations that became active after `asOf`, where they were then; undefined where they are too many. */
	#moved(
		userId: string,
		{ from, to }: Part,
		asOf: number,
		budget: Budget,
	): Placed[] | undefined {
		const moved: Placed[] = [];
		for (const row of this.#sql.moved.iterate(
			userId,
			from,
			to,
			asOf,
			budget.moved + 1,
		)) {
			if (budget.moved === 0) return undefined;
			budget.moved--;
			const key = Number(row.key);
			const headSeq = Number(row.head_seq);
			const activity = this.#activityAt(key, headSeq, asOf, budget);
			if (budget.lookups <= 0) return undefined;
			moved.push({ key, activity });
		}
		return moved;
	}

	/**
	 * Key of a conversation's last entry at or before `asOf`, or what stood for it while there was none. The keys of a
	 * conversation's entries rise with `seq`: it looks back in growing steps, then halves the last of them.
	 */
	#activityAt(
		key: number,
		headSeq: number,
		asOf: number,
		budget: Budget,
	): number {
		const keyAt = (seq: number): number => {
			budget.lookups--;
			return Number(this.#sql.entryKey.get(key, seq)?.key ?? 0);
		};
		// Entry `high` is newer than `asOf`, entry `low` is not; 0 is before the first.
		let [low, high, found] = [0, headSeq, 0];
		for (let step = 1; high - step > 0; step *= 2) {
			const at = keyAt(high - step);
			if (at <= asOf) {
				[low, found] = [high - step, at];
				break;
			}
			high -= step;
		}
		while (high - low > 1) {
			const middle = Math.floor((low + high) / 2);
			const at = keyAt(middle);
			if (at <= asOf) [low, found] = [middle, at];
			else high = middle;
		}
		return low > 0
			? found
			: Number(this.#sql.createdAfter.get(key)?.created_after ?? 0);
	}

	#summary(userId: string, key: number): ConversationSummary | undefined {
		const row = this.#sql.summary.get(userId, key);
		if (!row) return undefined;
		const conversationId = String(row.id);
		const readSeq = Number(row.read_seq);
		const last = this.#sql.entry.get(key, Number(row.last_chat_seq));
		return {
			conversationId,
			title: text(row.title),
			metadata: String(row.metadata),
			createdBy: String(row.created_by),
			createdAt: Number(row.created_at),
			updatedAt: Number(row.updated_at),
			headSeq: Number(row.head_seq),
			role: row.role as Role,
			readSeq,
			unread: Number(this.#sql.unread.get(key, readSeq, userId)?.n),
			lastMessage: last ? toEntry(conversationId, last) : null,
		};
	}
}

function toPlaced(row: Row): Placed {
	return { key: Number(row.key), activity: Number(row.activity) };
}

/** Most recently active first. Of those made after the same entry, the one that was made last comes first. */
function byActivity(a: Placed, b: Placed): number {
	return b.activity - a.activity || b.key - a.key;
}

/** CROSS JOIN: a user's conversations are few, and the index has them in the order of their rows. */
const OWN = `participants p INDEXED BY participants_by_user
	CROSS JOIN conversations c ON c.key = p.conversation_key
	WHERE p.user_id = ? AND p.state = 'active' AND p.conversation_key > ? AND p.conversation_key <= ?`;
function prepare(db: DatabaseSync) {
	return {
		endOfPart: db.prepare(
			`SELECT conversation_key AS key FROM participants INDEXED BY participants_by_user
			 WHERE user_id = ? AND state = 'active' AND conversation_key > ?
			 ORDER BY conversation_key LIMIT 1 OFFSET ${PART_ROWS - 1}`,
		),
		position: db.prepare("SELECT max(key) AS key FROM entries"),
		still: db.prepare(
			`SELECT c.key, c.activity FROM ${OWN} AND (c.activity, c.key) < (?, ?)
			 ORDER BY c.activity DESC, c.key DESC LIMIT ?`,
		),
		moved: db.prepare(
			`SELECT c.key, c.head_seq FROM ${OWN} AND c.activity > ? LIMIT ?`,
		),
		entryKey: db.prepare(
			"SELECT key FROM entries WHERE conversation_key = ? AND seq = ?",
		),
		createdAfter: db.prepare(
			"SELECT created_after FROM conversation_details WHERE conversation_key = ?",
		),
		summary: db.prepare(
			`SELECT c.*, d.*, p.role, p.read_seq FROM conversations c
			 JOIN conversation_details d ON d.conversation_key = c.key
			 JOIN participants p ON p.conversation_key = c.key AND p.user_id = ? AND p.state = 'active'
			 WHERE c.key = ?`,
		),
		entry: db.prepare(
			`SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq = ?`,
		),
		// The limit is on what is looked at, not on what is found: a user may have said all of the newest entries.
		unread: db.prepare(
			`SELECT count(*) AS n FROM (SELECT type, sender_id FROM entries
			 WHERE conversation_key = ? AND seq > ? ORDER BY seq DESC LIMIT ${MAX_UNREAD})
			 WHERE type = 'chat' AND sender_id <> ?`,
		),
	};
}
