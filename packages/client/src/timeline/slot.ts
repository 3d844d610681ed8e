import type { ChatError } from "../errors.ts";
import type { LogEntry, Place } from "./entries.ts";
import { ENTRY_FOLDS, type EntryFold } from "./entry-folds.ts";
import type { Content, MessageRow, TimelineRow } from "./rows.ts";

/**
 * Everything known about a message, or about a command of this user. The slot of a message exists before the message is
 * loaded if an amendment arrives first.
 */
export interface Slot {
	/** Id of the message; empty for a command. */
	readonly id: string;
	/** Entry without its content, or the command; undefined until the message is loaded. */
	origin?: LogEntry | undefined;
	key?: string;
	seq?: number;
	createdAt: number;
	status: MessageRow["status"];
	error?: ChatError;
	/** Newest known content. Absent without one, and after it was erased. */
	content?: Content | undefined;
	/** Version of the content; -1 without one, infinite after it was erased. */
	version: number;
	editedAt?: number | undefined;
	/** The message as a timeline page showed it, with all entries up to `asOf` folded in. */
	base?: LogEntry;
	asOf: number;
	/** Entries that set or clear marks, by `seq`. */
	readonly marks: Map<number, LogEntry>;
	/** `seq` of the entry that erased the message, 0 if the entry is unknown; absent if it was not erased. */
	erasedAt?: number;
	/** Loaded messages of the thread that begins with this message. */
	readonly replies: Set<Slot>;
	/** Place of the command's entry, if the server acknowledged the command. */
	place?: Place;
	row?: TimelineRow | undefined;
	/** Whether `row` may be out of date. */
	isStale?: boolean;
}

export function newSlot(id: string): Slot {
	return {
		id,
		createdAt: 0,
		status: "stored",
		version: -1,
		asOf: 0,
		marks: new Map(),
		replies: new Set(),
	};
}

/** Returns the effect of entries of a type; undefined if this version does not know the type. */
export function kindOf(
	type: string | undefined,
): EntryFold["kind"] | undefined {
	return type !== undefined && Object.hasOwn(ENTRY_FOLDS, type)
		? ENTRY_FOLDS[type]?.kind
		: undefined;
}

/** Returns whether an entry or a command is a message of its own. */
export function isMessage(entry: LogEntry | undefined): boolean {
	return kindOf(entry?.type) === "message";
}
