/** What a timeline accepts. All fields are in camelCase. */
import type { MarkUsers } from "./rows.ts";

/**
 * An entry of a conversation's log: the fields of its frame. A message of a timeline page also has the fields that
 * report its amendments. Of an entry with an unknown type, the timeline reads only `seq`.
 */
export interface LogEntry {
	readonly type?: string;
	/** A message without a number comes after all others. */
	readonly seq?: number | undefined;
	readonly messageId?: string;
	readonly senderId?: string;
	/** RFC 3339. */
	readonly timestamp?: string;
	readonly clientMessageId?: string;
	/** Only of a command: time at which the user gave it, in milliseconds since 1970. */
	readonly createdAt?: number;
	readonly targetId?: string;
	readonly on?: boolean;
	readonly replyTo?: string;
	readonly threadId?: string;
	readonly version?: number;
	readonly editedAt?: string | undefined;
	readonly deleted?: boolean;
	readonly thread?: {
		readonly count: number;
		readonly lastAt: string;
		readonly userIds: readonly string[];
	};
	readonly [field: string]: unknown;
}

/** A command of this user: the fields of its frame, and its time. */
export interface Command extends LogEntry {
	readonly type: string;
	readonly clientMessageId: string;
	readonly createdAt: number;
}

/** Place of an entry in the log. */
export interface Place {
	readonly messageId: string;
	/** Undefined on a server that does not number entries. */
	readonly seq?: number | undefined;
}

/** Marks of one name on a message of a timeline page. A field that depends on the type of the marks holds the name. */
export type PageMark = MarkUsers & Readonly<Record<string, unknown>>;
