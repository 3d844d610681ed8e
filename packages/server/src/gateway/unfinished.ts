/** Connection whose peer has begun a message or frame and not finished it. */
export interface ReceivingConnection {
	/** Whether this side has stopped reading, so that no byte can arrive. */
	readonly isPaused: boolean;
	/** Number of the message on its connection, and bytes received of it; undefined if no message is unfinished. */
	readonly unfinished:
		| { readonly message: number; readonly bytes: number }
		| undefined;
	/** Ends a connection whose message makes too little progress. */
	giveUp(): void;
}

export interface UnfinishedOptions {
	/** Milliseconds without a byte until the connection ends. */
	readonly silenceMs: number;
	/** Milliseconds for which a message may be slow. */
	readonly graceMs: number;
	/** Minimum average speed after that, in bytes per second. */
	readonly bytesPerSecond: number;
}

interface Watch {
	message: number;
	bytes: number;
	beganAt: number;
	movedAt: number;
}

const SWEEP_MS = 1000;
/** A sweep that is this late means that the process did not run. No connection ends because of it. */
const LATE_MS = 3000;

/**
 * Ends connections whose peers leave a message unfinished, because its bytes stay in memory. It tracks only connections
 * with an unfinished message. One sweep checks all of them.
 */
export class UnfinishedMessages {
	readonly #options: UnfinishedOptions;
	readonly #watches = new Map<ReceivingConnection, Watch>();
	#timer: NodeJS.Timeout | undefined;
	#lastSweep = 0;

	constructor(options: UnfinishedOptions) {
		this.#options = options;
	}

	/** Watches a connection until its message is complete. */
	add(connection: ReceivingConnection): void {
		const { unfinished } = connection;
		if (!unfinished || this.#watches.has(connection)) return;
		const now = performance.now();
		this.#watches.set(connection, begun(unfinished, now));
		if (this.#timer) return;
		this.#lastSweep = now;
		this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
		this.#timer.unref();
	}

	remove(connection: ReceivingConnection): void {
		if (!this.#watches.delete(connection) || this.#watches.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#sweep(): void {
		const now = performance.now();
		const elapsed = now - this.#lastSweep;
		this.#lastSweep = now;
		for (const [connection, watch] of this.#watches) {
			if (connection.isPaused || elapsed > LATE_MS) {
				watch.beganAt += elapsed;
				watch.movedAt += elapsed;
				continue;
			}
			const { unfinished } = connection;
			if (!unfinished) this.remove(connection);
			else if (unfinished.message !== watch.message)
				Object.assign(watch, begun(unfinished, now));
			else {
				if (unfinished.bytes !== watch.bytes) watch.movedAt = now;
				watch.bytes = unfinished.bytes;
				if (this.#isTooSlow(watch, now)) {
					this.remove(connection);
					connection.giveUp();
				}
			}
		}
	}

	#isTooSlow({ bytes, beganAt, movedAt }: Watch, now: number): boolean {
		const { silenceMs, graceMs, bytesPerSecond } = this.#options;
		const age = now - beganAt;
		return (
			now - movedAt >= silenceMs ||
			(age >= graceMs && bytes * 1000 < age * bytesPerSecond)
		);
	}
}

function begun(
	{ message, bytes }: { message: number; bytes: number },
	now: number,
): Watch {
	return { message, bytes, beganAt: now, movedAt: now };
}
