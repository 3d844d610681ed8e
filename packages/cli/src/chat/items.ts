import type { SentMessage } from "@secureconnect/client";
import type { WireServerFrameOf } from "@secureconnect/protocol";
import { printable, printableLine, shortened } from "./printable.ts";

/** What stands in the list: fit for a terminal, and no longer than what is shown of it. */
export type ChatItem = Post | Note;

export interface Post {
	readonly kind: "post";
	/** Undefined where the server has not stored it. */
	readonly seq: number | undefined;
	readonly messageId: string | undefined;
	readonly senderId: string;
	readonly at: Date;
	readonly text: string;
	/** What is said of the rest, where there is one. */
	readonly more: string;
	/** `cut`: there is more to be read; `open`: and it is shown. */
	readonly length: "whole" | "cut" | "open";
	/** Only for the user's own messages. */
	readonly status: Status | undefined;
	/** Why it failed. */
	readonly why: string | undefined;
}

export type Status = "queued" | "sent" | "stored" | "failed";

/** A participant was removed or left. */
export interface Note {
	readonly kind: "note";
	readonly seq: number;
	readonly at: Date;
	readonly userId: string;
	readonly byId: string;
}

export function storedPost(
	frame: WireServerFrameOf["chat"],
	ownId: string | undefined,
): Post {
	return {
		kind: "post",
		seq: frame.seq,
		messageId: frame.message_id,
		senderId: frame.sender_id,
		at: new Date(frame.timestamp),
		...openable(shownOf(frame.content, frame.is_encrypted)),
		status: frame.sender_id === ownId ? "stored" : undefined,
		why: undefined,
	};
}

/** The same with all that there is to be read, as the server has it, up to a bound of what is laid out at once. */
export function opened(post: Post, content: string): Post {
	const kept = content.slice(0, MOST_OPEN);
	const left = content.length - kept.length;
	return {
		...post,
		text: printable(kept),
		more:
			left === 0
				? "(Ctrl+O: short again)"
				: `… ${left.toLocaleString("en")} characters more with "secureconnect tail --json" (Ctrl+O: short again)`,
		length: "open",
	};
}

/** Laid out in a fraction of a second, for each width of the window. */
const MOST_OPEN = 200_000;

/** One's own message that has no place in the conversation yet, or will have none. */
export function unstoredPost(message: SentMessage, ownId: string): Post {
	const { status, error } = message;
	return {
		kind: "post",
		seq: undefined,
		messageId: undefined,
		senderId: ownId,
		at: new Date(message.createdAt),
		...shownOf(message.content, message.isEncrypted),
		status: status === "acknowledged" ? "stored" : status,
		why: error && printableLine(error.message),
	};
}

export function removalNote(
	frame: WireServerFrameOf["participant_removed"],
): Note {
	return {
		kind: "note",
		seq: frame.seq,
		at: new Date(frame.timestamp),
		userId: frame.user_id,
		byId: frame.sender_id,
	};
}

type Shown = Pick<Post, "text" | "more" | "length">;

function shownOf(content: string, isEncrypted: boolean): Shown {
	if (isEncrypted)
		return { text: "", more: "an encrypted message", length: "whole" };
	// Before it is made printable: that takes its time for a megabyte.
	const { text, more } = shortened(content);
	return {
		text: printable(text),
		more,
		length: more === "" ? "whole" : "cut",
	};
}

/** What the server has can be fetched again, and is not kept here. */
function openable(shown: Shown): Shown {
	return shown.length === "cut"
		? { ...shown, more: `${shown.more} (Ctrl+O)` }
		: shown;
}
