import type { DatabaseSync } from "node:sqlite";
import { type Entry, Limits } from "@secureconnect/protocol";
import type {
	Admission,
	Block,
	Conversation,
	ConversationRows,
	ConversationSummary,
	Delivery,
	Device,
	DeviceCursor,
	InTurn,
	ListPage,
	ListPlace,
	Page,
	PageCursor,
	Participant,
	RecentConversations,
	Role,
	TimelinePage,
	TimelinePart,
	UnreadConversations,
	Watermark,
} from "../contract.ts";
import { InboxReads } from "./inbox.ts";
import { ConversationList } from "./list.ts";
import { ENTRY_COLUMNS, text, toEntry } from "./rows.ts";
import { Timeline } from "./timeline.ts";
import {
	CONVERSATION_COLUMNS,
	CONVERSATION_TABLES,
	toConversation,
} from "./views.ts";

const MAX_PARTICIPANTS = 1000;

/**
 * Runs every read of the log on its own connection. Readers of a WAL do not wait for the writer and do not delay it.
 */
export class Reader {
	readonly #db: DatabaseSync;
	readonly #sql: ReturnType<typeof prepare>;
	readonly #list: ConversationList;
	readonly #inbox: InboxReads;
	readonly #timeline: Timeline;

	constructor(db: DatabaseSync) {
		this.#db = db;
		this.#list = new ConversationList(db);
		this.#inbox = new InboxReads(db);
		this.#timeline = new Timeline(db);
		this.#sql = prepare(db);
	}

