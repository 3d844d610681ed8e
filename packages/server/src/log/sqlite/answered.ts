import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Entry } from "@secureconnect/protocol";
import type { Head } from "./heads.ts";
import { ENTRY_COLUMNS, type Row, toEntry } from "./rows.ts";

/** Command of a client as the log sees it, whatever its type. */
export interface Command {
	readonly type: string;
	readonly senderId: string;
	readonly messageId: string;
	readonly clientMessageId: string | null;
	readonly body: string;
}

/** Result of an earlier attempt of the same command, or why there can be none. */
export type Earlier =
	| { readonly kind: "duplicate"; readonly entry: Entry }
	| { readonly kind: "refused"; readonly reason: "conflict" }
	| undefined;

/**
 * Commands that the log has already answered. It compares bodies, or hashes where the stored body is no longer the
 * written one. After the content was erased the hash is empty, because a short text can be guessed from its hash. Every
 * command of the same type is then a repeat.
 */
export class AnsweredCommands {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/** Finds a command with the same `clientMessageId`. */
	byClientMessageId(head: Head, command: Command): Earlier {
		if (command.clientMessageId === null) return undefined;
		const key = [head.key, command.senderId, command.clientMessageId] as const;
		const row = this.#sql.byClientMessageId.get(...key);
		if (row) return this.#answer(head, row, isSame(row, command));
		if (!head.hasUnchanged) return undefined;
		const unchanged = this.#sql.unchanged.get(...key);
		if (!unchanged) return undefined;
		const entry = this.#sql.bySeq.get(head.key, unchanged.seq ?? null);
		const { hash, type } = unchanged;
		const isRepeat = isErased(hash)
			? // Schema 6 stored no type.
				type === command.type || type === ""
			: isHash(hash, command);
		return entry && this.#answer(head, entry, isRepeat);
	}

	/** Finds an attempt with the same `messageId`, whose result the caller did not learn. */
	byMessageId(head: Head | undefined, command: Command): Earlier {
		if (!head) return undefined;
		const row = this.#sql.byMessageId.get(command.messageId, head.key);
		return row?.sender_id === command.senderId &&
			row.client_message_id === command.clientMessageId &&
			isSame(row, command)
			? this.#answer(head, row, true)
			: undefined;
	}

	/** Remembers a command that changed nothing, so that its repeat changes nothing either. */
	keep(head: Head, command: Command, seq: number): void {
		if (command.clientMessageId === null) return;
		this.#sql.keep.run(
			head.key,
			command.senderId,
			command.clientMessageId,
			hashOf(command),
			seq,
			command.type,
		);
		head.hasUnchanged = true;
	}

	#answer({ id }: Head, row: Row, isSame: boolean): Earlier {
		return isSame
			? { kind: "duplicate", entry: toEntry(id, row) }
			: { kind: "refused", reason: "conflict" };
	}
}

/** Returns the hash that stands for the written body of a command. */
export function hashOf({
	type,
	body,
}: {
	readonly type: string;
	readonly body: string;
}): Buffer {
	return hash("sha256", `${type} ${body}`, "buffer");
}

function isSame(row: Row, command: Command): boolean {
	if (row.hash !== null && !isErased(row.hash))
		return isHash(row.hash, command);
	return (
		row.type === command.type &&
		(row.hash !== null || row.body === command.body)
	);
}

function isErased(hash: unknown): boolean {
	return hash instanceof Uint8Array && hash.length === 0;
}

function isHash(stored: unknown, command: Command): boolean {
	return stored instanceof Uint8Array && hashOf(command).equals(stored);
}

function prepare(db: DatabaseSync) {
	const columns = `${ENTRY_COLUMNS}, e.hash`;
	return {
		byClientMessageId: db.prepare(
			`SELECT ${columns} FROM entries e
			 WHERE e.conversation_key = ? AND e.sender_id = ? AND e.client_message_id = ?`,
		),
		byMessageId: db.prepare(
			`SELECT ${columns} FROM entries e WHERE e.message_id = ? AND e.conversation_key = ?`,
		),
		bySeq: db.prepare(
			`SELECT ${columns} FROM entries e WHERE e.conversation_key = ? AND e.seq = ?`,
		),
		unchanged: db.prepare(
			`SELECT hash, seq, type FROM unchanged_commands
			 WHERE conversation_key = ? AND sender_id = ? AND client_message_id = ?`,
		),
		keep: db.prepare(
			`INSERT INTO unchanged_commands (conversation_key, sender_id, client_message_id, hash, seq, type)
			 VALUES (?, ?, ?, ?, ?, ?)`,
		),
	} satisfies Record<string, StatementSync>;
}
