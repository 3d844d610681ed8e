/** Rows that a user interface draws. They are immutable; a row is a new object only if its content changed. */
import type { ChatError } from "../errors.ts";
import type { Metadata } from "../events.ts";
import type { LogEntry } from "./entries.ts";
import type { Marks } from "./entry-folds.ts";

/** Users who set the same mark. */
export interface MarkUsers {
	readonly count: number;
	/** Whether this user set the mark. */
	readonly me: boolean;
	/** At most ten of the users, in the order in which they set the mark. */
	readonly userIds: readonly string[];
}

/** Messages that answer the first message of a thread. */
export interface Thread {
	/** Number of messages without deleted ones. */
	readonly count: number;
	/** Time of the newest message, in milliseconds since 1970. */
	readonly lastAt: number;
	/** At most five users who wrote most recently, newest first. */
	readonly userIds: readonly string[];
}

/** Fields of a message that an edit changes. */
export interface Content<M extends object = Metadata> {
	readonly content: string;
	readonly isEncrypted: boolean;
	readonly messageType: string;
	readonly metadata: Readonly<M>;
	readonly mentions:
		| {
				readonly userIds?: readonly string[] | undefined;
				readonly all?: boolean | undefined;
		  }
		| undefined;
	/** `seq` of the newest edit; 0 if there is none. */
	readonly version: number;
	/** Milliseconds since 1970. */
	readonly editedAt: number | undefined;
}

/** A message with all its amendments. A message that the server has not stored yet has the same fields. */
export interface MessageRow<M extends object = Metadata>
	extends Content<M>,
		Marks {
	readonly kind: "message";
	/** Stays the same from the moment at which the user writes the message. */
	readonly key: string;
	/** `failed`: the server rejected the message; it stays until it is discarded. */
	readonly status: "queued" | "sent" | "stored" | "failed";
	/** Reason for the failure. */
	readonly error: ChatError | undefined;
	/** Whether the row shows an amendment by this user that the server has not confirmed yet. */
	readonly isPending: boolean;
	readonly isOwn: boolean;
	readonly senderId: string | undefined;
	/** Milliseconds since 1970: by the server's clock once the message is stored. */
	readonly createdAt: number;
	/** Undefined until the message is stored. */
	readonly messageId: string | undefined;
	/** 0 until the message is stored. */
	readonly seq: number;
	readonly clientMessageId: string | undefined;
	readonly replyTo: string | undefined;
	readonly threadId: string | undefined;
	/** Whether the content was deleted. */
	readonly deleted: boolean;
	/** Undefined if no message answers this message in a thread. */
	readonly thread: Thread | undefined;
}

/** An entry that is neither a message nor an amendment, such as the removal of a participant. */
export interface NoticeRow {
	readonly kind: "notice";
	readonly key: string;
	readonly seq: number;
	readonly senderId: string | undefined;
	readonly createdAt: number;
	readonly entry: LogEntry;
}

export type TimelineRow<M extends object = Metadata> =
	| MessageRow<M>
	| NoticeRow;
