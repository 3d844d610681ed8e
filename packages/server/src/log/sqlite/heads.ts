import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Entry } from "@secureconnect/protocol";
import { ENTRY_TYPES } from "@secureconnect/protocol/entries";
import { POSITION, type Row } from "./rows.ts";

/** Row of a conversation that changes while a batch is applied. */
export interface Head {
	readonly key: number;
	readonly id: string;
	headSeq: number;
	/** `seq` and ordinal of the newest message. */
	lastChatSeq: number;
	chatCount: number;
	/** Time of the newest entry that moved the conversation up in lists. */
	updatedAt: number;
	/**
	 * Key of that entry. Before the first entry, key of the log's newest entry when the conversation was created.
	 */
	activity: number;
	/** Whether the newest entry amends a message. */
	endsAmending: boolean;
	isClosed: boolean;
	participantCount: number;
	ownerCount: number;
	changed: boolean;
}

/** Entry to append, with what the log stores beside it. */
export interface NewEntry
	extends Omit<Entry, "conversationId" | "seq" | "isErased"> {
	/** Message that the entry amends. */
	readonly targetSeq?: number;
	/** First message of the thread that the entry belongs to. */
	readonly threadSeq?: number | undefined;
	/** Hash of the body as it was written, if the stored body differs. */
	readonly hash?: Buffer;
}

/** Cache of the conversations in a batch. Each is read once and written once, however many writes concern it. */
export class Heads {
	readonly #found = new Map<string, Head | undefined>();
	/** Key that the next entry must exceed although no entry has it; 0 if there is no such key. */
	#floor = 0;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Clears the cache. A head left from a batch that was rolled back would cause a gap. */
	begin(): void {
		this.#found.clear();
		this.#raiseFloor();
	}

	/** Writes the conversations that changed. */
	end(): void {
		for (const head of this.#found.values())
			if (head?.changed)
				this.#sql.update.run(
					head.headSeq,
					head.lastChatSeq,
					head.chatCount,
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
			id,
			endsAmending: this.#endsAmending(row),
			key: Number(row.key),
			headSeq: Number(row.head_seq),
			lastChatSeq: Number(row.last_chat_seq),
			chatCount: Number(row.chat_count),
			isClosed: row.closed === 1,
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
			id: conversationId,
			key,
			headSeq: 0,
			lastChatSeq: 0,
			chatCount: 0,
			endsAmending: false,
			isClosed: false,
			updatedAt: timestamp,
			activity,
			participantCount: 0,
			ownerCount: 0,
			changed: false,
		};
		this.#found.set(conversationId, head);
		return head;
	}

	/** Returns whether the participants never change. */
	isDirect({ key }: Head): boolean {
		return this.#sql.direct.get(key) !== undefined;
	}

	#endsAmending({ key, head_seq, last_chat_seq }: Row): boolean {
		if (head_seq === last_chat_seq) return false;
		const newest = this.#sql.entry.get(key ?? null, head_seq ?? null);
		return newest !== undefined && newest.target_seq !== null;
	}

	/** Forgets a conversation that was deleted. */
	forget({ id }: Head): void {
		this.#found.set(id, undefined);
		this.#raiseFloor();
	}

	#raiseFloor(): void {
		this.#floor = Number(this.#sql.floor.get()?.key ?? 0);
	}

	/** Returns the key of the next entry; null if SQLite may choose the next one. */
	#nextKey(): number | null {
		if (this.#floor === 0) return null;
		return Number(this.#sql.position.get()?.key) + 1;
	}

	append(head: Head, entry: NewEntry): Entry {
		const seq = head.headSeq + 1;
		const { type, messageId, senderId, timestamp, clientMessageId, body } =
			entry;
		const { targetSeq, threadSeq, hash } = entry;
		const { isUnread, movesUp } = ENTRY_TYPES[type];
		const amends = targetSeq !== undefined;
		const { lastInsertRowid } = this.#sql.insertEntry.run(
			this.#nextKey(),
			head.key,
			seq,
			type,
			messageId,
			senderId,
			timestamp,
			clientMessageId,
			body,
			isUnread ? head.chatCount + 1 : null,
			targetSeq ?? null,
			threadSeq ?? null,
			movesUp ? null : head.activity,
			hash ?? null,
			amends === head.endsAmending ? null : 1,
		);
		// Not before: an entry that could not be inserted has taken no key.
		this.#floor = 0;
		head.endsAmending = amends;
		head.headSeq = seq;
		if (isUnread) {
			head.lastChatSeq = seq;
			head.chatCount++;
		}
		if (movesUp) {
			head.updatedAt = timestamp;
			head.activity = Number(lastInsertRowid);
		}
		head.changed = true;
		return {
			type,
			conversationId: head.id,
			seq,
			messageId,
			senderId,
			timestamp,
			clientMessageId,
			body,
		};
	}
}

function prepare(db: DatabaseSync) {
	return {
		find: db.prepare(
			`SELECT key, head_seq, last_chat_seq, chat_count, updated_at, activity, closed, participant_count, owner_count
			 FROM conversations WHERE id = ?`,
		),
		direct: db.prepare(
			"SELECT 1 FROM direct_conversations WHERE conversation_key = ?",
		),
		entry: db.prepare(
			"SELECT target_seq FROM entries WHERE conversation_key = ? AND seq = ?",
		),
		position: db.prepare(POSITION),
		floor: db.prepare(
			"SELECT max(last_entry_key) AS key FROM deleted_conversations",
		),
		insert: db.prepare(
			`INSERT INTO conversations (id, head_seq, last_chat_seq, updated_at, activity, participant_count, owner_count)
			 VALUES (?, 0, 0, ?, ?, 0, 0)`,
		),
		insertDetails: db.prepare(
			`INSERT INTO conversation_details (conversation_key, created_after, created_at, created_by, title, metadata)
			 VALUES (?, ?, ?, ?, ?, ?)`,
		),
		update: db.prepare(
			`UPDATE conversations SET head_seq = ?, last_chat_seq = ?, chat_count = ?, updated_at = ?, activity = ?,
			 participant_count = ?, owner_count = ? WHERE key = ?`,
		),
		insertEntry: db.prepare(
			`INSERT INTO entries (key, conversation_key, seq, type, message_id, sender_id, timestamp, client_message_id, body, ordinal,
			 target_seq, thread_seq, activity, hash, run_start) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		),
	} satisfies Record<string, StatementSync>;
}
