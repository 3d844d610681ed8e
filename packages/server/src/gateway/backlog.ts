import { Progress, type Taking } from "./progress.ts";

/** A connection whose peer may be slow to take what it is sent. */
export interface Backlogged extends Taking {
	/** Bytes handed over that this process still holds. */
	readonly backlogBytes: number;
	/** Ends a connection whose peer takes nothing. */
	stall(): void;
}

export interface BacklogOptions {
	/** Bytes that are kept for one connection. */
	readonly maxBacklogBytes: number;
	/** Bytes that are kept for all of them. */
	readonly maxTotalBacklogBytes: number;
	/** From the last byte that a peer took, while others wait, to giving it up. */
	readonly stallMs: number;
}

interface Watch {
	counted: number;
	accepted: number;
	readonly progress: Progress;
	lookedAt: number;
	isGivenUp: boolean;
}

const SWEEP_MS = 1000;
/** The kernel is asked about a peer that seems to have taken nothing for as long as this, and as often. */
const LOOK_MS = 5000;
/** A sweep as late as this means that this process did not run: nobody is given up for it. */
const LATE_MS = 3000;
/** What one connection may take of what is left of the total. */
const SHARE = 1 / 16;

/**
 * Counts what is kept for peers that are slow to take it, says how much may be kept for each, and gives up those that
 * take nothing at all. Only connections with a backlog are in here: the others cost a comparison per write.
 */
export class Backlogs {
	readonly #options: BacklogOptions;
	readonly #watches = new Map<Backlogged, Watch>();
	#queuedBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#lastSweep = 0;

	constructor(options: BacklogOptions) {
		this.#options = options;
	}

	/** Bytes kept for all connections; what was taken within the last second may be among them. */
	get queuedBytes(): number {
		return this.#queuedBytes;
	}

	/**
	 * Bytes that may be kept for one connection now: a share of what is left of the total, so that the total is never used up however many
	 * peers stop reading, and one that reads on finds room (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
	 */
	get limit(): number {
		const { maxBacklogBytes, maxTotalBacklogBytes } = this.#options;
		const left = Math.max(0, maxTotalBacklogBytes - this.#queuedBytes);
		return Math.min(maxBacklogBytes, left * SHARE);
	}

	/** A connection has a backlog, or another one than before. */
	changed(connection: Backlogged): void {
		let watch = this.#watches.get(connection);
		if (!watch) {
			const now = performance.now();
			watch = {
				counted: 0,
				accepted: connection.bytesAccepted,
				progress: new Progress(connection, now),
				lookedAt: now,
				isGivenUp: false,
			};
			this.#watches.set(connection, watch);
			if (!this.#timer) this.#start(now);
		}
		this.#count(watch, connection.backlogBytes);
	}

	remove(connection: Backlogged): void {
		const watch = this.#watches.get(connection);
		if (!watch) return;
		this.#count(watch, 0);
		this.#watches.delete(connection);
		if (this.#watches.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#start(now: number): void {
		this.#lastSweep = now;
		this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
		this.#timer.unref();
	}

	#count(watch: Watch, bytes: number): void {
		this.#queuedBytes += bytes - watch.counted;
		watch.counted = bytes;
	}

	#sweep(): void {
		const now = performance.now();
		const slept = now - this.#lastSweep > LATE_MS;
		this.#lastSweep = now;
		for (const [connection, watch] of this.#watches) {
			const { backlogBytes, bytesAccepted } = connection;
			const { progress, accepted } = watch;
			this.#count(watch, backlogBytes);
			watch.accepted = bytesAccepted;
			// The kernel was full: it accepts more where the peer has taken some.
			if (slept || bytesAccepted !== accepted) progress.moved(now);
			if (backlogBytes === 0) this.remove(connection);
			else if (
				!watch.isGivenUp &&
				progress.stillMs(now) >= LOOK_MS &&
				now - watch.lookedAt >= LOOK_MS
			) {
				watch.lookedAt = now;
				void this.#look(connection, watch);
			}
		}
	}

	async #look(connection: Backlogged, watch: Watch): Promise<void> {
		const { progress } = watch;
		try {
			await progress.look();
		} catch {
			// Nobody is given up unseen; the next look is soon.
			return;
		}
		if (
			this.#watches.get(connection) !== watch ||
			progress.stillMs(performance.now()) < this.#options.stallMs
		)
			return;
		// What it has not taken is kept, and counted, until it is gone.
		watch.isGivenUp = true;
		connection.stall();
	}
}
