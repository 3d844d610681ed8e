import type { MessageRow, TimelineRow } from "@secureconnect/react";
import type { RefusedMessage } from "../account/refused.ts";

/** Line of a conversation as the page shows it: a message or a removal. */
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
	/** Id of the removed user, if the line is a removal; undefined for a message. */
	readonly removed: string | undefined;
	/** The user's message that is not stored yet. */
	readonly pending: MessageRow | undefined;
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
			if (!item) return undefined;
			// Cached, because of ten thousand items usually one is new.
			let line = known.get(item);
			if (!line) {
				line = dated(lineOf(item, me));
				known.set(item, line);
			}
			return line;
		},
	};
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
		removed: undefined,
		pending: undefined,
		refusedId: id,
	});
}

function dated(line: Omit<Line, "day">): Line {
	return { ...line, day: new Date(line.at).toDateString() };
}

function lineOf(row: TimelineRow, me: string): Omit<Line, "day"> {
	const { key, senderId = me, createdAt: at } = row;
	// A row that is not stored has the number 0.
	const seq = row.seq || undefined;
	if (row.kind === "notice") {
		const { messageId, userId } = row.entry;
		return {
			...{ key, seq, messageId, senderId, at },
			content: "",
			isDeleted: false,
			isOwn: false,
			status: "stored",
			error: undefined,
			removed: String(userId),
			pending: undefined,
			refusedId: undefined,
		};
	}
	const { messageId, isOwn, status, error, deleted } = row;
	return {
		...{ key, seq, messageId, senderId, at, isOwn, status },
		content: deleted ? "Message deleted" : row.content,
		isDeleted: deleted,
		error: error?.message,
		removed: undefined,
		pending: seq === undefined ? row : undefined,
		refusedId: status === "failed" ? row.clientMessageId : undefined,
	};
}
