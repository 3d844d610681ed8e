import type { ChatError } from "../errors.ts";
import type { Command, LogEntry } from "./entries.ts";
import { ENTRY_FOLDS, type EntryFold } from "./entry-folds.ts";
import type { Content, TimelineRow } from "./rows.ts";

/**
 * Everything known about one message. It exists before the message is loaded if an amendment of the message arrives
 * first.
 */
export interface Slot {
	/** The message's entry, without regard to amendments; undefined until it is loaded. */
	origin: LogEntry | undefined;
	key: string | undefined;
	seq: number;
	createdAt: number;
	status: "queued" | "sent" | "stored" | "failed";
	error: ChatError | undefined;
	/** Newest known content and its version; -1 if there is none. */
	content: Content | undefined;
	version: number;
	editedAt: number | undefined;
	/** The message as a timeline page showed it, with all entries up to `asOf` folded in. */
	base: LogEntry | undefined;
	asOf: number;
	/** Entries after `asOf` that set or clear marks, in order of `seq`. */
	marks: LogEntry[];
	/** `seq` of the entry that erased the message, 0 if the entry is unknown; undefined if it was not erased. */
	erasedAt: number | undefined;
	/** Messages whose thread begins with this message, in no order. */
	readonly replies: Set<Slot>;
	/** Commands of this user about the message, and messages of its thread, that are not confirmed. */
	pending: readonly Command[];
	row: TimelineRow | undefined;
	/** Whether `row` may be out of date. */
	isStale: boolean;
}

export function newSlot(): Slot {
	return {
		origin: undefined,
		key: undefined,
		seq: 0,
		createdAt: 0,
		status: "stored",
		error: undefined,
		content: undefined,
		version: -1,
		editedAt: undefined,
		base: undefined,
		asOf: 0,
		marks: [],
		erasedAt: undefined,
		replies: new Set(),
		pending: [],
		row: undefined,
		isStale: true,
	};
}

/** Returns the effect of entries of a type; undefined if this version does not know the type. */
export function foldOf(type: string | undefined): EntryFold | undefined {
	return type !== undefined && Object.hasOwn(ENTRY_FOLDS, type)
		? ENTRY_FOLDS[type]
		: undefined;
}

/** Returns whether entries and commands of a type are messages of their own. */
export function isMessage(type: string | undefined): boolean {
	return foldOf(type)?.kind === "message";
}
