import type { Load } from "../load/load.ts";
import type { Finding } from "../oracle/record.ts";
import type { Random } from "../random.ts";
import type { ServeOptions, Supervisor } from "../supervisor.ts";

/** Running cycle into which a fault is injected. */
export interface Cycle {
	/** Number of the cycle, from 0. */
	readonly number: number;
	readonly server: Supervisor;
	/** Clients that chat meanwhile. */
	readonly load: Load;
	readonly random: Random;
}

/** Prepared fault, for example with a mounted data directory or a waiting proxy. */
export interface Site extends ServeOptions {
	/** Address that clients connect to, if it is not the server's own. */
	endpoint?(server: string): string;
	/**
	 * Injects the fault once and repairs it, so that afterwards the server runs and can serve. Returns violations that it
	 * observes itself. The oracle judges what the clients observed.
	 * @throws {Error} if the fault did not happen, because such a cycle proves nothing
	 */
	inject(cycle: Cycle): Promise<Finding[]>;
	/** Restores the machine. */
	close(): Promise<void>;
}

export interface Fault {
	readonly name: string;
	/** Description in one line. */
	readonly does: string;
	/** Number of cycles for a line of SCORE.md. */
	readonly scoredCycles: number;
	/** Returns the reason why this machine cannot produce the fault; undefined if it can. */
	missing(): string | undefined;
	/** Prepares the fault. @param directory an empty directory for this fault, removed afterwards */
	prepare(directory: string): Promise<Site>;
}
