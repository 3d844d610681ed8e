import type { MessageRow, NoticeRow, TimelineRow } from "@secureconnect/react";
import type { RefusedMessage } from "../account/refused.ts";

/** Line of a conversation as the page shows it: a message or a notice. */
export interface Line {
	readonly key: string;
	/** Position in the conversation; undefined until the server has stored the message. */
	readonly seq: number | undefined;
	readonly messageId: string | undefined;
	readonly senderId: string;
	/** Milliseconds since 1970. */
	readonly at: number;
	/** The local day of `at`. */
	readonly day: string;
	readonly content: string;
	/** Whether the message was deleted. */
	readonly isDeleted: boolean;
	readonly isOwn: boolean;
	readonly status: "stored" | "queued" | "sent" | "failed";
	readonly error: string | undefined;
	/** The message; undefined for a notice, and for a message that the server refused in an earlier visit. */
	readonly row: MessageRow | undefined;
	/** The entry, if the line is a notice, such as the removal of a participant. */
	readonly notice: NoticeRow["entry"] | undefined;
	/** The `client_message_id` of a message that the server refused. */
	readonly refusedId: string | undefined;
}

/** A conversation's lines, oldest first. A line is created at its first use. */
export interface Lines {
	readonly count: number;
	/** Returns undefined beyond either end. */
	line(index: number): Line | undefined;
}

const known = new WeakMap<TimelineRow, Line>();

/** Creates the lines of a conversation. @param me the user's id */
export function linesOf(items: readonly TimelineRow[], me: string): Lines {
	return {
		count: items.length,
		line(index) {
			const item = items[index];
			return item && lineOf(item, me);
		},
	};
}

/** Returns the line of a row. Cached, because of ten thousand rows usually one is new. */
export function lineOf(row: TimelineRow, me: string): Line {
	let line = known.get(row);
	if (!line) {
		line = dated(newLine(row, me));
		known.set(row, line);
	}
	return line;
}

/** Creates the line of a message that the server refused before the user opened the conversation. */
export function refusedLine(
	{ id, content, at, error }: RefusedMessage,
	me: string,
): Line {
	return dated({
		key: `refused ${id}`,
		seq: undefined,
		messageId: undefined,
		senderId: me,
		at,
		content,
		isDeleted: false,
		isOwn: true,
		status: "failed",
		error,
		row: undefined,
		notice: undefined,
		refusedId: id,
	});
}

/** Returns the index of a stored message; -1 if it is not among the lines. */
export function indexOf(lines: Lines, messageId: string): number {
	for (let i = lines.count - 1; i >= 0; i--)
		if (lines.line(i)?.messageId === messageId) return i;
	return -1;
}

function dated(line: Omit<Line, "day">): Line {
	return { ...line, day: new Date(line.at).toDateString() };
}

function newLine(row: TimelineRow, me: string): Omit<Line, "day"> {
	const { key, senderId = me, createdAt: at } = row;
	// A row that is not stored has the number 0.
	const seq = row.seq || undefined;
	if (row.kind === "notice")
		return {
			...{ key, seq, senderId, at },
			messageId: row.entry.messageId,
			content: "",
			isDeleted: false,
			isOwn: false,
			status: "stored",
			error: undefined,
			row: undefined,
			notice: row.entry,
			refusedId: undefined,
		};
	const { messageId, content, isOwn, status, error, deleted } = row;
	return {
		...{ key, seq, messageId, senderId, at, isOwn, status, content, row },
		isDeleted: deleted,
		error: error?.message,
		notice: undefined,
		refusedId: status === "failed" ? row.clientMessageId : undefined,
	};
}
