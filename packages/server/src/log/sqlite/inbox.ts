import type { DatabaseSync } from "node:sqlite";
import type {
	ConversationRows,
	OwnRow,
	Role,
	UnreadConversations,
} from "../contract.ts";
import { LISTED_COLUMNS, toListed } from "./listed.ts";
import { EVERYONE } from "./mentions.ts";
import {
	CONVERSATION_COLUMNS,
	CONVERSATION_TABLES,
	toConversation,
	toOwnSettings,
} from "./views.ts";

/** Participations read in one part. A part takes 1 to 3 ms of CPU time. */
const PART_ROWS = 500;

/** Reads of the lists of users who are connected. The caller must run every step in a transaction. */
export class InboxReads {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Counts what a user has not read. Yields between two parts. */
	*unreadOf(
		userId: string,
		now: number,
	): Generator<undefined, UnreadConversations> {
		const counts: UnreadConversations["counts"][number][] = [];
		let mutedUntil: number | null = null;
		for (let from = 0; ; ) {
			const end = this.#sql.endOfPart.get(userId, from)?.key;
			const to = end === undefined ? Number.MAX_SAFE_INTEGER : Number(end);
			for (const row of this.#sql.unread.iterate(userId, from, to)) {
				const [unread, mentions] = [Number(row.unread), Number(row.mentions)];
				const until = row.muted_until === null ? 0 : Number(row.muted_until);
				if (unread === 0) continue;
				if (until > now) mutedUntil = Math.min(mutedUntil ?? until, until);
				else counts.push({ conversationId: String(row.id), unread, mentions });
			}
			if (end === undefined) return { counts, mutedUntil };
			from = to;
			yield;
		}
	}

	rowsOf(
		conversationId: string,
		userIds: readonly string[],
	): ConversationRows | undefined {
		const own = this.#sql.own.all(JSON.stringify(userIds), conversationId).map(
			(row): OwnRow => ({
				...toOwnSettings(row),
				userId: String(row.user_id),
				role: row.role as Role,
				readSeq: Number(row.read_seq),
				unread: Number(row.unread),
				mentions: Number(row.mentions),
			}),
		);
		const row =
			own.length > 0 ? this.#sql.conversation.get(conversationId) : undefined;
		if (!row) return undefined;
		const last = this.#sql.last.get(Number(row.key), Number(row.last_chat_seq));
		return {
			conversation: {
				...toConversation(row),
				lastMessage: last ? toListed(conversationId, last) : null,
			},
			own,
		};
	}

	participantIds(conversationId: string, atMost: number): string[] | undefined {
		const row = this.#sql.size.get(conversationId);
		if (!row) return [];
		if (Number(row.participant_count) > atMost) return undefined;
		return this.#sql.participants
			.all(Number(row.key))
			.map(({ user_id }) => String(user_id));
	}

	erasedParticipantIds(
		conversationId: string,
		after: string | undefined,
		limit: number,
	): string[] {
		return this.#sql.erased
			.all(conversationId, after ?? "", limit)
			.map(({ user_id }) => String(user_id));
	}
}

const READ_SEQ = "max(p.read_seq, p.joined_seq)";
/** Counts of a participant `p` in a conversation `c`, like those of {@link ConversationList.summary}. */
const COUNTS = `CASE WHEN c.last_chat_seq <= ${READ_SEQ} THEN 0 ELSE
		c.chat_count - coalesce((SELECT o.ordinal FROM entries o WHERE o.conversation_key = c.key AND o.seq = ${READ_SEQ}), 0)
		- (SELECT count(*) FROM entries x INDEXED BY erased_entries
			WHERE x.conversation_key = c.key AND x.seq > ${READ_SEQ} AND x.erased = 1)
	END AS unread,
	CASE WHEN c.last_chat_seq <= ${READ_SEQ} THEN 0 ELSE
		(SELECT count(*) FROM mentions m WHERE m.user_id = p.user_id AND m.conversation_key = c.key AND m.seq > ${READ_SEQ})
		+ (SELECT count(*) FROM mentions m
			WHERE m.user_id = '${EVERYONE}' AND m.conversation_key = c.key AND m.seq > ${READ_SEQ})
	END AS mentions`;

function prepare(db: DatabaseSync) {
	return {
		endOfPart: db.prepare(
			`SELECT conversation_key AS key FROM participants INDEXED BY participants_by_user
			 WHERE user_id = ? AND state = 'active' AND conversation_key > ?
			 ORDER BY conversation_key LIMIT 1 OFFSET ${PART_ROWS - 1}`,
		),
		// CROSS JOIN fixes the order of the joins. A conversation that was deleted keeps its participants for a while, but
		// its row counts none.
		unread: db.prepare(
			`SELECT c.id, p.muted_until, ${COUNTS}
			 FROM participants p INDEXED BY participants_by_user
			 CROSS JOIN conversations c ON c.key = p.conversation_key
			 WHERE p.user_id = ? AND p.state = 'active' AND p.conversation_key > ? AND p.conversation_key <= ?
			   AND c.participant_count > 0 AND c.last_chat_seq > ${READ_SEQ} AND p.archived = 0`,
		),
		own: db.prepare(
			`SELECT p.*, ${READ_SEQ} AS read_seq, ${COUNTS}
			 FROM json_each(?) u CROSS JOIN conversations c
			 CROSS JOIN participants p ON p.conversation_key = c.key AND p.user_id = u.value
			 WHERE c.id = ? AND c.participant_count > 0 AND p.state = 'active'`,
		),
		conversation: db.prepare(
			`SELECT ${CONVERSATION_COLUMNS} FROM ${CONVERSATION_TABLES} WHERE c.id = ?`,
		),
		last: db.prepare(
			`SELECT ${LISTED_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq = ?`,
		),
		size: db.prepare(
			"SELECT key, participant_count FROM conversations WHERE id = ?",
		),
		participants: db.prepare(
			"SELECT user_id FROM participants WHERE conversation_key = ? AND state = 'active'",
		),
		erased: db.prepare(
			`SELECT p.user_id FROM deleted_conversations d
			 CROSS JOIN participants p ON p.conversation_key = d.pending_key
			 WHERE d.id = ? AND p.user_id > ? AND p.state = 'active' ORDER BY p.user_id LIMIT ?`,
		),
	};
}
