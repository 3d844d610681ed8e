import type { Load } from "../load/load.ts";
import type { Finding } from "../oracle/record.ts";
import type { Random } from "../random.ts";
import type { ServeOptions, Supervisor } from "../supervisor.ts";

/** What a fault is injected into. */
export interface Cycle {
	/** From 0. */
	readonly number: number;
	readonly server: Supervisor;
	/** Chatting. */
	readonly load: Load;
	readonly random: Random;
}

/** A fault made ready: a place for the data that it can be done to, a proxy that waits. */
export interface Site extends ServeOptions {
	/** Where clients connect to, where that is not the server itself. */
	endpoint?(server: string): string;
	/**
	 * Does it, once, and mends it: afterwards the server runs and has no reason not to serve. Returns what it saw that
	 * the server must not do meanwhile; what clients saw is the oracle's.
	 * @throws {Error} when the fault did not happen: a cycle in which nothing went wrong proves nothing.
	 */
	inject(cycle: Cycle): Promise<Finding[]>;
	/** Leaves the machine as it was. */
	close(): Promise<void>;
}

export interface Fault {
	readonly name: string;
	/** In one line. */
	readonly does: string;
	/** How many cycles a line of SCORE.md is made of. */
	readonly scoredCycles: number;
	/** Why it cannot be done on this machine. */
	missing(): string | undefined;
	/** @param directory an empty one for this fault alone, removed afterwards. */
	prepare(directory: string): Promise<Site>;
}
