import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Entry } from "@secureconnect/protocol";
import {
	ENTRY_TYPES,
	type Fold,
	isAtLeast,
	type MarkFold,
	mentionsIn,
	targetOnly,
	withContent,
	withoutContent,
	withTargetBody,
} from "@secureconnect/protocol/entries";
import type { Outcomes, Writes } from "../contract.ts";
import { AnsweredCommands, type Command, hashOf } from "./answered.ts";
import type { Erasure } from "./erasure.ts";
import type { Head, Heads } from "./heads.ts";
import type { Membership } from "./membership.ts";
import { MentionRows } from "./mentions.ts";
import { ENTRY_COLUMNS, type Row, toEntry } from "./rows.ts";

type Amend = Omit<Writes["amend"], "clientMessageId"> & Omit<Command, "type">;
type Outcome = Outcomes["amend"];

/** Message that is amended. */
interface Target {
	readonly key: number;
	readonly seq: number;
	readonly version: number;
	readonly body: string;
	readonly threadSeq: number | undefined;
	readonly row: Row;
}

/** Appends amendments and folds them into their targets. It knows the kinds of folds, and no type of amendment. */
export class Amendments {
	readonly #heads: Heads;
	readonly #members: Membership;
	readonly #answered: AnsweredCommands;
	readonly #mentions: MentionRows;
	readonly #erasure: Erasure;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(
		db: DatabaseSync,
		heads: Heads,
		members: Membership,
		erasure: Erasure,
	) {
		this.#heads = heads;
		this.#members = members;
		this.#answered = new AnsweredCommands(db);
		this.#mentions = new MentionRows(db);
		this.#erasure = erasure;
		this.#sql = prepare(db);
	}

	append(write: Writes["amend"]): Outcome {
		const { actor } = write;
		const { mayWrite, fold } = ENTRY_TYPES[write.type];
		const command = {
			...write,
			senderId: actor.userId,
			clientMessageId: write.clientMessageId ?? null,
		};
		const head = this.#heads.find(write.conversationId);
		const earlier = this.#answered.byMessageId(head, command);
		if (earlier) return earlier;
		const sender = head && this.#members.find(head, actor.userId);
		const writer = { role: sender?.role, isAdmin: actor.admin };
		if (!head || (!sender && !mayWrite({ ...writer, isAuthor: false })))
			return refused("not_participant");
		const answered = this.#answered.byClientMessageId(head, command);
		if (answered) return answered;
		const row = this.#sql.target.get(write.targetId, head.key);
		if (!row) return refused("unknown_message");
		const isAuthor = row.sender_id === actor.userId;
		const isHighEnough =
			write.leastRole === undefined || isAtLeast(write.leastRole, sender?.role);
		if (!isHighEnough || !mayWrite({ ...writer, isAuthor }))
			return refused(sender?.role === "reader" ? "read_only" : "forbidden");
		// Content must be removable from a closed conversation too.
		if (head.isClosed && fold.kind !== "erase") return refused("read_only");
		if (row.erased === 1) return refused("message_deleted");
		if (sender) this.#members.answer(head, sender);
		return this.#fold(head, command, toTarget(row), fold);
	}

	#fold(head: Head, command: Amend, target: Target, fold: Fold): Outcome {
		switch (fold.kind) {
			case "replace":
				return this.#replace(head, command, target);
			case "erase":
				return this.#erase(head, command, target);
			case "mark":
				return this.#mark(head, command, target, fold);
		}
	}

	#replace(head: Head, command: Amend, target: Target): Outcome {
		const { ifVersion, mentions, actor } = command;
		if (ifVersion !== undefined && ifVersion !== target.version)
			return refused("version_conflict");
		if (mentions?.all) {
			const role = this.#members.find(head, actor.userId)?.role;
			const writer = { role, isAdmin: false, isAuthor: true };
			if (!ENTRY_TYPES.chat.mayMentionAll(writer)) return refused("forbidden");
		}
		// Only the target keeps the content, so that the newest content is stored once.
		const entry = this.#insert(
			head,
			command,
			target,
			targetOnly(command.targetId),
		);
		const body = withContent(
			target.body,
			command.body,
			entry.seq,
			command.timestamp,
		);
		this.#sql.replace.run(body, entry.seq, originalHash(target), target.key);
		if (mentions)
			this.#mentions.replace(
				head,
				target.seq,
				mentionsIn(target.body),
				mentions,
			);
		return {
			kind: "stored",
			entry: { ...entry, body: withTargetBody(entry.body, body) },
		};
	}

	#erase(head: Head, command: Amend, target: Target): Outcome {
		const entry = this.#insert(head, command, target, command.body);
		this.#sql.erase.run(withoutContent(target.body), target.key);
		this.#sql.forgetTotals.run(head.key, target.seq);
		this.#mentions.replace(
			head,
			target.seq,
			mentionsIn(target.body),
			undefined,
		);
		if (target.threadSeq !== undefined)
			this.#sql.shortenThread.run(head.key, target.threadSeq);
		const unfinished = this.#erasure.begin(head.key, target.seq);
		return { kind: "stored", entry, ...(unfinished ? { unfinished } : {}) };
	}

	#mark(head: Head, command: Amend, target: Target, fold: MarkFold): Outcome {
		const { name, on } = command.mark ?? { name: "", on: false };
		const userId = fold.isPerUser ? command.senderId : "";
		const place = [head.key, target.seq, command.type, name] as const;
		const mark = this.#sql.mark.get(...place, userId);
		if (on === (mark?.is_on === 1)) {
			const setter = mark && this.#sql.entry.get(head.key, mark.seq ?? null);
			const entry = toEntry(head.id, setter ?? target.row);
			this.#answered.keep(head, command, entry.seq);
			// The place of the message is enough. Its content may be large, and a client may send many such commands.
			const { type, body } = setter ? entry : command;
			return { kind: "unchanged", entry: { ...entry, type, body } };
		}
		const total = this.#sql.total.get(...place);
		if (on && !total && this.#isFull(head, command, target, fold))
			return refused("limit_reached");
		const entry = this.#insert(head, command, target, command.body);
		this.#sql.setMark.run(...place, userId, entry.seq, on ? 1 : 0);
		if (on) this.#sql.countMark.run(...place, entry.seq);
		else if (total?.count === 1) this.#sql.forgetTotal.run(...place);
		else this.#sql.uncountMark.run(...place);
		return { kind: "stored", entry };
	}

	#isFull(
		{ key }: Head,
		{ type }: Amend,
		{ seq }: Target,
		{ maxNames, maxTargets }: MarkFold,
	): boolean {
		return (
			Number(this.#sql.names.get(key, seq, type)?.n) >= maxNames ||
			// Without this condition every first reaction to a message would count those of all messages.
			(maxTargets < Number.MAX_SAFE_INTEGER &&
				Number(this.#sql.targets.get(key, type)?.n) >= maxTargets)
		);
	}

	#insert(head: Head, command: Amend, target: Target, body: string): Entry {
		const { type, senderId, messageId, timestamp, clientMessageId } = command;
		return this.#heads.append(head, {
			type,
			senderId,
			messageId,
			timestamp,
			clientMessageId,
			body,
			targetSeq: target.seq,
			...(body === command.body ? {} : { hash: hashOf(command) }),
		});
	}
}

