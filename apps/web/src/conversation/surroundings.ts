import { type Directory, inWords } from "../people/directory.ts";
import type { Line, Lines } from "./lines.ts";
import type { Marks } from "./marks.ts";
import type { Status } from "./message.tsx";
import type { RowProps } from "./row.tsx";

/** Messages of a sender within this time form one group. */
const GROUP_MS = 5 * 60_000;

/** Lines that were drawn before the line above them was loaded. They showed a time, as a line that begins a group. */
const drawnFirst = new WeakSet<Line>();

interface Around {
	readonly lines: Lines;
	readonly marks: Marks;
	readonly directory: Directory;
	readonly me: string;
	/** Newest `seq` that the user saw before the messages below the line "New messages". */
	readonly newAfter: number | undefined;
	/** First unread message, if `newAfter` is undefined because too many are unread to search for them. */
	readonly firstUnread?: string | undefined;
	/** Whether there are lines before the first one. */
	readonly hasOlder: boolean;
}

/**
 * Derives the props of a line from its neighbours, receipts and names. They are plain values, so that a row can compare
 * them with the previous ones.
 */
export function surroundings(
	line: Line,
	index: number,
	{ lines, marks, directory, me, newAfter, firstUnread, hasOlder }: Around,
): Omit<RowProps, "line" | "onRetry" | "onDiscard"> {
	const before = lines.line(index - 1);
	const after = lines.line(index + 1);
	const name = (id: string): string => (id === me ? "You" : directory.name(id));
	const others = (at: ReadonlyMap<string, readonly string[]>): string => {
		const users =
			line.messageId === undefined ? undefined : at.get(line.messageId);
		return users
			? inWords(users.filter((id) => id !== line.senderId).map(name))
			: "";
	};
	const isFirstUnread =
		newAfter === undefined
			? firstUnread !== undefined && line.messageId === firstUnread
			: before !== undefined &&
				!line.isOwn &&
				(line.seq ?? 0) > newAfter &&
				(before.seq ?? 0) <= newAfter;
	const begins = isFirstUnread || !continues(before, line);
	if (!before) drawnFirst.add(line);
	const about = line.notice?.userId;
	return {
		me,
		senderName: name(line.senderId),
		// Lower case, because the name stands in the middle of a sentence.
		otherName:
			typeof about !== "string" ? "" : about === me ? "you" : name(about),
		isFirst: !before && !hasOlder,
		isNewDay: before?.day !== line.day,
		isFirstUnread,
		begins,
		// Decided by the line above: if the next message changed a bubble, the text would move while the user reads it.
		// For the same reason, a line keeps its time when older messages arrive above it: the time may have a line of its
		// own, below the text.
		showsTime:
			begins || drawnFirst.has(line) || minute(line) !== minute(before),
		ends: !after || !continues(line, after),
		status: statusOf(line, marks),
		readBy: others(marks.readAt),
		deliveredTo: others(marks.deliveredAt),
	};
}

function continues(before: Line | undefined, line: Line | undefined): boolean {
	return (
		before !== undefined &&
		line !== undefined &&
		before.senderId === line.senderId &&
		before.notice === undefined &&
		line.notice === undefined &&
		before.day === line.day &&
		line.at - before.at < GROUP_MS
	);
}

function minute(line: Line | undefined): number {
	return Math.floor((line?.at ?? 0) / 60_000);
}

function statusOf({ status, seq, isOwn }: Line, marks: Marks): Status {
	if (!isOwn || status !== "stored" || seq === undefined) return status;
	if (seq <= marks.readSeq) return "read";
	return seq <= marks.deliveredSeq ? "delivered" : "stored";
}
