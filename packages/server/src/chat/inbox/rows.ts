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
	const encode = (own: OwnRow): string => {
		const { userId, mutedUntil, ...rest } = own;
		const directUser = directUserIds?.find((id) => id !== userId);
		const fields = JSON.stringify(
			toWire({
				...rest,
				mutedUntil: mutedUntil === null ? null : rfc3339(mutedUntil),
				...(directUser === undefined ? {} : { directUser }),
			}),
		);
		return `${shared},${fields.slice(1, -1)},"last_message":${last}}`;
	};
	// Most participants of a large group have read it up to one of few messages.
	let latest: { readonly own: OwnRow; readonly row: string } | undefined;
	return (own) => {
		if (latest && !directUserIds && isSame(latest.own, own)) return latest.row;
		latest = { own, row: encode(own) };
		return latest.row;
	};
}

function isSame(a: OwnRow, b: OwnRow): boolean {
	return (
		a.readSeq === b.readSeq &&
		a.unread === b.unread &&
		a.mentions === b.mentions &&
		a.role === b.role &&
		a.mutedUntil === b.mutedUntil &&
		a.archived === b.archived &&
		a.favourite === b.favourite &&
		a.markedUnread === b.markedUnread
	);
}

/** Encodes a frame with rows. */
export function frameWithRows(fields: object, rows: readonly string[]): string {
	const frame = JSON.stringify(toWire(fields));
	return `${frame.slice(0, -1)},"conversations":[${rows.join(",")}]}`;
}

let latest = { row: "", unread: 0, mentions: 0, now: 0, frame: "" };

/** Encodes a change of one row. Many users have the same row and the same totals at the same time. */
export function changedRowFrame(
	row: string,
	totals: Totals,
	now: number,
): string {
	const { totalUnread: unread, totalMentions: mentions } = totals;
	if (
		latest.row !== row ||
		latest.unread !== unread ||
		latest.mentions !== mentions ||
		latest.now !== now
	) {
		const frame = changedFrame([row], totals, now);
		latest = { row, unread, mentions, now, frame };
	}
	return latest.frame;
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
