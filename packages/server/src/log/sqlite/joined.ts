import type { DatabaseSync } from "node:sqlite";

/** Participants that one transaction looks at. */
const PARTICIPANTS_PER_STEP = 5000;

/**
 * Sets the point from which messages count as unread for participants who joined before the log stored it: the last
 * message before the time at which they joined. Each step is a transaction of its own, and a repeated step changes
 * nothing, so an interrupted start begins again.
 */
export function fillJoined(
	db: DatabaseSync,
	progress: (share: number) => void,
): void {
	const total = Number(
		db
			.prepare("SELECT count(*) AS n FROM participants WHERE state = 'active'")
			.get()?.n,
	);
	const step = stepOf(db);
	for (let done = 0; ; done += PARTICIPANTS_PER_STEP) {
		db.exec("BEGIN IMMEDIATE");
		const more = step();
		db.exec("COMMIT");
		if (!more) return;
		progress(Math.min(1, done / total));
	}
}

/** Returns a function that handles the next participants, and returns whether there may be more. */
function stepOf(db: DatabaseSync): () => boolean {
	// The index has the participants of a conversation in the order in which they joined.
	const next = db.prepare(
		`SELECT p.conversation_key AS key, p.joined_at, p.user_id, p.joined_seq, c.head_seq
		 FROM participants p INDEXED BY participants_by_joined_at JOIN conversations c ON c.key = p.conversation_key
		 WHERE p.state = 'active' AND (p.conversation_key, p.joined_at, p.user_id) > (?, ?, ?)
		 ORDER BY p.conversation_key, p.joined_at, p.user_id LIMIT ${PARTICIPANTS_PER_STEP}`,
	);
	const keep = db.prepare(
		"UPDATE participants SET joined_seq = ? WHERE conversation_key = ? AND user_id = ?",
	);
	const lastBefore = searchOf(db);
	let at: [key: number, joinedAt: number, userId: string] = [0, 0, ""];
	// Users who were added together joined at the same time.
	let found = { key: 0, joinedAt: 0, seq: 0 };
	return () => {
		const rows = next.all(...at);
		for (const row of rows) {
			const [key, joinedAt] = [Number(row.key), Number(row.joined_at)];
			const userId = String(row.user_id);
			at = [key, joinedAt, userId];
			if (row.joined_seq !== 0) continue;
			if (found.key !== key || found.joinedAt !== joinedAt) {
				const seq = lastBefore(key, Number(row.head_seq), joinedAt);
				found = { key, joinedAt, seq };
			}
			if (found.seq > 0) keep.run(found.seq, key, userId);
		}
		return rows.length === PARTICIPANTS_PER_STEP;
	};
}

/** Returns a function that finds the last message of a conversation before a time; 0 if there is none. */
function searchOf(
	db: DatabaseSync,
): (key: number, headSeq: number, time: number) => number {
	const timeOf = db.prepare(
		"SELECT timestamp FROM entries WHERE conversation_key = ? AND seq = ?",
	);
	const message = db.prepare(
		`SELECT seq FROM entries WHERE conversation_key = ? AND seq <= ? AND ordinal IS NOT NULL
		 ORDER BY seq DESC LIMIT 1`,
	);
	return (key, headSeq, time) => {
		// Bisects: times rise with `seq`, except where the clock went back. No index has the times.
		let [low, high] = [0, headSeq + 1];
		while (high - low > 1) {
			const middle = Math.floor((low + high) / 2);
			if (Number(timeOf.get(key, middle)?.timestamp) < time) low = middle;
			else high = middle;
		}
		return Number(message.get(key, low)?.seq ?? 0);
	};
}