	epoch(): string {
		return String(this.#sql.epoch.get()?.epoch);
	}

	head(conversationId: string): number | undefined {
		const row = this.#sql.head.get(conversationId);
		return row && Number(row.head_seq);
	}

	admission(conversationId: string, userId: string): Admission {
		const row = this.#sql.admission.get(userId, conversationId);
		return {
			exists: row !== undefined,
			headSeq: Number(row?.head_seq ?? 0),
			membership:
				row?.state === "active"
					? {
							role: row.role as Role,
							unanswered: row.added_by !== null,
						}
					: null,
			barred:
				row === undefined
					? this.#sql.isDeleted.get(conversationId) !== undefined
					: row.state === "removed" || row.direct === 1,
		};
	}

	summary(
		conversationId: string,
		userId: string,
	): ConversationSummary | undefined {
		return this.#snapshot(() => {
			const row = this.#sql.participant.get(userId, conversationId);
			return row && this.#list.summary(userId, Number(row.key));
		});
	}

	nameOf(userId: string): string | null {
		return text(this.#sql.name.get(userId)?.name);
	}

	seqOf(conversationId: string, messageId: string): number | undefined {
		const row = this.#sql.seqOf.get(messageId, conversationId);
		return row && Number(row.seq);
	}

	page(
		conversationId: string,
		userId: string,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	): Page | undefined {
		return this.#snapshot(() => {
			const conversation = this.#sql.participant.get(userId, conversationId);
			if (!conversation) return undefined;
			const key = Number(conversation.key);
			const entries: Entry[] = [];
			let bytes = 0;
			let more = false;
			for (const row of this.#sql[cursor.direction].iterate(
				key,
				cursor.seq,
				limit + 1,
			)) {
				if (entries.length === limit || (bytes >= maxBytes && bytes > 0)) {
					more = true;
					break;
				}
				const entry = toEntry(conversationId, row);
				entries.push(entry);
				bytes += entry.body.length;
			}
			if (cursor.direction === "before") entries.reverse();
			return { entries, more };
		});
	}

	timeline(
		conversationId: string,
		userId: string,
		part: TimelinePart,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	): TimelinePage | undefined {
		return this.#snapshot(() =>
			this.#timeline.page(
				conversationId,
				userId,
				part,
				cursor,
				limit,
				maxBytes,
			),
		);
	}

	range(conversationId: string, fromSeq: number, toSeq: number): Entry[] {
		return this.#sql.range
			.all(conversationId, fromSeq, toSeq)
			.map((row) => toEntry(conversationId, row));
	}

	conversation(id: string):
		| (Conversation & {
				participants: Participant[];
				participantCount: number;
		  })
		| undefined {
		return this.#snapshot(() => {
			const row = this.#sql.conversation.get(id);
			if (!row) return undefined;
			const key = Number(row.key);
			return {
				...toConversation(row),
				participantCount: Number(row.participant_count),
				participants: this.#sql.participants.all(key).map((participant) => ({
					userId: String(participant.user_id),
					name: text(participant.name),
					role: participant.role as Role,
					joinedAt: Number(participant.joined_at),
				})),
			};
		});
	}

	async conversationsOf(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
		inTurn: InTurn,
	): Promise<ListPage | undefined> {
		return this.#inTurns(
			this.#list.page(userId, limit, maxBytes, after),
			inTurn,
		);
	}

	async recentOf(
		userId: string,
		limit: number,
		inTurn: InTurn,
	): Promise<RecentConversations> {
		for (;;) {
			const page = await this.#inTurns(
				this.#list.page(userId, limit, 0, undefined, "shortened"),
				inTurn,
			);
			// Too much changed between two parts of a long list.
			if (!page) continue;
			return {
				conversations: page.conversations,
				more: page.next !== null,
			};
		}
	}

	unreadOf(
		userId: string,
		now: number,
		inTurn: InTurn,
	): Promise<UnreadConversations> {
		return this.#inTurns(this.#inbox.unreadOf(userId, now), inTurn);
	}

	rowsOf(
		conversationId: string,
		userIds: readonly string[],
	): ConversationRows | undefined {
		return this.#snapshot(() => this.#inbox.rowsOf(conversationId, userIds));
	}

	participantIds(conversationId: string, atMost: number): string[] | undefined {
		return this.#snapshot(() =>
			this.#inbox.participantIds(conversationId, atMost),
		);
	}

	erasedParticipantIds(
		conversationId: string,
		after: string | undefined,
		limit: number,
	): string[] {
		return this.#inbox.erasedParticipantIds(conversationId, after, limit);
	}

	/** Runs the parts of a read, each in a transaction of its own. */
	async #inTurns<T>(
		parts: Generator<undefined, T>,
		inTurn: InTurn,
	): Promise<T> {
		for (;;) {
			const { done, value } = await inTurn(() =>
				this.#snapshot(() => parts.next()),
			);
			if (done) return value;
		}
	}

	blocksOf(userId: string): Block[] {
		return this.#sql.blocks.all(userId).map((row) => ({
			userId: String(row.blocked_id),
			createdAt: Number(row.created_at),
		}));
	}

	watermarks(conversationId: string, limit: number): Watermark[] {
		return this.#sql.watermarks.all(conversationId, limit).map((row) => ({
			userId: String(row.user_id),
			name: text(row.name),
			messageId: String(row.message_id),
			seq: Number(row.seq),
		}));
	}

	deviceCursor(
		{ conversationId, userId, deviceId }: Device,
		now: number,
	): DeviceCursor | undefined {
		const row = this.#sql.deviceCursor.get(
			userId,
			deviceId,
			now - Limits.deviceCursorMs,
			conversationId,
		);
		return row && { seq: Number(row.seq), updatedAt: Number(row.updated_at) };
	}

	deliveries(conversationId: string, now: number, limit: number): Delivery[] {
		return this.#sql.deliveries
			.all(now - Limits.deviceCursorMs, conversationId, limit)
			.map((row) => ({
				userId: String(row.user_id),
				name: text(row.name),
				deviceId: String(row.device_id),
				seq: Number(row.proved_seq),
				messageId: text(row.message_id),
				updatedAt: Number(row.updated_at),
			}));
	}

	/** Runs several statements on one state of the database. */
	#snapshot<T>(read: () => T): T {
		this.#db.exec("BEGIN");
		try {
			return read();
		} finally {
			this.#db.exec("COMMIT");
		}
	}
}

