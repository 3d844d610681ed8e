import type { DatabaseSync } from "node:sqlite";

/** Entries that one transaction numbers. */
const ENTRIES_PER_STEP = 20_000;
/** Entries that a conversation counts for in addition to its own, so that a step also ends after many empty ones. */
const ENTRIES_PER_CONVERSATION = 10;

/**
 * Numbers the messages of a log from before ordinals existed, conversation by conversation. Advances each sender's
 * watermark to the sender's newest message, because own messages never count as unread. The table `ordinals_filled`
 * holds the position, so an interrupted start goes on where it stopped.
 */
export function fillOrdinals(
	db: DatabaseSync,
	progress: (share: number) => void,
): void {
	const total = Number(
		db.prepare("SELECT total(head_seq) AS n FROM conversations").get()?.n,
	);
	const filled = db.prepare(
		`SELECT (SELECT total(head_seq) FROM conversations WHERE key < f.conversation_key) + f.seq AS n
		 FROM ordinals_filled f`,
	);
	const step = stepOf(db);
	for (;;) {
		db.exec("BEGIN IMMEDIATE");
		const done = step();
		db.exec("COMMIT");
		if (done) return;
		progress(total === 0 ? 1 : Number(filled.get()?.n) / total);
	}
}

/** Returns a function that numbers the next entries, and returns whether it has reached the end of the log. */
function stepOf(db: DatabaseSync): () => boolean {
	const position = db.prepare("SELECT * FROM ordinals_filled");
	const keep = db.prepare(
		"UPDATE ordinals_filled SET conversation_key = ?, seq = ?, ordinal = ?",
	);
	const next = db.prepare(
		"SELECT key, head_seq FROM conversations WHERE key >= ? ORDER BY key LIMIT 1",
	);
	const number = db.prepare(
		`UPDATE entries SET ordinal = ? + n.n FROM (
			SELECT key, row_number() OVER (ORDER BY seq) AS n FROM entries
			WHERE conversation_key = ? AND seq > ? AND seq <= ? AND type = 'chat') n
		 WHERE entries.key = n.key`,
	);
	const advance = db.prepare(
		`UPDATE participants SET read_seq = s.seq FROM (
			SELECT conversation_key, sender_id, max(seq) AS seq FROM entries
			WHERE conversation_key = ? AND seq > ? AND seq <= ? AND type = 'chat' GROUP BY sender_id) s
		 WHERE participants.conversation_key = s.conversation_key AND participants.user_id = s.sender_id
		   AND participants.read_seq < s.seq`,
	);
	const count = db.prepare(
		"UPDATE conversations SET chat_count = ? WHERE key = ?",
	);
	return () => {
		const at = position.get();
		let key = Number(at?.conversation_key);
		let seq = Number(at?.seq);
		let ordinal = Number(at?.ordinal);
		for (let left = ENTRIES_PER_STEP; left > 0; ) {
			const conversation = next.get(key);
			if (!conversation) return true;
			key = Number(conversation.key);
			const headSeq = Number(conversation.head_seq);
			const to = Math.min(headSeq, seq + left);
			ordinal += Number(number.run(ordinal, key, seq, to).changes);
			advance.run(key, seq, to);
			left -= to - seq + ENTRIES_PER_CONVERSATION;
			seq = to;
			if (seq < headSeq) continue;
			count.run(ordinal, key);
			[key, seq, ordinal] = [key + 1, 0, 0];
		}
		keep.run(key, seq, ordinal);
		return false;
	};
}
