/** Input and findings of the oracle. */
import type { Event, Shown, Watermark } from "../load/journal.ts";

export interface ClientRecord {
	readonly name: string;
	readonly userId: string;
	/**
	 * How the client continues after a lost connection. `after`: after the last received entry, so it must receive every
	 * entry once. `device`: at the position that its device has proved, so it must receive every entry since its first
	 * connection at least once.
	 */
	readonly resumes: "after" | "device" | undefined;
	readonly events: readonly Event[];
}

/** Record of one conversation after all clients had time to receive everything. */
export interface RoomRecord {
	readonly conversationId: string;
	readonly clients: readonly ClientRecord[];
	/** Whole history from REST. */
	readonly stored: readonly Shown[];
	/** Watermarks of all participants from REST. */
	readonly watermarks: readonly Watermark[];
	/** Start times of the server, in milliseconds on the clock of the events. */
	readonly starts: readonly number[];
}

export interface Finding {
	readonly kind: "lost" | "duplicated" | "reordered" | "broken";
	readonly what: string;
}

/** Returns the events of one kind. */
export type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

/** Maps entries by their `message_id`. */
export function idsOf(stored: readonly Shown[]): Map<string, Shown> {
	return new Map(stored.map((entry) => [entry.message_id, entry]));
}

/** Checks every event of one kind of all clients. */
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
