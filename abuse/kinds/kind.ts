import type { Tally } from "../load/tally.ts";

/** What an abuser has: the server, the identity of an ordinary user, and a place to count what it gets. */
export interface Target {
	readonly port: number;
	readonly token: string;
	readonly tally: Tally;
	/** Chooses between the amount of a full run and that of the short form. */
	amount(full: number, short: number): number;
	/** Adds a fact about the preparation to the report, for example that the server refused to go on. */
	note(text: string): void;
}

/** Abuses the server for as long as its process lives. */
export type Attack = () => Promise<unknown>;

/** A way for one ordinary user to use up what the server has. */
export interface Kind {
	readonly name: string;
	readonly does: string;
	/** HTTP statuses that the abuser may get, besides those of a server that defends itself. */
	readonly answers: readonly number[];
	/** WebSocket close codes that it may get, besides the same. */
	readonly closes?: readonly number[];
	/** How long the short form lasts, in milliseconds, where the usual time is too short to use up memory. */
	readonly shortMs?: number;
	/** Fills rooms and so on; not measured. */
	prepare(target: Target): Promise<Attack>;
}

/** Answers of a server that defends itself: too slow, too many, unavailable. */
export const DEFENCES: readonly number[] = [408, 429, 503];
/** Close codes of the same: abuse, not reading. */
export const DEFENDING_CLOSES: readonly number[] = [1008, 1013];
