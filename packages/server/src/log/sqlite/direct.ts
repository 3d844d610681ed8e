import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Outcomes, Writes } from "../contract.ts";
import type { Heads } from "./heads.ts";
import type { Membership } from "./membership.ts";

/** Direct conversations. The table of pairs makes each unique, whoever asks for it first. */
export class DirectConversations {
	readonly #heads: Heads;
	readonly #members: Membership;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync, heads: Heads, members: Membership) {
		this.#heads = heads;
		this.#members = members;
		this.#sql = prepare(db);
	}

	findOrCreate(write: Writes["direct"]): Outcomes["direct"] {
		const { userId, otherId, conversationId, timestamp, limits } = write;
		const [low = "", high = ""] = [userId, otherId].sort();
		const known = this.#sql.find.get(low, high);
		if (known)
			return {
				kind: "direct",
				conversationId: String(known.id),
				created: false,
			};
		const chosen = this.#members.choose(undefined, write, [otherId], limits);
		if (chosen.kind === "refused") return chosen;
		if (chosen.userIds.length === 0)
			return { kind: "refused", reason: "blocked" };
		const head = this.#heads.insert(write, null, "{}");
		this.#sql.insert.run(low, high, head.key);
		// Neither user may change what both share, or delete what the other one wrote.
		this.#members.enter(head, userId, "member", timestamp);
		this.#members.add(head, write, chosen.userIds, timestamp);
		return { kind: "direct", conversationId, created: true };
	}
}

function prepare(db: DatabaseSync) {
	return {
		find: db.prepare(
			`SELECT c.id FROM direct_conversations d JOIN conversations c ON c.key = d.conversation_key
			 WHERE d.low_user_id = ? AND d.high_user_id = ?`,
		),
		insert: db.prepare(
			"INSERT INTO direct_conversations (low_user_id, high_user_id, conversation_key) VALUES (?, ?, ?)",
		),
	} satisfies Record<string, StatementSync>;
}
