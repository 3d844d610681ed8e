import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Mentions } from "@secureconnect/protocol";
import type { Head } from "./heads.ts";

/** User id of rows that mention every participant. */
export const EVERYONE = "";

/** Index of the messages that mention a user, from which the log counts a user's unread mentions. */
export class MentionRows {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Replaces the mentions of a message. */
	replace(
		{ key }: Head,
		seq: number,
		before: Mentions | undefined,
		after: Mentions | undefined,
	): void {
		const [old, due] = [rowsOf(before), rowsOf(after)];
		for (const userId of old)
			if (!due.has(userId)) this.#sql.delete.run(userId, key, seq);
		for (const userId of due)
			if (!old.has(userId)) this.#sql.insert.run(userId, key, seq);
	}
}

/** A message that mentions every participant has a single row, so that no user counts it twice. */
function rowsOf(mentions: Mentions | undefined): Set<string> {
	if (!mentions) return new Set();
	return new Set(mentions.all ? [EVERYONE] : mentions.userIds);
}

function prepare(db: DatabaseSync) {
	return {
		insert: db.prepare(
			"INSERT INTO mentions (user_id, conversation_key, seq) VALUES (?, ?, ?)",
		),
		delete: db.prepare(
			"DELETE FROM mentions WHERE user_id = ? AND conversation_key = ? AND seq = ?",
		),
	} satisfies Record<string, StatementSync>;
}
