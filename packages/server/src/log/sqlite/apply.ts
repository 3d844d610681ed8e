import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type EntryType, Limits } from "@secureconnect/protocol";
import type { Outcome, Outcomes, Write, Writes } from "../contract.ts";

interface ConversationRow {
	readonly key: number;
	headSeq: number;
	lastChatSeq: number;
	updatedAt: number;
	changed: boolean;
}

/** Applies writes inside the transaction of its caller. Heads are read and written once per conversation and batch. */
export class Applier {
	readonly #conversations = new Map<string, ConversationRow | undefined>();
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** @throws what SQLite throws; the transaction must then be rolled back. */
	applyAll(batch: readonly Write[]): Outcome[] {
		// Nothing is remembered from batch to batch: a head from a batch that was rolled back would leave a gap.
		this.#conversations.clear();
		const outcomes = batch.map((write) => this.#apply(write));
		for (const row of this.#conversations.values())
			if (row?.changed)
				this.#sql.updateHead.run(
					row.headSeq,
					row.lastChatSeq,
					row.updatedAt,
					row.key,
				);
		return outcomes;
	}

	#apply(write: Write): Outcome {
		switch (write.kind) {
			case "message":
				return this.#message(write);
			case "read":
				return this.#read(write);
			case "create":
				return this.#create(write);
			case "join":
				return this.#join(write);
			case "add":
				return this.#add(write);
			case "remove":
				return this.#remove(write);
			case "rename":
				this.#sql.rename.run(write.userId, write.name);
				return { kind: "done" };
			case "device":
				return this.#device(write);
			case "deliver":
				return this.#deliver(write);
		}
	}

