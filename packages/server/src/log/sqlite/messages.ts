import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Mentions, Role } from "@secureconnect/protocol";
import { ENTRY_TYPES } from "@secureconnect/protocol/entries";
import type { Outcomes, Writes } from "../contract.ts";
import { AnsweredCommands } from "./answered.ts";
import type { Head, Heads } from "./heads.ts";
import type { Membership, Participation } from "./membership.ts";
import { MentionRows } from "./mentions.ts";

/** Appends messages. */
export class Messages {
	readonly #heads: Heads;
	readonly #members: Membership;
	readonly #answered: AnsweredCommands;
	readonly #mentions: MentionRows;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync, heads: Heads, members: Membership) {
		this.#heads = heads;
		this.#members = members;
		this.#answered = new AnsweredCommands(db);
		this.#mentions = new MentionRows(db);
		this.#sql = prepare(db);
	}

	append(write: Writes["message"]): Outcomes["message"] {
		const command = commandOf(write);
		const head = this.#heads.find(write.conversationId);
		const sender = head && this.#members.find(head, write.senderId);
		if (!sender)
			return (
				this.#answered.byMessageId(head, command) ?? {
					kind: "refused",
					reason: "not_participant",
				}
			);
		const earlier = this.#answered.byClientMessageId(head, command);
		if (earlier) return earlier;
		const reason = whyRefused(head, sender.role, write.mentions);
		if (reason) return { kind: "refused", reason };
		const replyTo =
			write.replyTo === undefined ||
			this.#sql.message.get(write.replyTo, head.key);
		const root =
			write.threadId === undefined
				? undefined
				: this.#sql.message.get(write.threadId, head.key);
		// A thread begins at a message that is in no thread itself.
		if (!replyTo || (write.threadId !== undefined && root?.thread_seq !== null))
			return { kind: "refused", reason: "unknown_message" };
		this.#members.answer(head, sender);
		const threadSeq = root && Number(root.seq);
		return this.#insert(head, sender, write, command, threadSeq);
	}

	#insert(
		head: Head,
		sender: Participation,
		{ timestamp, mentions }: Writes["message"],
		command: ReturnType<typeof commandOf>,
		threadSeq: number | undefined,
	): Outcomes["message"] {
		const { type, senderId, messageId, clientMessageId, body } = command;
		try {
			const entry = this.#heads.append(head, {
				type,
				senderId,
				messageId,
				timestamp,
				clientMessageId,
				body,
				threadSeq,
			});
			this.#members.wrote(sender, entry.seq);
			if (threadSeq !== undefined)
				this.#sql.lengthenThread.run(head.key, threadSeq, timestamp);
			if (mentions)
				this.#mentions.replace(head, entry.seq, undefined, mentions);
			return { kind: "stored", entry };
		} catch (error) {
			// A `messageId` that already exists makes only this statement fail. The rest of the transaction stays valid.
			const earlier = this.#answered.byMessageId(head, command);
			if (earlier) return earlier;
			throw error;
		}
	}
}

function commandOf({
	senderId,
	messageId,
	clientMessageId,
	body,
}: Writes["message"]) {
	// A literal, because copying the whole write costs more for every message.
	return { type: "chat" as const, senderId, messageId, clientMessageId, body };
}

function whyRefused(
	head: Head,
	role: Role,
	mentions: Mentions | undefined,
): "read_only" | "forbidden" | undefined {
	const writer = { role, isAdmin: false, isAuthor: true };
	if (head.isClosed || !ENTRY_TYPES.chat.mayWrite(writer)) return "read_only";
	return mentions?.all && !ENTRY_TYPES.chat.mayMentionAll(writer)
		? "forbidden"
		: undefined;
}

function prepare(db: DatabaseSync) {
	return {
		message: db.prepare(
			"SELECT seq, thread_seq FROM entries WHERE message_id = ? AND conversation_key = ? AND ordinal IS NOT NULL",
		),
		lengthenThread: db.prepare(
			`INSERT INTO threads (conversation_key, root_seq, count, last_at) VALUES (?, ?, 1, ?)
			 ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at`,
		),
	} satisfies Record<string, StatementSync>;
}
