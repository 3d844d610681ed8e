import type { MessageRow, TimelineRow } from "@secureconnect/client/timeline";
import { excerptOf } from "./excerpt.ts";
import type { Names } from "./names.ts";
import { noticeOf } from "./notices.ts";
import { printable, printableLine, shortened } from "./printable.ts";

/** Item of the list: a row of the timeline, safe for a terminal, and cut to the part that the screen shows. */
export type ChatItem = Post | Note;

interface Item {
	/** Stays the same when the row changes. */
	readonly key: string;
	/** Undefined if the server has not stored the message. */
	readonly seq: number | undefined;
	readonly at: Date;
}

export interface Post extends Item {
	readonly kind: "post";
	readonly row: MessageRow;
	readonly senderId: string;
	readonly text: string;
	/** Line about the part that is not shown; empty if everything is shown. */
	readonly more: string;
	/** `cut`: only the beginning is shown. `open`: a long message is shown in full. */
	readonly length: "whole" | "cut" | "open";
	/** Message that this message answers; undefined if it answers none. */
	readonly quote: Quote | undefined;
	/** Only for the user's own messages. */
	readonly status: MessageRow["status"] | undefined;
	/** Reason of a failure. */
	readonly why: string | undefined;
}

interface Quote {
	/** Undefined if the message is not loaded. */
	readonly senderId: string | undefined;
	/** Beginning of the message in one line. */
	readonly text: string;
}

/** An entry that is not a message, such as the removal of a participant. */
export interface Note extends Item {
	readonly kind: "note";
	/** Returns its line; undefined if this version does not know its type. */
	readonly text: (names: Names) => string | undefined;
}

const MOST_QUOTED = 100;

/**
 * Returns the item of a row.
 * @param answered row of the message that it answers, if that is loaded
 * @param isOpen whether to show a long message in full
 */
export function itemOf(
	row: TimelineRow,
	answered: TimelineRow | undefined,
	isOpen: boolean,
): ChatItem {
	const { key, seq, createdAt } = row;
	const item = { key, seq: seq || undefined, at: new Date(createdAt) };
	if (row.kind === "notice")
		return {
			kind: "note",
			...item,
			text: (names) => noticeOf(row.entry, names),
		};
	const { senderId = "", isOwn, deleted, status, error } = row;
	return {
		kind: "post",
		...item,
		row,
		senderId,
		...shownOf(row, isOpen),
		quote: answeredBy(row) === undefined ? undefined : quoteOf(answered),
		status: isOwn && !deleted ? status : undefined,
		why: error && printableLine(error.message),
	};
}

/** Returns the id of the message that a message answers. */
export function answeredBy(row: TimelineRow): string | undefined {
	return row.kind === "message" ? (row.replyTo ?? row.threadId) : undefined;
}

function quoteOf(row: TimelineRow | undefined): Quote {
	if (row?.kind !== "message")
		return { senderId: undefined, text: "an earlier message" };
	const { senderId, deleted, isEncrypted, content } = row;
	if (deleted) return { senderId, text: DELETED };
	if (isEncrypted) return { senderId, text: ENCRYPTED };
	return { senderId, text: excerptOf(content, MOST_QUOTED) };
}

/** Text in place of the content of a deleted message. */
export const DELETED = "message deleted";
const ENCRYPTED = "an encrypted message";

type ShownText = Pick<Post, "text" | "more" | "length">;

function shownOf(
	{ content, isEncrypted }: MessageRow,
	isOpen: boolean,
): ShownText {
	if (isEncrypted) return { text: "", more: ENCRYPTED, length: "whole" };
	// Cutting comes first: printable() takes long for a megabyte.
	const { text, more } = shortened(content);
	if (more === "") return { text: printable(text), more, length: "whole" };
	return isOpen
		? openedText(content)
		: { text: printable(text), more: `${more} (Ctrl+O)`, length: "cut" };
}

/** Returns the full content, up to {@link MOST_OPEN} characters. */
function openedText(content: string): ShownText {
	const kept = content.slice(0, MOST_OPEN);
	const left = content.length - kept.length;
	return {
		text: printable(kept),
		more:
			left === 0
				? "(Ctrl+O: show less)"
				: `… ${left.toLocaleString("en")} more characters; "secureconnect tail --json" prints them (Ctrl+O: show less)`,
		length: "open",
	};
}

/** Bound in characters. A text of this length takes a fraction of a second to lay out for each width of the window. */
const MOST_OPEN = 200_000;
