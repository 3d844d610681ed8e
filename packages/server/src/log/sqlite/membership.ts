import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Limits } from "@secureconnect/protocol/limits";
import type {
	Actor,
	AdditionLimits,
	AdditionRefusal,
	Outcomes,
	Role,
	Writes,
} from "../contract.ts";
import type { Head } from "./heads.ts";

/** Participation that has not ended. */
export interface Participation {
	/** Key of the conversation. */
	readonly key: number;
	readonly userId: string;
	readonly role: Role;
	/** User who added this participant; null after the participant has answered. */
	readonly addedBy: string | null;
}

/**
 * Participants of conversations, and the rules for adding users. The cost depends on the number of named users, not on
 * the number of participants.
 */
export class Membership {
	readonly #sql: ReturnType<typeof prepare>;
	/**
	 * Participations that this batch has read, without those that it has changed since. A user often sends several
	 * messages in a batch.
	 */
	readonly #found = new Map<Head, Map<string, Participation>>();
	/** Participations whose users wrote in this batch, and the newest message of each. */
	readonly #written = new Map<Participation, number>();

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	find(head: Head, userId: string): Participation | undefined {
		const known = this.#found.get(head)?.get(userId);
		if (known) return known;
		const { key } = head;
		const row = this.#sql.find.get(key, userId);
		if (row?.state !== "active") return undefined;
		const { added_by } = row;
		const participation: Participation = {
			key,
			userId,
			role: row.role as Role,
			addedBy: typeof added_by === "string" ? added_by : null,
		};
		const others = this.#found.get(head);
		if (others) others.set(userId, participation);
		else this.#found.set(head, new Map([[userId, participation]]));
		return participation;
	}

	/** Returns why an actor may not do what owners may; undefined if the actor may. */
	whyNotOwner(
		head: Head | undefined,
		{ userId, admin }: Actor,
	): "not_participant" | "not_owner" | undefined {
		const role = head && this.find(head, userId)?.role;
		if (!head || (!role && !admin)) return "not_participant";
		return role === "owner" || admin ? undefined : "not_owner";
	}

	/** Gives a participant a role. The caller keeps an owner in every conversation. */
	assign(head: Head, userId: string, from: Role, to: Role): void {
		this.#assign(head, userId, to);
		head.ownerCount += Number(to === "owner") - Number(from === "owner");
		head.changed = true;
	}

	/** Returns whether a user has blocked another one. */
	isBlocked(blockerId: string, blockedId: string): boolean {
		return this.#sql.blocks.get(blockerId, blockedId) !== undefined;
	}

	/** Returns the role that a user has or had. */
	lastRole({ key }: Head, userId: string): Role | undefined {
		return this.#sql.find.get(key, userId)?.role as Role | undefined;
	}

	/** Returns whether another user ended this user's participation. */
	wasRemoved({ key }: Head, userId: string): boolean {
		return this.#sql.find.get(key, userId)?.state === "removed";
	}

