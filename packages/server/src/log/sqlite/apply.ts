import type { DatabaseSync, StatementSync } from "node:sqlite";
import { encodeAdditionBody } from "@secureconnect/protocol/entries";
import { Limits } from "@secureconnect/protocol/limits";
import type { Outcome, Outcomes, Write, Writes } from "../contract.ts";
import { Amendments } from "./amendments.ts";
import { AnsweredCommands } from "./answered.ts";
import { Conversations } from "./conversations.ts";
import { Deletion } from "./deletion.ts";
import { DirectConversations } from "./direct.ts";
import { Erasure } from "./erasure.ts";
import { type Head, Heads } from "./heads.ts";
import { Membership } from "./membership.ts";
import { Messages } from "./messages.ts";

/** Applies writes inside the caller's transaction. */
export class Applier {
	readonly #heads: Heads;
	readonly #members: Membership;
	readonly #messages: Messages;
	readonly #amendments: Amendments;
	readonly #conversations: Conversations;
	readonly #direct: DirectConversations;
	readonly #deletion: Deletion;
	readonly #erasure: Erasure;
	readonly #answered: AnsweredCommands;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#heads = new Heads(db);
		this.#members = new Membership(db);
		this.#messages = new Messages(db, this.#heads, this.#members);
		this.#erasure = new Erasure(db);
		this.#amendments = new Amendments(
			db,
			this.#heads,
			this.#members,
			this.#erasure,
		);
		this.#conversations = new Conversations(db, this.#heads, this.#members);
		this.#direct = new DirectConversations(db, this.#heads, this.#members);
		this.#deletion = new Deletion(db, this.#heads, this.#members);
		this.#answered = new AnsweredCommands(db);
		this.#sql = prepare(db);
	}

	/** Returns whether a write has erased content since the last call. */
	takeErased(): boolean {
		const ofMessages = this.#erasure.takeErased();
		return this.#deletion.takeErased() || ofMessages;
	}

	/**
	 * Applies a batch in order.
	 * @throws errors of SQLite; the caller must then roll the transaction back
	 */
	applyAll(batch: readonly Write[]): Outcome[] {
		this.#heads.begin();
		this.#members.beginBatch();
		const outcomes = batch.map((write) => this.#apply(write));
		this.#members.endBatch();
		this.#heads.end();
		return outcomes;
	}

	#apply(write: Write): Outcome {
		switch (write.kind) {
			case "message":
				return this.#messages.append(write);
			case "amend":
				return this.#amendments.append(write);
			case "read":
				return this.#read(write);
			case "create":
				return this.#create(write);
			case "join":
				return this.#join(write);
			case "add":
				return this.#add(write);
			case "answer":
				return this.#answer(write);
			case "remove":
				return this.#remove(write);
			case "change":
				return this.#conversations.change(write);
			case "assign":
				return this.#conversations.assign(write);
			case "configure":
				return this.#conversations.configure(write);
			case "direct":
				return this.#direct.findOrCreate(write);
			case "erase":
				return this.#deletion.erase(write);
			case "purge":
				return { kind: "purged", more: this.#purge(write) };
			case "block":
				return this.#members.block(write);
			case "unblock":
				return this.#members.unblock(write);
			case "rename":
				this.#sql.rename.run(write.userId, write.name);
				return { kind: "done" };
			case "device":
				return this.#device(write);
			case "deliver":
				return this.#deliver(write);
		}
	}

	/** Returns whether content is left. */
	#purge({ conversationId }: Writes["purge"]): boolean {
		if (conversationId === undefined) {
			if (this.#erasure.isPending()) this.#erasure.step();
			else this.#deletion.purge();
			return this.#erasure.isPending() || this.#deletion.isPending();
		}
		const head = this.#heads.find(conversationId);
		if (head) {
			this.#erasure.step(head.key);
			return this.#erasure.isPending(head.key);
		}
		this.#deletion.purge(conversationId);
		return this.#deletion.isPending(conversationId);
	}

	#read(write: Writes["read"]): Outcomes["read"] {
		const head = this.#heads.find(write.conversationId);
		const reader = head && this.#members.find(head, write.userId);
		if (!reader) return { kind: "refused", reason: "not_participant" };
		const message = this.#sql.chatSeq.get(write.messageId, head.key);
		if (!message) return { kind: "refused", reason: "unknown_message" };
		this.#members.answer(head, reader);
		const seq = Number(message.seq);
		return this.#members.read(head, write.userId, seq)
			? { kind: "advanced", seq }
			: { kind: "unchanged" };
	}

	#create(write: Writes["create"]): Outcomes["create"] {
		const { conversationId } = write;
		if (
			this.#heads.find(conversationId) ||
			this.#deletion.isDeleted(conversationId)
		)
			return { kind: "refused", reason: "exists" };
		const { participantIds, timestamp, limits } = write;
		const chosen = this.#members.choose(
			undefined,
			write,
			participantIds,
			limits,
		);
		if (chosen.kind === "refused") return chosen;
		const head = this.#heads.insert(write, write.title, write.metadata);
		this.#members.enter(head, write.userId, "owner", timestamp);
		this.#members.add(head, write, chosen.userIds, timestamp);
		return { kind: "done" };
	}

	#join(write: Writes["join"]): Outcomes["join"] {
		const { userId, timestamp } = write;
		const existing = this.#heads.find(write.conversationId);
		if (existing && this.#members.find(existing, userId))
			return { kind: "done" };
		if (existing && this.#heads.isDirect(existing))
			return { kind: "refused", reason: "direct_conversation" };
		if (!existing && this.#deletion.isDeleted(write.conversationId))
			return { kind: "refused", reason: "deleted" };
		if (existing && this.#members.wasRemoved(existing, userId))
			return { kind: "refused", reason: "removed" };
		if (existing && existing.participantCount >= write.maxParticipants)
			return { kind: "refused", reason: "too_many_participants" };
		const head = existing ?? this.#heads.insert(write, null, "{}");
		// A user who left and joins again keeps a role that restricts them.
		const before = existing && this.#members.lastRole(existing, userId);
		// Without this, a conversation that all owners have left would have no owner for ever.
		const other = head.ownerCount === 0 ? "owner" : "member";
		const role = before === "reader" ? before : other;
		this.#members.enter(head, userId, role, timestamp);
		return { kind: "done" };
	}

	#add(write: Writes["add"]): Outcomes["add"] {
		const head = this.#heads.find(write.conversationId);
		const { actor, messageId, timestamp } = write;
		const reason = this.#members.whyNotOwner(head, actor);
		if (!head || reason)
			return { kind: "refused", reason: reason ?? "not_participant" };
		if (this.#heads.isDirect(head))
			return { kind: "refused", reason: "direct_conversation" };
		const chosen = this.#members.choose(
			head,
			actor,
			write.userIds,
			write.limits,
		);
		if (chosen.kind === "refused") return chosen;
		if (chosen.userIds.length === 0) return { kind: "done" };
		this.#members.add(head, actor, chosen.userIds, timestamp);
		const entry = this.#heads.append(head, {
			type: "participant_added",
			senderId: actor.userId,
			messageId,
			timestamp,
			clientMessageId: null,
			body: encodeAdditionBody(chosen.userIds),
		});
		return { kind: "stored", entry };
	}

	#answer(write: Writes["answer"]): Outcomes["answer"] {
		const head = this.#heads.find(write.conversationId);
		const participation = head && this.#members.find(head, write.userId);
		if (participation) this.#members.answer(head, participation);
		return { kind: "done" };
	}

	#remove(write: Writes["remove"]): Outcomes["remove"] {
		const head = this.#heads.find(write.conversationId);
		const outcome = this.#removal(head, write);
		if (outcome.kind === "stored") return outcome;
		// An earlier attempt may have ended the participation, which may be the actor's own.
		const earlier = this.#answered.byMessageId(head, {
			...write,
			type: "participant_removed",
			senderId: write.actor.userId,
			clientMessageId: null,
		});
		return earlier?.kind === "duplicate"
			? { kind: "stored", entry: earlier.entry }
			: outcome;
	}

	#removal(
		head: Head | undefined,
		write: Writes["remove"],
	): Outcomes["remove"] {
		const { actor, userId } = write;
		const role = head && this.#members.find(head, actor.userId)?.role;
		if (!head || (!role && !actor.admin))
			return { kind: "refused", reason: "not_participant" };
		if (this.#heads.isDirect(head))
			return { kind: "refused", reason: "direct_conversation" };
		const leaves = actor.userId === userId;
		if (!leaves && role !== "owner" && !actor.admin)
			return { kind: "refused", reason: "not_owner" };
		const participation = this.#members.find(head, userId);
		if (!participation)
			return { kind: "refused", reason: "unknown_participant" };
		this.#members.end(head, participation, leaves ? "left" : "removed");
		const { messageId, timestamp, body } = write;
		const entry = this.#heads.append(head, {
			type: "participant_removed",
			senderId: actor.userId,
			messageId,
			timestamp,
			clientMessageId: null,
			body,
		});
		return { kind: "stored", entry };
	}

	#device(write: Writes["device"]): Outcomes["device"] {
		const head = this.#heads.find(write.conversationId);
		if (!head) return { kind: "cursor", seq: 0 };
		const { key, headSeq } = head;
		const { userId, deviceId, timestamp } = write;
		this.#sql.forgetQuiet.run(key, userId, timestamp - Limits.deviceCursorMs);
		const known = this.#sql.deviceCursor.get(key, userId, deviceId);
		if (known) return { kind: "cursor", seq: Number(known.seq) };
		const seq = write.seq ?? headSeq;
		this.#sql.insertDevice.run(key, userId, deviceId, seq, timestamp);
		this.#sql.forgetOldest.run(key, userId, key, userId, Limits.maxDevices);
		return { kind: "cursor", seq };
	}

	#deliver(write: Writes["deliver"]): Outcomes["deliver"] {
		const head = this.#heads.find(write.conversationId);
		if (head)
			this.#sql.advanceDevice.run(
				write.seq,
				write.seq,
				write.timestamp,
				head.key,
				write.userId,
				write.deviceId,
			);
		return { kind: "done" };
	}
}

