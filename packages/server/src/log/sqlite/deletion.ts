import type { DatabaseSync } from "node:sqlite";
import type { Outcomes, Writes } from "../contract.ts";
import type { Head, Heads } from "./heads.ts";
import type { Membership } from "./membership.ts";

/** Tables with rows of a conversation. Rows that refer to others come before them. */
const TABLES = [
	"marks",
	"mark_totals",
	"threads",
	"mentions",
	"unchanged_commands",
	"device_cursors",
	"participants",
	"direct_conversations",
	"entries",
	"conversation_details",
];

/** Deletes conversations. Of a deleted conversation the log keeps the id only. */
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

	/** Returns whether a conversation was deleted since the last call. */
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

	#delete(head: Head): void {
		this.#sql.bury.run(head.id, head.key);
		this.#sql.uncount.run(head.key);
		this.#sql.forgetCounts.run(head.key);
		for (const statement of this.#sql.erase) statement.run(head.key);
		this.#sql.forget.run(head.key);
		this.#heads.forget(head);
		this.#hasErased = true;
	}
}

function prepare(db: DatabaseSync) {
	const unanswered = `(adder_id, added_id) IN (SELECT added_by, user_id FROM participants
		WHERE conversation_key = ? AND added_by IS NOT NULL)`;
	return {
		isDeleted: db.prepare("SELECT 1 FROM deleted_conversations WHERE id = ?"),
		bury: db.prepare(
			`INSERT INTO deleted_conversations (id, last_entry_key)
			 VALUES (?, coalesce((SELECT max(key) FROM entries WHERE conversation_key = ?), 0))`,
		),
		uncount: db.prepare(
			`UPDATE unanswered_additions SET count = count - 1 WHERE ${unanswered}`,
		),
		forgetCounts: db.prepare(
			`DELETE FROM unanswered_additions WHERE count <= 0 AND ${unanswered}`,
		),
		erase: TABLES.map((table) =>
			db.prepare(`DELETE FROM ${table} WHERE conversation_key = ?`),
		),
		forget: db.prepare("DELETE FROM conversations WHERE key = ?"),
	};
}
