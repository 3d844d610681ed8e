import type { ChatError } from "../errors.ts";
import type { LogEntry, Place } from "./entries.ts";
import { ENTRY_FOLDS, type EntryFold } from "./entry-folds.ts";
import type { Content, MessageRow, TimelineRow } from "./rows.ts";

/** What a message showed: its marks and its thread, without its content. */
interface Base {
	readonly thread?:
		| {
				readonly count: number;
				/** RFC 3339, or milliseconds since 1970. */
				readonly lastAt: string | number;
				readonly userIds: readonly string[];
		  }
		| undefined;
	readonly [field: string]: unknown;
}

/**
 * Everything known about a message, or about a command of this user. The slot of a message exists before the message is
 * loaded if an amendment arrives first.
 */
export interface Slot {
	/** Id of the message; empty for a command. */
	readonly id: string;
	/** Entry without its content, or the command; empty until the message is loaded. */
	origin: LogEntry;
	/** Id of the message that the command concerns. */
	about?: string | undefined;
	key?: string;
	/** 0 for a command. */
	seq: number;
	createdAt: number;
	status: MessageRow["status"];
	error?: ChatError;
	/** Newest known content. Absent without one, and after it was erased. */
	content?: Content | undefined;
	/** Version of the content; `ERASED` after it was erased. */
	version: number;
	/** The message as a timeline page or a row showed it, with all entries up to `asOf` folded in. */
	base?: Base;
	asOf: number;
	/** Newest entries that set or clear marks, by `seq`. */
	readonly marks: Map<number, LogEntry>;
	/** `seq` of the entry that erased the message, if it is known. */
	erasedAt?: number;
	/** Loaded messages of the thread that begins with this message. */
	readonly replies: Set<Slot>;
	/** Place of the command's entry, if the server acknowledged the command. */
	place?: Place;
	row?: TimelineRow | undefined;
	/** Whether `row` may be out of date. */
	isStale?: boolean;
}

export const ERASED = Number.POSITIVE_INFINITY;

export function newSlot(id: string): Slot {
	return {
		id,
		origin: {},
		seq: 0,
		createdAt: 0,
		status: "stored",
		version: 0,
		asOf: 0,
		marks: new Map(),
		replies: new Set(),
	};
}

/** Returns the effect of an entry; undefined if this version does not know its type. */
export function kindOf({ type }: LogEntry): EntryFold["kind"] | undefined {
	return ENTRY_FOLDS.get(type)?.kind;
}

/** Returns whether an entry or a command is a message of its own. */
export function isMessage(entry: LogEntry): boolean {
	return kindOf(entry) === "message";
}