	#message(write: Writes["message"]): Outcomes["message"] {
		const conversation = this.#conversation(write.conversationId);
		if (!conversation || !this.#role(conversation, write.senderId))
			return (
				this.#earlierMessage(conversation, write) ?? {
					kind: "refused",
					reason: "not_participant",
				}
			);
		if (write.clientMessageId !== null) {
			const earlier = this.#sql.byClientMessageId.get(
				conversation.key,
				write.senderId,
				write.clientMessageId,
			);
			if (earlier)
				return earlier.body === write.body
					? {
							kind: "duplicate",
							seq: Number(earlier.seq),
							messageId: String(earlier.message_id),
							timestamp: Number(earlier.timestamp),
						}
					: { kind: "refused", reason: "conflict" };
		}
		try {
			return this.#append(
				conversation,
				"chat",
				write,
				write.senderId,
				write.clientMessageId,
			);
		} catch (error) {
			// A `messageId` that is there already has broken the statement, and nothing else of the transaction.
			const earlier = this.#earlierMessage(conversation, write);
			if (earlier) return earlier;
			throw error;
		}
	}

	/** The result of an earlier try of the same write; undefined if there was none. */
	#earlierMessage(
		conversation: ConversationRow | undefined,
		write: Writes["message"],
	): Outcomes["message"] | undefined {
		const earlier = this.#earlier(conversation, write, write.senderId);
		return earlier?.client_message_id === write.clientMessageId
			? {
					kind: "duplicate",
					seq: Number(earlier.seq),
					messageId: write.messageId,
					timestamp: Number(earlier.timestamp),
				}
			: undefined;
	}

	#earlier(
		conversation: ConversationRow | undefined,
		write: Writes["message"] | Writes["remove"],
		senderId: string,
	) {
		const earlier =
			conversation &&
			this.#sql.byMessageId.get(write.messageId, conversation.key);
		return earlier?.sender_id === senderId && earlier.body === write.body
			? earlier
			: undefined;
	}

	#read(write: Writes["read"]): Outcomes["read"] {
		const conversation = this.#conversation(write.conversationId);
		if (!conversation || !this.#role(conversation, write.userId))
			return { kind: "refused", reason: "not_participant" };
		const message = this.#sql.chatSeq.get(write.messageId, conversation.key);
		if (!message) return { kind: "refused", reason: "unknown_message" };
		const seq = Number(message.seq);
		const { changes } = this.#sql.advanceRead.run(
			seq,
			conversation.key,
			write.userId,
			seq,
		);
		return changes === 0 ? { kind: "unchanged" } : { kind: "advanced", seq };
	}

	#create(write: Writes["create"]): Outcomes["create"] {
		if (this.#conversation(write.conversationId))
			return { kind: "refused", reason: "exists" };
		const conversation = this.#insert(write, write.title, write.metadata);
		this.#sql.activate.run(
			conversation.key,
			write.userId,
			"owner",
			write.timestamp,
		);
		this.#addMembers(conversation, write.participantIds, write.timestamp);
		return { kind: "done" };
	}

	#join(write: Writes["join"]): Outcomes["join"] {
		const existing = this.#conversation(write.conversationId);
		const conversation = existing ?? this.#insert(write, null, "{}");
		if (
			this.#sql.state.get(conversation.key, write.userId)?.state === "removed"
		)
			return { kind: "refused", reason: "removed" };
		this.#sql.activate.run(
			conversation.key,
			write.userId,
			existing ? "member" : "owner",
			write.timestamp,
		);
		return { kind: "done" };
	}

	#add(write: Writes["add"]): Outcomes["add"] {
		const conversation = this.#conversation(write.conversationId);
		const role = conversation && this.#role(conversation, write.actor.userId);
		if (!conversation || (!role && !write.actor.admin))
			return { kind: "refused", reason: "not_participant" };
		if (role !== "owner" && !write.actor.admin)
			return { kind: "refused", reason: "not_owner" };
		this.#addMembers(conversation, write.userIds, write.timestamp);
		return { kind: "done" };
	}

	#remove(write: Writes["remove"]): Outcomes["remove"] {
		const conversation = this.#conversation(write.conversationId);
		const outcome = this.#removal(conversation, write);
		if (outcome.kind === "stored") return outcome;
		// An earlier try has ended the participation, and perhaps the actor's own.
		const earlier = this.#earlier(conversation, write, write.actor.userId);
		return earlier ? { kind: "stored", seq: Number(earlier.seq) } : outcome;
	}

	#removal(
		conversation: ConversationRow | undefined,
		write: Writes["remove"],
	): Outcomes["remove"] {
		const { actor, userId } = write;
		const role = conversation && this.#role(conversation, actor.userId);
		if (!conversation || (!role && !actor.admin))
			return { kind: "refused", reason: "not_participant" };
		const leaves = actor.userId === userId;
		if (!leaves && role !== "owner" && !actor.admin)
			return { kind: "refused", reason: "not_owner" };
		if (!this.#role(conversation, userId))
			return { kind: "refused", reason: "unknown_participant" };
		this.#sql.deactivate.run(
			leaves ? "left" : "removed",
			conversation.key,
			userId,
		);
		// A conversation is never left without somebody who can add and remove people.
		this.#sql.promote.run(conversation.key, conversation.key, conversation.key);
		return this.#append(
			conversation,
			"participant_removed",
			write,
			actor.userId,
			null,
		);
	}

	#device(write: Writes["device"]): Outcomes["device"] {
		const conversation = this.#conversation(write.conversationId);
		if (!conversation) return { kind: "cursor", seq: 0 };
		const { key } = conversation;
		const { userId, deviceId, timestamp } = write;
		this.#sql.forgetQuiet.run(key, userId, timestamp - Limits.deviceCursorMs);
		const known = this.#sql.deviceCursor.get(key, userId, deviceId);
		if (known) return { kind: "cursor", seq: Number(known.seq) };
		const seq = write.seq ?? conversation.headSeq;
		this.#sql.insertDevice.run(key, userId, deviceId, seq, timestamp);
		this.#sql.forgetOldest.run(key, userId, key, userId, Limits.maxDevices);
		return { kind: "cursor", seq };
	}

	#deliver(write: Writes["deliver"]): Outcomes["deliver"] {
		const conversation = this.#conversation(write.conversationId);
		if (conversation)
			this.#sql.advanceDevice.run(
				write.seq,
				write.seq,
				write.timestamp,
				conversation.key,
				write.userId,
				write.deviceId,
			);
		return { kind: "done" };
	}

	#addMembers(
		{ key }: ConversationRow,
		userIds: readonly string[],
		timestamp: number,
	): void {
		for (const userId of userIds)
			this.#sql.activate.run(key, userId, "member", timestamp);
	}

	#append(
		conversation: ConversationRow,
		type: EntryType,
		write: Writes["message"] | Writes["remove"],
		senderId: string,
		clientMessageId: string | null,
	): { kind: "stored"; seq: number } {
		const seq = conversation.headSeq + 1;
		this.#sql.insertEntry.run(
			conversation.key,
			seq,
			type,
			write.messageId,
			senderId,
			write.timestamp,
			clientMessageId,
			write.body,
		);
		conversation.headSeq = seq;
		if (type === "chat") conversation.lastChatSeq = seq;
		// A clock set back must not move a conversation down its participants' lists.
		conversation.updatedAt = Math.max(conversation.updatedAt, write.timestamp);
		conversation.changed = true;
		return { kind: "stored", seq };
	}

	#insert(
		write: { conversationId: string; userId: string; timestamp: number },
		title: string | null,
		metadata: string,
	): ConversationRow {
		const { lastInsertRowid } = this.#sql.insertConversation.run(
			write.conversationId,
			title,
			metadata,
			write.userId,
			write.timestamp,
			write.timestamp,
		);
		const row: ConversationRow = {
			key: Number(lastInsertRowid),
			headSeq: 0,
			lastChatSeq: 0,
			updatedAt: write.timestamp,
			changed: false,
		};
		this.#conversations.set(write.conversationId, row);
		return row;
	}

	#conversation(id: string): ConversationRow | undefined {
		if (this.#conversations.has(id)) return this.#conversations.get(id);
		const found = this.#sql.conversation.get(id);
		const row = found && {
			key: Number(found.key),
			headSeq: Number(found.head_seq),
			lastChatSeq: Number(found.last_chat_seq),
			updatedAt: Number(found.updated_at),
			changed: false,
		};
		this.#conversations.set(id, row);
		return row;
	}

	#role(conversation: ConversationRow, userId: string): string | undefined {
		const found = this.#sql.state.get(conversation.key, userId);
		return found?.state === "active" ? String(found.role) : undefined;
	}
}