function prepare(db: DatabaseSync) {
	return {
		epoch: db.prepare("SELECT epoch FROM store"),
		head: db.prepare("SELECT head_seq FROM conversations WHERE id = ?"),
		conversation: db.prepare(
			`SELECT ${CONVERSATION_COLUMNS} FROM ${CONVERSATION_TABLES} WHERE c.id = ?`,
		),
		admission: db.prepare(
			`SELECT c.head_seq, p.role, p.state, p.added_by,
			 EXISTS (SELECT 1 FROM direct_conversations d WHERE d.conversation_key = c.key) AS direct
			 FROM conversations c
			 LEFT JOIN participants p ON p.conversation_key = c.key AND p.user_id = ?
			 WHERE c.id = ?`,
		),
		isDeleted: db.prepare("SELECT 1 FROM deleted_conversations WHERE id = ?"),
		participant: db.prepare(
			`SELECT c.key FROM conversations c JOIN participants p ON p.conversation_key = c.key
			 WHERE p.user_id = ? AND p.state = 'active' AND c.id = ?`,
		),
		name: db.prepare("SELECT name FROM users WHERE id = ?"),
		seqOf: db.prepare(
			`SELECT e.seq FROM entries e JOIN conversations c ON c.key = e.conversation_key
			 WHERE e.message_id = ? AND c.id = ?`,
		),
		before: db.prepare(
			`SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq < ?
			 ORDER BY e.seq DESC LIMIT ?`,
		),
		after: db.prepare(
			`SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq > ?
			 ORDER BY e.seq LIMIT ?`,
		),
		range: db.prepare(
			`SELECT ${ENTRY_COLUMNS} FROM entries e JOIN conversations c ON c.key = e.conversation_key
			 WHERE c.id = ? AND e.seq BETWEEN ? AND ? ORDER BY e.seq`,
		),
		// These queries use the order of an index, so that they reach the limit without sorting.
		participants: db.prepare(
			`SELECT p.user_id, p.role, p.joined_at, u.name
			 FROM participants p INDEXED BY participants_by_joined_at LEFT JOIN users u ON u.id = p.user_id
			 WHERE p.conversation_key = ? AND p.state = 'active'
			 ORDER BY p.joined_at, p.user_id LIMIT ${MAX_PARTICIPANTS}`,
		),
		// CROSS JOIN prevents SQLite from reading the log in order of seq: there are few watermarks and many entries.
		watermarks: db.prepare(
			`SELECT p.user_id, u.name, e.seq, e.message_id FROM conversations c
			 CROSS JOIN participants p ON p.conversation_key = c.key AND p.state = 'active' AND p.read_seq > 0
			 CROSS JOIN entries e ON e.conversation_key = c.key AND e.seq = p.read_seq
			 LEFT JOIN users u ON u.id = p.user_id
			 WHERE c.id = ? ORDER BY p.read_seq DESC, p.user_id DESC LIMIT ?`,
		),
		deviceCursor: db.prepare(
			`SELECT d.seq, d.updated_at FROM conversations c
			 JOIN device_cursors d ON d.conversation_key = c.key AND d.user_id = ? AND d.device_id = ? AND d.updated_at >= ?
			 WHERE c.id = ?`,
		),
		deliveries: db.prepare(
			`SELECT d.user_id, u.name, d.device_id, d.proved_seq, d.updated_at, e.message_id FROM conversations c
			 CROSS JOIN device_cursors d INDEXED BY device_cursors_by_proved_seq
				ON d.conversation_key = c.key AND d.updated_at >= ?
			 CROSS JOIN participants p ON p.conversation_key = c.key AND p.user_id = d.user_id AND p.state = 'active'
			 LEFT JOIN entries e ON e.conversation_key = c.key AND e.seq = d.proved_seq
			 LEFT JOIN users u ON u.id = d.user_id
			 WHERE c.id = ? ORDER BY d.proved_seq DESC, d.user_id, d.device_id LIMIT ?`,
		),
		blocks: db.prepare(
			"SELECT blocked_id, created_at FROM blocks WHERE blocker_id = ? ORDER BY blocked_id",
		),
	};
}
