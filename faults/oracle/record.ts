/** What the oracle is handed, and what it says. */
import type { Event, Shown, Watermark } from "../load/journal.ts";

export interface ClientRecord {
	readonly name: string;
	readonly userId: string;
	/**
	 * How it goes on after a lost connection: behind what it was shown last, so that it must have been shown everything,
	 * once; or where its device has proved to be, so that it must have been shown everything from its first connection
	 * on, at least once.
	 */
	readonly resumes: "after" | "device" | undefined;
	readonly events: readonly Event[];
}

/** One conversation, audited after everybody had time to be told everything. */
export interface RoomRecord {
	readonly conversationId: string;
	readonly clients: readonly ClientRecord[];
	/** The whole history, as REST shows it. */
	readonly stored: readonly Shown[];
	/** Everybody's watermark, as REST shows it. */
	readonly watermarks: readonly Watermark[];
	/** When the server was started, in milliseconds on the clock of the events. */
	readonly starts: readonly number[];
}

export interface Finding {
	readonly kind: "lost" | "duplicated" | "reordered" | "broken";
	readonly what: string;
}

/** The events of one kind. */
export type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

/** Entries by their `message_id`. */
export function idsOf(stored: readonly Shown[]): Map<string, Shown> {
	return new Map(stored.map((entry) => [entry.message_id, entry]));
}

/** Checks every event of one kind, of every client. */
export function each<K extends Event["kind"]>(
	clients: readonly ClientRecord[],
	kind: K,
	check: (event: Of<K>, who: string) => Finding | undefined,
): Finding[] {
	return clients.flatMap(({ name, events }) =>
		events.flatMap((event) =>
			event.kind === kind ? (check(event as Of<K>, name) ?? []) : [],
		),
	);
}

export const lost = (what: string): Finding => ({ kind: "lost", what });
export const duplicated = (what: string): Finding => ({
	kind: "duplicated",
	what,
});
export const reordered = (what: string): Finding => ({
	kind: "reordered",
	what,
});
export const broken = (what: string): Finding => ({ kind: "broken", what });
