import { type MeasuredConnection, PeerProgress } from "./peer-progress.ts";

/** Connection whose peer may be slow to take the bytes that the server sends. */
export interface BackloggedConnection extends MeasuredConnection {
	/** Bytes written to the socket that this process still holds. */
	readonly backlogBytes: number;
	/** Ends a connection whose peer takes nothing. */
	stall(): void;
}

export interface BacklogOptions {
	/** Maximum number of queued bytes for one connection. */
	readonly maxBacklogBytes: number;
	/** Maximum number of queued bytes for all connections together. */
	readonly maxTotalBacklogBytes: number;
	/** The server ends a connection if its peer takes no byte for this many milliseconds while bytes wait. */
	readonly stallMs: number;
}

interface Watch {
	counted: number;
	accepted: number;
	readonly progress: PeerProgress;
	lookedAt: number;
	isGivenUp: boolean;
}

const SWEEP_MS = 1000;
/**
 * Milliseconds without visible progress after which the server asks the kernel about a peer, and interval between two
 * such requests.
 */
const LOOK_MS = 5000;
/** A sweep that is this late means that the process did not run. No connection ends because of that time. */
const LATE_MS = 3000;
/** Part of the remaining total that one connection may use. */
const SHARE = 1 / 16;

/**
 * Counts the bytes queued for slow peers, limits them for each connection, and ends connections whose peers take
 * nothing. It tracks only connections with a backlog. All others cost one comparison per write.
 */
export class Backlogs {
	readonly #options: BacklogOptions;
	readonly #watches = new Map<BackloggedConnection, Watch>();
	#queuedBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#lastSweep = 0;

	constructor(options: BacklogOptions) {
		this.#options = options;
	}

	/**
	 * Returns the number of bytes queued for all connections. It may include bytes that were taken within the last
	 * second.
	 */
	get queuedBytes(): number {
		return this.#queuedBytes;
	}

	/**
	 * Returns the number of bytes that may be queued for one connection now: a share of what is left of the total.
	 * However many peers stop reading, they never use up the total, and a peer that reads again finds room (Choudhury and
	 * Hahne, "Dynamic queue length thresholds", 1998).
	 */
	get limit(): number {
		const { maxBacklogBytes, maxTotalBacklogBytes } = this.#options;
		const left = Math.max(0, maxTotalBacklogBytes - this.#queuedBytes);
		return Math.min(maxBacklogBytes, left * SHARE);
	}

	/** Records the backlog of a connection whenever it may have changed. */
	changed(connection: BackloggedConnection): void {
		let watch = this.#watches.get(connection);
		if (!watch) {
			const now = performance.now();
			watch = {
				counted: 0,
				accepted: connection.bytesAccepted,
				progress: new PeerProgress(connection, now),
				lookedAt: now,
				isGivenUp: false,
			};
			this.#watches.set(connection, watch);
			if (!this.#timer) this.#start(now);
		}
		this.#count(watch, connection.backlogBytes);
	}

	remove(connection: BackloggedConnection): void {
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
			// The kernel's buffer was full. It accepts more bytes only after the peer has taken some.
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

	async #look(connection: BackloggedConnection, watch: Watch): Promise<void> {
		const { progress } = watch;
		try {
			await progress.look();
		} catch {
			// Without an answer from the kernel no connection is ended. The next sweep asks again after {@link LOOK_MS}.
			return;
		}
		if (
			this.#watches.get(connection) !== watch ||
			progress.stillMs(performance.now()) < this.#options.stallMs
		)
			return;
		// The bytes that the peer has not taken stay in memory, and are counted, until the connection is closed.
		watch.isGivenUp = true;
		connection.stall();
	}
}
