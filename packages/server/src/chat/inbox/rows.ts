/** Encodes rows of lists and the frames that carry them. */
import { encodeEntry, rfc3339, toWire } from "@secureconnect/protocol";
import type { ConversationRows, OwnRow } from "../../log/contract.ts";

/** Totals of a user's list. */
export interface Totals {
	readonly totalUnread: number;
	readonly totalMentions: number;
}

/** Returns a function that encodes the row of a participant. What all rows share is encoded once. */
export function rowsOf({
	conversationId,
	title,
	headSeq,
	closed,
	updatedAt,
	directUserIds,
	lastMessage,
}: ConversationRows["conversation"]): (own: OwnRow) => string {
	const shared = JSON.stringify(
		toWire({
			conversationId,
			title,
			headSeq,
			closed,
			kind: directUserIds ? "direct" : "group",
			updatedAt: rfc3339(updatedAt),
		}),
	).slice(0, -1);
	const last = lastMessage ? encodeEntry(lastMessage) : "null";
	return ({ userId, mutedUntil, ...own }) => {
		const directUser = directUserIds?.find((id) => id !== userId);
		const fields = JSON.stringify(
			toWire({
				role: own.role,
				readSeq: own.readSeq,
				unread: own.unread,
				mentions: own.mentions,
				mutedUntil: mutedUntil === null ? null : rfc3339(mutedUntil),
				archived: own.archived,
				favourite: own.favourite,
				markedUnread: own.markedUnread,
				...(directUser === undefined ? {} : { directUser }),
			}),
		);
		return `${shared},${fields.slice(1, -1)},"last_message":${last}}`;
	};
}

/** Encodes a frame with rows. */
export function frameWithRows(fields: object, rows: readonly string[]): string {
	const frame = JSON.stringify(toWire(fields));
	return `${frame.slice(0, -1)},"conversations":[${rows.join(",")}]}`;
}

export function changedFrame(
	rows: readonly string[],
	totals: Totals,
	now: number,
): string {
	const timestamp = rfc3339(now);
	return frameWithRows({ type: "inbox_changed", ...totals, timestamp }, rows);
}

export function addedFrame(row: string, totals: Totals, now: number): string {
	const timestamp = rfc3339(now);
	const frame = JSON.stringify(
		toWire({ type: "conversation_added", ...totals, timestamp }),
	);
	return `${frame.slice(0, -1)},"conversation":${row}}`;
}

export function removedFrame(
	conversationId: string,
	reason: "removed" | "deleted",
	totals: Totals,
	now: number,
): string {
	const timestamp = rfc3339(now);
	return JSON.stringify(
		toWire({
			type: "conversation_removed",
			conversationId,
			reason,
			...totals,
			timestamp,
		}),
	);
}
