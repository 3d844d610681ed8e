import type { SentMessage } from "@secureconnect/client";
import type { WireServerFrameOf } from "@secureconnect/protocol";
import { printable, printableLine, shortened } from "./printable.ts";

/** ChatItem of the list: safe for a terminal, and cut to the part that the screen shows. */
export type ChatItem = Post | Note;

export interface Post {
	readonly kind: "post";
	/** Undefined if the server has not stored the message. */
	readonly seq: number | undefined;
	readonly messageId: string | undefined;
	readonly senderId: string;
	readonly at: Date;
	readonly text: string;
	/** Line about the part that is not shown; empty if everything is shown. */
	readonly more: string;
	/** `cut`: only the beginning is shown. `open`: a long message is shown in full. */
	readonly length: "whole" | "cut" | "open";
	/** Only for the user's own messages. */
	readonly status: Status | undefined;
	/** Reason of a failure. */
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

/** Returns the post with its full content from the server, up to {@link MOST_OPEN} characters. */
export function opened(post: Post, content: string): Post {
	const kept = content.slice(0, MOST_OPEN);
	const left = content.length - kept.length;
	return {
		...post,
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

/** Creates the post of the user's own message that the server has not stored, or that failed. */
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

type ShownText = Pick<Post, "text" | "more" | "length">;

function shownOf(content: string, isEncrypted: boolean): ShownText {
	if (isEncrypted)
		return { text: "", more: "an encrypted message", length: "whole" };
	// Cutting comes first: printable() takes long for a megabyte.
	const { text, more } = shortened(content);
	return {
		text: printable(text),
		more,
		length: more === "" ? "whole" : "cut",
	};
}

/** Adds the key that opens a cut message. The content is not kept here, because the server has it. */
function openable(shown: ShownText): ShownText {
	return shown.length === "cut"
		? { ...shown, more: `${shown.more} (Ctrl+O)` }
		: shown;
}