	/**
	 * Selects the users whom the actor adds: users who do not participate yet and have not blocked the actor. Changes
	 * nothing.
	 * @param head undefined for a conversation that is about to be created
	 */
	choose(
		head: Head | undefined,
		actor: Actor,
		userIds: readonly string[],
		limits: AdditionLimits,
	): { kind: "chosen"; userIds: string[] } | AdditionRefusal {
		const chosen: string[] = [];
		// Sorted like the tables and indexes, so that each of their pages is searched once.
		for (const userId of [...new Set(userIds)].sort()) {
			if (!head && userId === actor.userId) continue;
			const row = this.#sql.addition.get(
				head?.key ?? 0,
				userId,
				actor.userId,
				userId,
				userId,
				actor.userId,
			);
			if (row?.state === "active") continue;
			if (isCounted(actor, userId)) {
				if (row?.blocked_id !== null) continue;
				if (Number(row.count) >= limits.maxUnansweredAdditions)
					return { kind: "refused", reason: "too_many_unanswered_additions" };
			}
			chosen.push(userId);
		}
		// A new conversation already has its creator as a participant.
		const count = (head?.participantCount ?? 1) + chosen.length;
		return chosen.length > 0 && count > limits.maxParticipants
			? { kind: "refused", reason: "too_many_participants" }
			: { kind: "chosen", userIds: chosen };
	}

	/** Makes users participants. The caller passes only users who do not participate yet. */
	add(
		head: Head,
		actor: Actor,
		userIds: readonly string[],
		timestamp: number,
	): void {
		for (const userId of userIds)
			if (isCounted(actor, userId)) {
				this.#enter(head, userId, "member", timestamp, actor.userId);
				this.#sql.countAddition.run(actor.userId, userId);
			} else this.#enter(head, userId, "member", timestamp, null);
	}

	/** Makes users participants because of their own action. */
	enter(head: Head, userId: string, role: Role, timestamp: number): void {
		this.#enter(head, userId, role, timestamp, null);
	}

	/**
	 * Records that the participant knows the conversation, so that the user who added them may add them to further ones.
	 */
	answer(head: Head, { userId, addedBy }: Participation): void {
		if (addedBy === null) return;
		this.#sql.clearAddedBy.run(head.key, userId);
		this.#forget(head, userId);
		this.#uncount(addedBy, userId);
	}

	/** Forgets what an earlier batch has read and written. It may have been rolled back. */
	beginBatch(): void {
		this.#found.clear();
		this.#written.clear();
	}

	/** Advances the watermarks of the users who wrote, once for each participation of the batch. */
	endBatch(): void {
		for (const [{ key, userId }, seq] of this.#written)
			this.#sql.wrote.run(seq, key, userId, seq);
	}

	/** Advances a participant's watermark to their own message, at the end of the batch. */
	wrote(participation: Participation, seq: number): void {
		this.#written.set(participation, seq);
	}

	/**
	 * Advances a participant's watermark because they read a message, and clears their mark of the conversation.
	 * @returns whether other users must hear of it. They do not hear of watermarks that writing advanced, so reading an
	 * earlier message afterwards is news.
	 */
	read({ key }: Head, userId: string, seq: number): boolean {
		this.#sql.unmark.run(key, userId);
		return this.#sql.read.run(seq, seq, key, userId, seq).changes > 0;
	}

	end(
		head: Head,
		{ userId, role, addedBy }: Participation,
		state: "left" | "removed",
	): void {
		this.#sql.end.run(state, head.key, userId);
		this.#forget(head, userId);
		if (addedBy !== null) this.#uncount(addedBy, userId);
		head.participantCount--;
		if (role === "owner") head.ownerCount--;
		// A conversation must always have a participant who can add and remove users.
		if (head.ownerCount === 0 && head.participantCount > 0) {
			const first =
				this.#sql.firstWriter.get(head.key) ?? this.#sql.first.get(head.key);
			if (first) this.#assign(head, String(first.user_id), "owner");
			head.ownerCount = 1;
		}
		head.changed = true;
	}

	block(write: Writes["block"]): Outcomes["block"] {
		const { userId, blockedId, timestamp } = write;
		if (!this.#sql.blocks.get(userId, blockedId)) {
			if (Number(this.#sql.blockCount.get(userId)?.n) >= Limits.maxBlocks)
				return { kind: "refused", reason: "too_many_blocks" };
			this.#sql.block.run(userId, blockedId, timestamp);
		}
		return { kind: "done" };
	}

	unblock({ userId, blockedId }: Writes["unblock"]): Outcomes["unblock"] {
		this.#sql.unblock.run(userId, blockedId);
		return { kind: "done" };
	}

	#enter(
		head: Head,
		userId: string,
		role: Role,
		timestamp: number,
		addedBy: string | null,
	): void {
		const { changes } = this.#sql.enter.run(
			head.key,
			userId,
			role,
			timestamp,
			addedBy,
			head.lastChatSeq,
		);
		if (changes === 0) return;
		head.participantCount++;
		if (role === "owner") head.ownerCount++;
		head.changed = true;
	}

	#assign(head: Head, userId: string, role: Role): void {
		this.#sql.assign.run(role, head.key, userId);
		this.#forget(head, userId);
	}

	/** Forgets a participation whose row has changed. */
	#forget(head: Head, userId: string): void {
		this.#found.get(head)?.delete(userId);
	}

	#uncount(adderId: string, addedId: string): void {
		this.#sql.uncountAddition.run(adderId, addedId);
		this.#sql.forgetAdditions.run(adderId, addedId);
	}
}