function refused<R extends Extract<Outcome, { kind: "refused" }>["reason"]>(
	reason: R,
): { kind: "refused"; reason: R } {
	return { kind: "refused", reason };
}

function toTarget(row: Row): Target {
	return {
		key: Number(row.key),
		seq: Number(row.seq),
		version: Number(row.version),
		body: String(row.body),
		threadSeq: row.thread_seq === null ? undefined : Number(row.thread_seq),
		row,
	};
}

/** Returns the hash of a message as its sender wrote it; the stored hash stays if there is one. */
function originalHash({ body, row }: Target): Uint8Array {
	return row.hash instanceof Uint8Array
		? row.hash
		: hashOf({ type: String(row.type), body });
}

function prepare(db: DatabaseSync) {
	const mark =
		"conversation_key = ? AND target_seq = ? AND type = ? AND name = ?";
	return {
		target: db.prepare(
			`SELECT ${ENTRY_COLUMNS}, e.key, e.version, e.thread_seq, e.hash FROM entries e
			 WHERE e.message_id = ? AND e.conversation_key = ? AND e.ordinal IS NOT NULL`,
		),
		entry: db.prepare(
			`SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.conversation_key = ? AND e.seq = ?`,
		),
		replace: db.prepare(
			"UPDATE entries SET body = ?, version = ?, hash = ? WHERE key = ?",
		),
		erase: db.prepare(
			"UPDATE entries SET body = ?, erased = 1, hash = x'' WHERE key = ?",
		),
		shortenThread: db.prepare(
			`UPDATE threads SET count = count - 1, last_at = coalesce((
			   SELECT timestamp FROM entries e INDEXED BY entries_by_thread
			   WHERE e.conversation_key = threads.conversation_key AND e.thread_seq = root_seq AND e.erased = 0
			   ORDER BY e.seq DESC LIMIT 1), last_at)
			 WHERE conversation_key = ? AND root_seq = ?`,
		),
		mark: db.prepare(
			`SELECT seq, is_on FROM marks WHERE ${mark} AND user_id = ?`,
		),
		setMark: db.prepare(
			`INSERT INTO marks (conversation_key, target_seq, type, name, user_id, seq, is_on) VALUES (?, ?, ?, ?, ?, ?, ?)
			 ON CONFLICT DO UPDATE SET seq = excluded.seq, is_on = excluded.is_on`,
		),
		total: db.prepare(`SELECT count FROM mark_totals WHERE ${mark}`),
		names: db.prepare(
			"SELECT count(*) AS n FROM mark_totals WHERE conversation_key = ? AND target_seq = ? AND type = ?",
		),
		targets: db.prepare(
			"SELECT count(*) AS n FROM mark_totals WHERE conversation_key = ? AND type = ?",
		),
		countMark: db.prepare(
			`INSERT INTO mark_totals (conversation_key, target_seq, type, name, first_seq, count) VALUES (?, ?, ?, ?, ?, 1)
			 ON CONFLICT DO UPDATE SET count = count + 1`,
		),
		uncountMark: db.prepare(
			`UPDATE mark_totals SET count = count - 1 WHERE ${mark}`,
		),
		forgetTotal: db.prepare(`DELETE FROM mark_totals WHERE ${mark}`),
		forgetTotals: db.prepare(
			"DELETE FROM mark_totals WHERE conversation_key = ? AND target_seq = ?",
		),
	} satisfies Record<string, StatementSync>;
}
