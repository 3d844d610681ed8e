import type { DatabaseSync } from "node:sqlite";
import type {
	ConversationSummary,
	ListPage,
	ListPlace,
	Role,
} from "../contract.ts";
import { LISTED_COLUMNS, toListed } from "./listed.ts";
import { EVERYONE } from "./mentions.ts";
import { ENTRY_COLUMNS, POSITION, type Row, toEntry } from "./rows.ts";
import {
	CONVERSATION_COLUMNS,
	CONVERSATION_TABLES,
	toConversation,
	toOwnSettings,
} from "./views.ts";

/**
 * Maximum number of conversations that became active since the first page. Finding the places of more would take too
 * long.
 */
const MAX_MOVED = 1000;
/** Maximum number of entries read to find these places. */
const MAX_LOOKUPS = 5000;

/** Participations read in one part. A part takes 1 to 3 ms of CPU time. */
const PART_ROWS = 5000;

/** Conversations with a shortened last message read in one part. With messages of 1 MB a part takes about 8 ms. */
const SHORTENED_ROWS = 10;

/** Whether long last messages are shortened. */
type MessageForm = "whole" | "shortened";

/** Conversation with its place in the list. */
interface Placed {
	readonly key: number;
	readonly activity: number;
}

/** Remaining cost that one page may spend on finding places. */
interface Budget {
	moved: number;
	lookups: number;
}

/** Range of participations in the order of their keys, after `from` and up to `to`. */
interface Part {
	readonly from: number;
	readonly to: number;
}

/**
 * List of a user's conversations. It sorts narrow rows, and reads full rows only for the conversations of one page. It
 * reads a long list in parts, each in its own transaction. If a conversation becomes active between two parts or pages,
 * it keeps the place that it had before the first part.
 */
export class ConversationList {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/**
	 * Reads a page. Yields between two parts. The caller must run every step in a transaction.
	 * @param form form of the last messages; only whole ones count for `maxBytes`
	 */
	*page(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
		form: MessageForm = "whole",
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
					// A conversation that was created after the first page was not in that list.
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
			const summary = this.summary(userId, place.key, form);
			// The participation has ended since its part was read.
			if (!summary) continue;
			conversations.push(summary);
			if (form === "shortened") {
				// Reading the start of a long message takes as long as reading many short ones.
				if (i % SHORTENED_ROWS === SHORTENED_ROWS - 1) yield;
				continue;
			}
			bytes +=
				summary.metadata.length + (summary.lastMessage?.body.length ?? 0);
		}
		return { conversations, next: null };
	}

	/** Returns the key of the log's newest entry. */
	#position(): number {
		return Number(this.#sql.position.get()?.key ?? 0);
	}

	/** Returns the key of the last conversation of a part; undefined if this part reaches the end of the list. */
	#endOfPart(userId: string, from: number): number | undefined {
		const row = this.#sql.endOfPart.get(userId, from);
		return row && Number(row.key);
	}

	/** Returns conversations after a place that did not become active since the first page. */
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

	/**
	 * Returns conversations that became active after `asOf`, with their places at that time; undefined if they are too
	 * many.
	 */
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
	 * Returns the key of a conversation's last entry at or before `asOf`; if there was none, the key that stood for it
	 * then. The keys of a conversation's entries rise with `seq`, so it searches backwards in growing steps and then
	 * bisects the last step.
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
		// Entry `high` is newer than `asOf`, entry `low` is not. 0 is before the first entry.
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
			? Number(this.#sql.entryActivity.get(key, low)?.activity ?? found)
			: Number(this.#sql.createdAfter.get(key)?.created_after ?? 0);
	}

	/**
	 * Returns a conversation as the list shows it; undefined if the user is not a participant. The caller must run it in
	 * a transaction.
	 */
	summary(
		userId: string,
		key: number,
		form: MessageForm = "whole",
	): ConversationSummary | undefined {
		const row = this.#sql.summary.get(userId, key);
		if (!row) return undefined;
		const conversation = toConversation(row);
		const { conversationId } = conversation;
		const readSeq = Number(row.read_seq);
		const isWhole = form === "whole";
		const last = (isWhole ? this.#sql.entry : this.#sql.listed).get(
			key,
			Number(row.last_chat_seq),
		);
		return {
			...conversation,
			...toOwnSettings(row),
			role: row.role as Role,
			readSeq,
			unread: this.#unread(key, readSeq, Number(row.chat_count)),
			mentions: Number(
				this.#sql.mentions.get(userId, key, readSeq, EVERYONE, key, readSeq)?.n,
			),
			lastMessage: last
				? (isWhole ? toEntry : toListed)(conversationId, last)
				: null,
		};
	}

	/**
	 * Counts the messages after a watermark from their ordinals: the cost does not depend on their number. All of them are
	 * messages of other users, because a user's own message moves the watermark.
	 */
	#unread(key: number, readSeq: number, chatCount: number): number {
		const read = this.#sql.ordinal.get(key, readSeq)?.ordinal ?? 0;
		const unread = chatCount - Number(read);
		if (unread === 0) return 0;
		return unread - Number(this.#sql.erased.get(key, readSeq)?.n);
	}
}

