// Generated from the table of entry types of the protocol: npm run docs.
import type { MarkUsers } from "./rows.ts";

/** Effect of an entry on the timeline. */
export interface EntryFold {
	readonly kind: "message" | "notice" | "replace" | "erase" | "mark";
	/** Field of a message that reports the marks. */
	readonly as?: keyof Marks;
	/** Field that names the mark, if every user has marks of their own; otherwise the participants share one mark. */
	readonly name?: string;
}

/** Marks of a message. */
export interface Marks {
	readonly reactions: readonly ({ readonly reaction: string } & MarkUsers)[];
	readonly pinned: boolean;
}

/** Effects by type of the entry. */
export const ENTRY_FOLDS: ReadonlyMap<string | undefined, EntryFold> = new Map([
	["chat", { kind: "message" }],
	["edit", { kind: "replace" }],
	["delete", { kind: "erase" }],
	["reaction", { kind: "mark", as: "reactions", name: "reaction" }],
	["pin", { kind: "mark", as: "pinned" }],
	["participant_added", { kind: "notice" }],
	["participant_removed", { kind: "notice" }],
	["role_changed", { kind: "notice" }],
	["conversation_changed", { kind: "notice" }],
]);
