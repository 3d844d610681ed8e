import type { DatabaseSync } from "node:sqlite";
import type { Outcomes, Writes } from "../contract.ts";
import type { Head, Heads } from "./heads.ts";
import type { Membership } from "./membership.ts";

/**
 * Tables whose rows are deleted in parts, with the columns that identify a row. The entries come last, because other
 * rows name them.
 */
const TABLES: readonly (readonly [table: string, columns: string])[] = [
	["device_cursors", "conversation_key, user_id, device_id"],
	["pending_erasures", "conversation_key, target_seq"],
	["marks", "conversation_key, target_seq, type, name, user_id"],
	["mark_totals", "conversation_key, target_seq, type, name"],
	["threads", "conversation_key, root_seq"],
	["mentions", "user_id, conversation_key, seq"],
	["unchanged_commands", "conversation_key, sender_id, client_message_id"],
	["entries", "key"],
];
/** Rows that one part deletes. It takes about 10 ms. */
const PART_ROWS = 1000;

/**
 * Deletes conversations: first it takes a conversation from everyone, then it deletes the rows in parts. Of a deleted
 * conversation the log keeps the id and the highest key of its entries.
 */
export class Deletion {
	readonly #heads: Heads;
	readonly #members: Membership;
	readonly #sql: ReturnType<typeof prepare>;
	#hasErased = false;

	constructor(db: DatabaseSync, heads: Heads, members: Membership) {
		this.#heads = heads;
		this.#members = members;
		this.#sql = prepare(db);
	}

	/** Returns whether a conversation was deleted since the last call, and its rows are gone. */
	takeErased(): boolean {
		const erased = this.#hasErased;
		this.#hasErased = false;
		return erased;
	}

	isDeleted(conversationId: string): boolean {
		return this.#sql.isDeleted.get(conversationId) !== undefined;
	}

	erase({ conversationId, actor }: Writes["erase"]): Outcomes["erase"] {
		const head = this.#heads.find(conversationId);
		const reason = this.#members.whyNotOwner(head, actor);
		if (!head || reason)
			return { kind: "refused", reason: reason ?? "not_participant" };
		this.#delete(head);
		return { kind: "done" };
	}

	/** Returns whether a deletion has left rows, of one conversation or of any. */
	isPending(conversationId?: string): boolean {
		return this.#pendingKey(conversationId) !== undefined;
	}

	/** Deletes a part of the rows that a deletion has left, of one conversation or of any. */
	purge(conversationId?: string): void {
		const key = this.#pendingKey(conversationId);
		if (key === undefined) return;
		let left = PART_ROWS - this.#forgetParticipants(key);
		for (const statement of this.#sql.erase) {
			if (left <= 0) return;
			left -= Number(statement.run(key, left).changes);
		}
		if (left <= 0) return;
		this.#sql.forgetDetails.run(key);
		this.#sql.forget.run(key);
		this.#sql.purged.run(key);
		this.#hasErased = true;
	}

	#pendingKey(conversationId: string | undefined): number | undefined {
		const row =
			conversationId === undefined
				? this.#sql.anyPending.get()
				: this.#sql.pending.get(conversationId);
		return row && Number(row.pending_key);
	}

	/** Takes the conversation from everyone, whatever its size. The content and the participants are still there. */
	#delete(head: Head): void {
		this.#sql.bury.run(head.id, head.key, head.key);
		this.#sql.separate.run(head.key);
		this.#sql.rename.run(head.key);
		this.#heads.forget(head);
	}

	/** Deletes participants, and the additions that they have not answered. Returns their number. */
	#forgetParticipants(key: number): number {
		const last = this.#sql.lastOfPart.get(key, PART_ROWS)?.user_id ?? null;
		if (last === null) return 0;
		this.#sql.uncount.run(key, last);
		this.#sql.forgetCounts.run(key, last);
		return Number(this.#sql.forgetParticipants.run(key, last).changes);
	}
}

function prepare(db: DatabaseSync) {
	const unanswered = `(adder_id, added_id) IN (SELECT added_by, user_id FROM participants
		WHERE conversation_key = ? AND user_id <= ? AND added_by IS NOT NULL)`;
	return {
		isDeleted: db.prepare("SELECT 1 FROM deleted_conversations WHERE id = ?"),
		bury: db.prepare(
			`INSERT INTO deleted_conversations (id, last_entry_key, pending_key)
			 VALUES (?, coalesce((SELECT key FROM entries WHERE conversation_key = ? ORDER BY seq DESC LIMIT 1), 0), ?)`,
		),
		separate: db.prepare(
			"DELETE FROM direct_conversations WHERE conversation_key = ?",
		),
		// No query finds a conversation by such an id, and lists leave out conversations without participants.
		rename: db.prepare(
			`UPDATE conversations SET id = 'deleted ' || id, participant_count = 0, owner_count = 0 WHERE key = ?`,
		),
		anyPending: db.prepare(
			"SELECT pending_key FROM deleted_conversations WHERE pending_key IS NOT NULL LIMIT 1",
		),
		pending: db.prepare(
			"SELECT pending_key FROM deleted_conversations WHERE id = ? AND pending_key IS NOT NULL",
		),
		lastOfPart: db.prepare(
			`SELECT max(user_id) AS user_id FROM (
				SELECT user_id FROM participants WHERE conversation_key = ? ORDER BY user_id LIMIT ?)`,
		),
		uncount: db.prepare(
			`UPDATE unanswered_additions SET count = count - 1 WHERE ${unanswered}`,
		),
		forgetCounts: db.prepare(
			`DELETE FROM unanswered_additions WHERE count <= 0 AND ${unanswered}`,
		),
		forgetParticipants: db.prepare(
			"DELETE FROM participants WHERE conversation_key = ? AND user_id <= ?",
		),
		erase: TABLES.map(([table, columns]) =>
			db.prepare(
				`DELETE FROM ${table} WHERE (${columns}) IN (
					SELECT ${columns} FROM ${table} WHERE conversation_key = ? LIMIT ?)`,
			),
		),
		purged: db.prepare(
			"UPDATE deleted_conversations SET pending_key = NULL WHERE pending_key = ?",
		),
		forgetDetails: db.prepare(
			"DELETE FROM conversation_details WHERE conversation_key = ?",
		),
		forget: db.prepare("DELETE FROM conversations WHERE key = ?"),
	};
}
