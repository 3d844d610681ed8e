import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
	ENTRY_TYPES,
	type EntryType,
	withEmptyField,
} from "@secureconnect/protocol/entries";

/** Rows that the transaction of an erasure changes at once. Most messages have fewer. It takes about 3 ms. */
const FIRST_ROWS = 500;
/** Rows that one step changes. It takes about 10 ms. */
const STEP_ROWS = 1000;

/** Message whose amendments still have content. */
interface Pending {
	readonly key: number;
	readonly targetSeq: number;
	/** Amendments up to this `seq` have no content. */
	readonly seq: number;
}

/**
 * Removes the content of a message's amendments, in steps: a message may have a hundred thousand reactions. Until the
 * last step, reads leave this content out, because the message is in `pending_erasures`.
 */
export class Erasure {
	readonly #sql: ReturnType<typeof prepare>;
	#hasErased = false;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Returns whether content was erased since the last call. */
	takeErased(): boolean {
		const erased = this.#hasErased;
		this.#hasErased = false;
		return erased;
	}

	/**
	 * Erases the first amendments of a message whose own content is gone.
	 * @returns whether content is left
	 */
	begin(key: number, targetSeq: number): boolean {
		this.#hasErased = true;
		const pending = { key, targetSeq, seq: targetSeq };
		this.#sql.begin.run(key, targetSeq, targetSeq);
		return !this.#erase(pending, FIRST_ROWS);
	}

	/** Returns whether content is left, in one conversation or in any. */
	isPending(key?: number): boolean {
		return this.#pending(key) !== undefined;
	}

	/** Takes one step, in one conversation or in any. */
	step(key?: number): void {
		const pending = this.#pending(key);
		if (pending) this.#erase(pending, STEP_ROWS);
	}

	#pending(key: number | undefined): Pending | undefined {
		const row =
			key === undefined
				? this.#sql.anyPending.get()
				: this.#sql.pending.get(key);
		return (
			row && {
				key: Number(row.conversation_key),
				targetSeq: Number(row.target_seq),
				seq: Number(row.seq),
			}
		);
	}

	/** Changes about `rows` rows. Returns whether no content is left. */
	#erase({ key, targetSeq, seq }: Pending, rows: number): boolean {
		let left = rows;
		left -= Number(this.#sql.forgetMarks.run(key, targetSeq, left).changes);
		if (left > 0) left -= this.#forgetCommands(key, targetSeq, left);
		if (left <= 0) return false;
		let last = seq;
		for (const row of this.#sql.amendments.all(key, targetSeq, seq, left)) {
			// A user may have sent any number of commands that changed nothing while this amendment was the newest.
			left -= 1 + this.#forgetCommands(key, Number(row.seq), left);
			if (left <= 0) break;
			const { fold } = ENTRY_TYPES[row.type as EntryType];
			if (fold?.kind === "replace") this.#sql.forgetHash.run(row.key ?? null);
			if (fold?.kind === "mark" && fold.nameField !== undefined)
				this.#sql.empty.run(
					withEmptyField(String(row.body), fold.nameField),
					row.key ?? null,
				);
			last = Number(row.seq);
		}
		if (left > 0) {
			this.#sql.end.run(key, targetSeq);
			this.#hasErased = true;
			return true;
		}
		this.#sql.advance.run(last, key, targetSeq);
		return false;
	}

	#forgetCommands(key: number, seq: number, rows: number): number {
		return Number(this.#sql.forgetCommands.run(key, seq, rows).changes);
	}
}

function prepare(db: DatabaseSync) {
	const isTarget = "conversation_key = ? AND target_seq = ?";
	const mark = "conversation_key, target_seq, type, name, user_id";
	const command = "conversation_key, sender_id, client_message_id";
	return {
		begin: db.prepare(
			"INSERT INTO pending_erasures (conversation_key, target_seq, seq) VALUES (?, ?, ?)",
		),
		anyPending: db.prepare("SELECT * FROM pending_erasures LIMIT 1"),
		pending: db.prepare(
			"SELECT * FROM pending_erasures WHERE conversation_key = ? LIMIT 1",
		),
		advance: db.prepare(
			`UPDATE pending_erasures SET seq = ? WHERE ${isTarget}`,
		),
		end: db.prepare(`DELETE FROM pending_erasures WHERE ${isTarget}`),
		forgetMarks: db.prepare(
			`DELETE FROM marks WHERE (${mark}) IN (SELECT ${mark} FROM marks WHERE ${isTarget} LIMIT ?)`,
		),
		amendments: db.prepare(
			`SELECT key, seq, type, body FROM entries WHERE ${isTarget} AND seq > ? ORDER BY seq LIMIT ?`,
		),
		empty: db.prepare("UPDATE entries SET body = ?, hash = x'' WHERE key = ?"),
		forgetHash: db.prepare("UPDATE entries SET hash = x'' WHERE key = ?"),
		forgetCommands: db.prepare(
			`UPDATE unchanged_commands SET hash = x'' WHERE (${command}) IN (
				SELECT ${command} FROM unchanged_commands INDEXED BY unchanged_commands_by_seq
				WHERE conversation_key = ? AND seq = ? AND hash <> x'' LIMIT ?)`,
		),
	} satisfies Record<string, StatementSync>;
}