/**
 * Returns whether blocks and the adder's quota apply to an addition. They do not if an admin adds the user or users add
 * themselves.
 */
function isCounted(actor: Actor, userId: string): boolean {
	return !actor.admin && actor.userId !== userId;
}

function prepare(db: DatabaseSync) {
	return {
		find: db.prepare(
			"SELECT role, state, added_by FROM participants WHERE conversation_key = ? AND user_id = ?",
		),
		addition: db.prepare(
			`SELECT p.state, coalesce(a.count, 0) AS count, b.blocked_id FROM (SELECT 1)
			 LEFT JOIN participants p ON p.conversation_key = ? AND p.user_id = ?
			 LEFT JOIN unanswered_additions a ON a.adder_id = ? AND a.added_id = ?
			 LEFT JOIN blocks b ON b.blocker_id = ? AND b.blocked_id = ?`,
		),
		enter: db.prepare(
			`INSERT INTO participants (conversation_key, user_id, role, state, joined_at, added_by, joined_seq)
			 VALUES (?, ?, ?, 'active', ?, ?, ?)
			 ON CONFLICT DO UPDATE SET state = 'active', role = excluded.role, joined_at = excluded.joined_at,
			 added_by = excluded.added_by, joined_seq = excluded.joined_seq WHERE state <> 'active'`,
		),
		wrote: db.prepare(
			"UPDATE participants SET read_seq = ? WHERE conversation_key = ? AND user_id = ? AND read_seq < ?",
		),
		read: db.prepare(
			`UPDATE participants SET relayed_seq = ?, read_seq = max(read_seq, ?)
			 WHERE conversation_key = ? AND user_id = ? AND relayed_seq < ?`,
		),
		end: db.prepare(
			"UPDATE participants SET state = ?, added_by = NULL WHERE conversation_key = ? AND user_id = ?",
		),
		firstWriter: db.prepare(
			`SELECT user_id FROM participants INDEXED BY participants_by_joined_at
			 WHERE conversation_key = ? AND state = 'active' AND role <> 'reader' ORDER BY joined_at, user_id LIMIT 1`,
		),
		first: db.prepare(
			`SELECT user_id FROM participants INDEXED BY participants_by_joined_at
			 WHERE conversation_key = ? AND state = 'active' ORDER BY joined_at, user_id LIMIT 1`,
		),
		clearAddedBy: db.prepare(
			"UPDATE participants SET added_by = NULL WHERE conversation_key = ? AND user_id = ?",
		),
		countAddition: db.prepare(
			`INSERT INTO unanswered_additions (adder_id, added_id, count) VALUES (?, ?, 1)
			 ON CONFLICT DO UPDATE SET count = count + 1`,
		),
		uncountAddition: db.prepare(
			"UPDATE unanswered_additions SET count = count - 1 WHERE adder_id = ? AND added_id = ?",
		),
		forgetAdditions: db.prepare(
			"DELETE FROM unanswered_additions WHERE adder_id = ? AND added_id = ? AND count <= 0",
		),
		assign: db.prepare(
			"UPDATE participants SET role = ? WHERE conversation_key = ? AND user_id = ?",
		),
		unmark: db.prepare(
			`UPDATE participants SET marked_unread = 0
			 WHERE conversation_key = ? AND user_id = ? AND marked_unread = 1`,
		),
		blocks: db.prepare(
			"SELECT 1 FROM blocks WHERE blocker_id = ? AND blocked_id = ?",
		),
		blockCount: db.prepare(
			"SELECT count(*) AS n FROM blocks WHERE blocker_id = ?",
		),
		block: db.prepare(
			"INSERT INTO blocks (blocker_id, blocked_id, created_at) VALUES (?, ?, ?)",
		),
		unblock: db.prepare(
			"DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?",
		),
	} satisfies Record<string, StatementSync>;
}