function toPlaced(row: Row): Placed {
	return { key: Number(row.key), activity: Number(row.activity) };
}

/**
 * Compares two places: most recently active first. Of conversations created after the same entry, the newest comes
 * first.
 */
function byActivity(a: Placed, b: Placed): number {
	return b.activity - a.activity || b.key - a.key;
}

/**
 * CROSS JOIN fixes the order of the join: a user has few conversations, and the index holds them in the order of their
 * rows. A conversation that was deleted keeps its participants for a while, but its row counts none.
 */
const OWN = `participants p INDEXED BY participants_by_user
	CROSS JOIN conversations c ON c.key = p.conversation_key
	WHERE p.user_id = ? AND p.state = 'active' AND p.conversation_key > ? AND p.conversation_key <= ?
	AND c.participant_count > 0`;
function prepare(db: DatabaseSync) {
	return {
		endOfPart: db.prepare(
			`SELECT conversation_key AS key FROM participants INDEXED BY participants_by_user
			 WHERE user_id = ? AND state = 'active' AND conversation_key > ?
			 ORDER BY conversation_key LIMIT 1 OFFSET ${PART_ROWS - 1}`,
		),
		position: db.prepare(POSITION),
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
		// An entry that does not move its conversation up has the activity that it found.
		entryActivity: db.prepare(
			"SELECT activity FROM entries WHERE conversation_key = ? AND seq = ?",
		),
		createdAfter: db.prepare(
			"SELECT created_after FROM conversation_details WHERE conversation_key = ?",
		),
		summary: db.prepare(
			`SELECT ${CONVERSATION_COLUMNS}, p.*, max(p.read_seq, p.joined_seq) AS read_seq FROM ${CONVERSATION_TABLES}
			 JOIN participants p ON p.conversation_key = c.key AND p.user_id = ? AND p.state = 'active'
			 WHERE c.key = ? AND c.participant_count > 0`,
		),
		entry: db.prepare(
			`SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq = ?`,
		),
		listed: db.prepare(
			`SELECT ${LISTED_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq = ?`,
		),
		ordinal: db.prepare(
			"SELECT ordinal FROM entries WHERE conversation_key = ? AND seq = ?",
		),
		erased: db.prepare(
			`SELECT count(*) AS n FROM entries INDEXED BY erased_entries
			 WHERE conversation_key = ? AND seq > ? AND erased = 1`,
		),
		mentions: db.prepare(
			`SELECT (SELECT count(*) FROM mentions WHERE user_id = ? AND conversation_key = ? AND seq > ?)
			 + (SELECT count(*) FROM mentions WHERE user_id = ? AND conversation_key = ? AND seq > ?) AS n`,
		),
	};
}
