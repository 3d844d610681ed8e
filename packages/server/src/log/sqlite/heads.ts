import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EntryType } from "@secureconnect/protocol";
import type { Writes } from "../contract.ts";

/** Row of a conversation that changes while a batch is applied. */
export interface Head {
	readonly key: number;
	headSeq: number;
	lastChatSeq: number;
	/** Time of the newest entry. */
	updatedAt: number;
	/**
	 * Key of the newest entry. Before the first entry, key of the log's newest entry when the conversation was created.
	 */
	activity: number;
	participantCount: number;
	ownerCount: number;
	changed: boolean;
}

/** Cache of the conversations in a batch. Each is read once and written once, however many writes concern it. */
export class Heads {
	readonly #found = new Map<string, Head | undefined>();
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Clears the cache. A head left from a batch that was rolled back would cause a gap. */
	begin(): void {
		this.#found.clear();
	}

	/** Writes the conversations that changed. */
	end(): void {
		for (const head of this.#found.values())
			if (head?.changed)
				this.#sql.update.run(
					head.headSeq,
					head.lastChatSeq,
					head.updatedAt,
					head.activity,
					head.participantCount,
					head.ownerCount,
					head.key,
				);
	}

	find(id: string): Head | undefined {
		if (this.#found.has(id)) return this.#found.get(id);
		const row = this.#sql.find.get(id);
		const head = row && {
			key: Number(row.key),
			headSeq: Number(row.head_seq),
			lastChatSeq: Number(row.last_chat_seq),
			updatedAt: Number(row.updated_at),
			activity: Number(row.activity),
			participantCount: Number(row.participant_count),
			ownerCount: Number(row.owner_count),
			changed: false,
		};
		this.#found.set(id, head);
		return head;
	}

	insert(
		write: { conversationId: string; userId: string; timestamp: number },
		title: string | null,
		metadata: string,
	): Head {
		const { conversationId, userId, timestamp } = write;
		const activity = Number(this.#sql.position.get()?.key ?? 0);
		const { lastInsertRowid } = this.#sql.insert.run(
			conversationId,
			timestamp,
			activity,
		);
		const key = Number(lastInsertRowid);
		this.#sql.insertDetails.run(
			key,
			activity,
			timestamp,
			userId,
			title,
			metadata,
		);
		const head: Head = {
			key,
			headSeq: 0,
			lastChatSeq: 0,
			updatedAt: timestamp,
			activity,
			participantCount: 0,
			ownerCount: 0,
			changed: false,
		};
		this.#found.set(conversationId, head);
		return head;
	}

	append(
		head: Head,
		type: EntryType,
		write: Writes["message"] | Writes["remove"],
		senderId: string,
		clientMessageId: string | null,
	): { kind: "stored"; seq: number } {
		const seq = head.headSeq + 1;
		const { lastInsertRowid } = this.#sql.insertEntry.run(
			head.key,
			seq,
			type,
			write.messageId,
			senderId,
			write.timestamp,
			clientMessageId,
			write.body,
		);
		head.headSeq = seq;
		if (type === "chat") head.lastChatSeq = seq;
		head.updatedAt = write.timestamp;
		head.activity = Number(lastInsertRowid);
		head.changed = true;
		return { kind: "stored", seq };
	}
}

function prepare(db: DatabaseSync) {
	return {
		find: db.prepare("SELECT * FROM conversations WHERE id = ?"),
		position: db.prepare("SELECT max(key) AS key FROM entries"),
		insert: db.prepare(
			`INSERT INTO conversations (id, head_seq, last_chat_seq, updated_at, activity, participant_count, owner_count)
			 VALUES (?, 0, 0, ?, ?, 0, 0)`,
		),
		insertDetails: db.prepare(
			`INSERT INTO conversation_details (conversation_key, created_after, created_at, created_by, title, metadata)
			 VALUES (?, ?, ?, ?, ?, ?)`,
		),
		update: db.prepare(
			`UPDATE conversations SET head_seq = ?, last_chat_seq = ?, updated_at = ?, activity = ?, participant_count = ?,
			 owner_count = ? WHERE key = ?`,
		),
		insertEntry: db.prepare(
			`INSERT INTO entries (conversation_key, seq, type, message_id, sender_id, timestamp, client_message_id, body)
			 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		),
	} satisfies Record<string, StatementSync>;
}
