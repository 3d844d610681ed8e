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

/** A conversation and its place in the list. */
interface Placed {
	readonly key: number;
	readonly activity: number;
}

/**
 * The list of a user's conversations. It sorts narrow rows, and reads the rest of the conversations of one page only.
 * Must be called within a transaction: a page is of one moment.
 */
export class ConversationList {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	page(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
	): ListPage | undefined {
		const position = Number(this.#sql.position.get()?.key ?? 0);
		if (after && (after.asOf > position || after.activity > after.asOf))
			return undefined;
		const asOf = after?.asOf ?? position;
		const placed = after
			? this.#after(userId, limit + 1, after)
			: this.#first(userId, limit + 1);
		if (!placed) return undefined;
		const conversations: ConversationSummary[] = [];
		let bytes = 0;
		let last: Placed | undefined;
		for (const place of placed) {
			if (
				last &&
				(conversations.length === limit || (bytes >= maxBytes && bytes > 0))
			)
				return { conversations, next: { asOf, ...last } };
			const summary = this.#summary(userId, place.key);
			conversations.push(summary);
			bytes +=
				summary.metadata.length + (summary.lastMessage?.body.length ?? 0);
			last = place;
		}
		return { conversations, next: null };
	}

	#first(userId: string, count: number): Placed[] {
		return this.#sql.first.all(userId, count).map(toPlaced);
	}

	/**
	 * The conversations after a place, in the order that the list had at `asOf`. Those that became active later are put
	 * back to where they were then.
	 */
	#after(userId: string, count: number, after: ListPlace) {
		const { asOf, activity, key } = after;
		const moved: Placed[] = [];
		const still: Placed[] = [];
		const lookups = { left: MAX_LOOKUPS };
		for (const row of this.#sql.after.iterate(
			userId,
			asOf,
			activity,
			key,
			MAX_MOVED + 1 + count,
		)) {
			const place = toPlaced(row);
			if (place.activity <= asOf) {
				still.push(place);
				continue;
			}
			if (moved.length === MAX_MOVED) return undefined;
			const then = this.#activityAt(
				place.key,
				Number(row.head_seq),
				asOf,
				lookups,
			);
			if (lookups.left <= 0) return undefined;
			moved.push({ key: place.key, activity: then });
		}
		const due = moved.filter(
			(place) => byActivity({ key, activity }, place) < 0,
		);
		return [...due, ...still].sort(byActivity).slice(0, count);
	}

	/**
	 * Key of a conversation's last entry at or before `asOf`, or what stood for it while there was none. The keys of a
	 * conversation's entries rise with `seq`: it looks back in growing steps, then halves the last of them.
	 */
	#activityAt(
		key: number,
		headSeq: number,
		asOf: number,
		lookups: { left: number },
	): number {
		const keyAt = (seq: number): number => {
			lookups.left--;
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

	#summary(userId: string, key: number): ConversationSummary {
		const row = this.#sql.summary.get(userId, key) ?? {};
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
	WHERE p.user_id = ? AND p.state = 'active'`;
const ORDER = "ORDER BY c.activity DESC, c.key DESC LIMIT ?";

function prepare(db: DatabaseSync) {
	return {
		position: db.prepare("SELECT max(key) AS key FROM entries"),
		first: db.prepare(`SELECT c.key, c.activity FROM ${OWN} ${ORDER}`),
		after: db.prepare(
			`SELECT c.key, c.activity, c.head_seq FROM ${OWN}
			 AND (c.activity > ? OR (c.activity, c.key) < (?, ?)) ${ORDER}`,
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
			 JOIN participants p ON p.conversation_key = c.key AND p.user_id = ?
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