function prepare(db: DatabaseSync) {
	return {
		conversation: db.prepare(
			"SELECT key, head_seq, last_chat_seq, updated_at FROM conversations WHERE id = ?",
		),
		insertConversation: db.prepare(
			`INSERT INTO conversations (id, title, metadata, created_by, created_at, updated_at, head_seq, last_chat_seq)
			 VALUES (?, ?, ?, ?, ?, ?, 0, 0)`,
		),
		updateHead: db.prepare(
			"UPDATE conversations SET head_seq = ?, last_chat_seq = ?, updated_at = ? WHERE key = ?",
		),
		state: db.prepare(
			"SELECT role, state FROM participants WHERE conversation_key = ? AND user_id = ?",
		),
		activate: db.prepare(
			`INSERT INTO participants (conversation_key, user_id, role, state, joined_at) VALUES (?, ?, ?, 'active', ?)
			 ON CONFLICT DO UPDATE SET state = 'active', role = excluded.role, joined_at = excluded.joined_at
			 WHERE state <> 'active'`,
		),
		deactivate: db.prepare(
			"UPDATE participants SET state = ? WHERE conversation_key = ? AND user_id = ?",
		),
		promote: db.prepare(
			`UPDATE participants SET role = 'owner' WHERE conversation_key = ?
			 AND NOT EXISTS (SELECT 1 FROM participants WHERE conversation_key = ? AND state = 'active' AND role = 'owner')
			 AND user_id = (SELECT user_id FROM participants WHERE conversation_key = ? AND state = 'active'
			                ORDER BY joined_at, user_id LIMIT 1)`,
		),
		byClientMessageId: db.prepare(
			`SELECT seq, message_id, timestamp, body FROM entries
			 WHERE conversation_key = ? AND sender_id = ? AND client_message_id = ?`,
		),
		byMessageId: db.prepare(
			`SELECT seq, sender_id, timestamp, client_message_id, body FROM entries
			 WHERE message_id = ? AND conversation_key = ?`,
		),
		chatSeq: db.prepare(
			"SELECT seq FROM entries WHERE message_id = ? AND conversation_key = ? AND type = 'chat'",
		),
		advanceRead: db.prepare(
			"UPDATE participants SET read_seq = ? WHERE conversation_key = ? AND user_id = ? AND read_seq < ?",
		),
		insertEntry: db.prepare(
			`INSERT INTO entries (conversation_key, seq, type, message_id, sender_id, timestamp, client_message_id, body)
			 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
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