function prepare(db: DatabaseSync) {
	return {
		chatSeq: db.prepare(
			"SELECT seq FROM entries WHERE message_id = ? AND conversation_key = ? AND ordinal IS NOT NULL",
		),
		forgetQuiet: db.prepare(
			"DELETE FROM device_cursors WHERE conversation_key = ? AND user_id = ? AND updated_at < ?",
		),
		deviceCursor: db.prepare(
			"SELECT seq FROM device_cursors WHERE conversation_key = ? AND user_id = ? AND device_id = ?",
		),
		insertDevice: db.prepare(
			"INSERT INTO device_cursors (conversation_key, user_id, device_id, seq, updated_at) VALUES (?, ?, ?, ?, ?)",
		),
		forgetOldest: db.prepare(
			`DELETE FROM device_cursors WHERE conversation_key = ? AND user_id = ? AND device_id NOT IN (
				SELECT device_id FROM device_cursors WHERE conversation_key = ? AND user_id = ?
				ORDER BY updated_at DESC, device_id LIMIT ?)`,
		),
		advanceDevice: db.prepare(
			`UPDATE device_cursors SET seq = max(seq, ?), proved_seq = max(proved_seq, ?), updated_at = max(updated_at, ?)
			 WHERE conversation_key = ? AND user_id = ? AND device_id = ?`,
		),
		rename: db.prepare(
			"INSERT INTO users (id, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
		),
	} satisfies Record<string, StatementSync>;
}
