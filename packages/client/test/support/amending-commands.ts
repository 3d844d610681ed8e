/** Commands of a user: what a client sends, and what came of it. */
import type { Deed } from "./amending-plan.ts";
import type { Row, Wire } from "./amending-rows.ts";

/** Place of the entry that answers a command, or the code of its refusal. */
type Outcome =
	| { readonly messageId: string; readonly seq: number }
	| { readonly code: string };

/** A command that a client accepted from its user. */
export interface Given {
	readonly clientMessageId: string;
	/** Frame as on the wire, without `client_message_id`. */
	readonly command: Wire;
	/** Undefined while it is unknown. It stays unknown if the program ends before an answer. */
	outcome: Outcome | undefined;
}

export interface Author {
	readonly name: string;
	readonly userId: string;
	/** All participants; the first is the owner. */
	readonly users: readonly string[];
	readonly padding: number;
}

const REACTIONS = ["+1", "eyes", "heart"];

/**
 * Returns the command of a deed, given the rows that the client shows.
 * @param number count of the client's earlier commands, so that each content differs
 * @returns undefined if no message is there that the deed may concern
 */
export function commandOf(
	{ what, back, choice }: Deed,
	rows: readonly Row[],
	author: Author,
	number: number,
): Wire | undefined {
	const { name, userId, users, padding } = author;
	const messages = rows.filter(({ type }) => type === "chat");
	const alive = messages.filter(({ fields }) => !fields.deleted);
	const own = alive.filter(({ senderId }) => senderId === userId);
	const at = (all: readonly Row[]): Row | undefined =>
		all.at(-1 - Math.min(back, all.length - 1));
	const content = `${name}: ${number}`.padEnd(padding, ".");
	const mentions =
		choice % 5 === 0
			? { mentions: { user_ids: [users[choice % users.length]] } }
			: {};
	const chat = { type: "chat", content, metadata: { number }, ...mentions };
	// Some commands must be refused, and change nothing.
	const isBold = choice % 11 === 0;
	switch (what) {
		case "send":
			return chat;
		case "reply": {
			const target = at(messages);
			return target && { ...chat, reply_to: target.messageId };
		}
		case "thread": {
			const target = at(messages);
			const root = target?.fields.thread_id ?? target?.messageId;
			return target && { ...chat, thread_id: root };
		}
		case "edit": {
			const target = at(isBold ? messages : own);
			return (
				target && {
					type: "edit",
					target_id: target.messageId,
					content,
					...mentions,
					...(choice % 4 === 0
						? { if_version: Number(target.fields.version) }
						: {}),
				}
			);
		}
		case "delete": {
			const target = at(isBold || userId === users[0] ? alive : own);
			return target && { type: "delete", target_id: target.messageId };
		}
		case "react": {
			const target = at(isBold ? messages : alive);
			return (
				target && {
					type: "reaction",
					target_id: target.messageId,
					reaction: REACTIONS[choice % REACTIONS.length],
					on: choice % 10 < 7,
				}
			);
		}
		case "pin": {
			const target = at(isBold ? messages : alive);
			return (
				target && {
					type: "pin",
					target_id: target.messageId,
					on: choice % 10 < 6,
				}
			);
		}
	}
}
