import type { MessageItem, SentMessage } from "@secureconnect/react";
import type { RefusedMessage } from "../account/refused.ts";
import type { Mentioned } from "./mention-text.tsx";

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
	readonly mentions: Mentioned | undefined;
	readonly isOwn: boolean;
	readonly status: "stored" | "queued" | "sent" | "failed";
	readonly error: string | undefined;
	/** Id of the removed user, if the line is a removal; undefined for a message. */
	readonly removed: string | undefined;
	/** The user's message that is not stored yet. */
	readonly pending: SentMessage | undefined;
	/** The `client_message_id` of a message that the server refused. */
	readonly refusedId: string | undefined;
}

/** A conversation's lines, oldest first. A line is created at its first use. */
export interface Lines {
	readonly count: number;
	/** Returns undefined beyond either end. */
	line(index: number): Line | undefined;
}

const known = new WeakMap<MessageItem, Line>();

/** Creates the lines of a conversation. @param me the user's id */
export function linesOf(items: readonly MessageItem[], me: string): Lines {
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
		mentions: undefined,
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

function lineOf(item: MessageItem, me: string): Omit<Line, "day"> {
	const { key } = item;
	const nothing = {
		content: "",
		mentions: undefined,
		error: undefined,
		removed: undefined,
		pending: undefined,
		refusedId: undefined,
	};
	switch (item.kind) {
		case "message": {
			const { seq, messageId, senderId, createdAt, content, mentions } =
				item.message;
			return {
				...nothing,
				...{ key, seq, messageId, senderId, content, mentions },
				at: createdAt,
				isOwn: item.isOwn,
				status: "stored",
			};
		}
		case "removal": {
			const { seq, messageId, senderId, createdAt, userId } = item.removal;
			return {
				...nothing,
				...{ key, seq, messageId, senderId },
				at: createdAt,
				isOwn: false,
				status: "stored",
				removed: userId,
			};
		}
		case "pending": {
			const { message, status, error } = item;
			return {
				...nothing,
				key,
				seq: undefined,
				messageId: undefined,
				senderId: me,
				at: message.createdAt,
				content: message.content,
				mentions: message.mentions,
				isOwn: true,
				status: status === "acknowledged" ? "stored" : status,
				error: error?.message,
				pending: message,
				refusedId: status === "failed" ? message.clientMessageId : undefined,
			};
		}
	}
}
