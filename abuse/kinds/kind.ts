import type { Tally } from "../load/tally.ts";

/** Resources of an abuser: the server, the identity of an ordinary user, and a counter of the answers. */
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

/** Way in which one ordinary user can exhaust resources of the server. */
export interface Kind {
	readonly name: string;
	readonly does: string;
	/** HTTP statuses that the abuser may get, besides those of a server that defends itself. */
	readonly answers: readonly number[];
	/** WebSocket close codes that the abuser may get, besides those of a server that defends itself. */
	readonly closes?: readonly number[];
	/** Duration of the short form in milliseconds, if the usual one is too short to use up memory. */
	readonly shortMs?: number;
	/** Prepares rooms and messages. This is not measured. */
	prepare(target: Target): Promise<Attack>;
}

/** Statuses of a server that defends itself: too slow, too many, unavailable. */
export const DEFENCES: readonly number[] = [408, 429, 503];
/** Close codes of a server that defends itself: abuse, not reading. */
export const DEFENDING_CLOSES: readonly number[] = [1008, 1013];
