import type { MessageRow, TimelineRow } from "@secureconnect/react";
import { type Line, lineOf } from "../lines.ts";

/** What a user may do in a conversation. */
export interface Rights {
	/** Whether the user can send. */
	readonly canWrite: boolean;
	/** Whether the user can delete the messages of others. */
	readonly isLeader: boolean;
}

export type Action =
	| "react"
	| "reply"
	| "thread"
	| "edit"
	| "copy"
	| "pin"
	| "unpin"
	| "unread"
	| "delete";

/** Reactions that the user can choose without the emoji picker. */
export const QUICK = ["👍", "❤️", "😂", "🎉", "😮", "🙏"] as const;

/** Returns what the user can do with a message, in the order of the menu. */
export function actionsFor(
	{ row, isOwn }: Line,
	{ canWrite, isLeader }: Rights,
): Action[] {
	if (!row || row.status === "failed") return [];
	const { messageId, deleted, pinned, isEncrypted, messageType } = row;
	const isStored = messageId !== undefined;
	const isAlive = isStored && !deleted && canWrite;
	const possible: [Action, boolean][] = [
		["react", isAlive],
		["reply", isAlive],
		// The messages of a thread that was deleted at its root stay.
		["thread", isStored && (isAlive || row.thread !== undefined)],
		["edit", isAlive && isOwn && !isEncrypted && messageType === "text"],
		["copy", !deleted],
		["pin", isAlive && !pinned],
		["unpin", isAlive && pinned],
		["unread", isStored],
		["delete", !deleted && canWrite && (isOwn || (isStored && isLeader))],
	];
	return possible.filter(([, can]) => can).map(([action]) => action);
}

/**
 * Returns the user's newest message that they can edit.
 * @param rows all rows of a list up to the newest one
 * @param me the user's id
 */
export function lastEditable(
	rows: readonly TimelineRow[],
	me: string,
	rights: Rights,
): MessageRow | undefined {
	const last = rows.findLast((row) =>
		actionsFor(lineOf(row, me), rights).includes("edit"),
	);
	return last?.kind === "message" ? last : undefined;
}
