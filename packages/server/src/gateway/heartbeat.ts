import { type Look, Progress, type Taking } from "./progress.ts";

/** What the heartbeat needs of a connection. */
export interface Beating extends Taking {
	/** Sends a ping and remembers where in the byte stream it ends. */
	ping(): void;
	/** Whether the last ping has left this process's buffers. */
	readonly pingSent: boolean;
	/** Whether this side has stopped reading, so that no pong can be seen. */
	readonly isPaused: boolean;
	/** Whether the peer has begun a message and not finished it: its pong comes behind the rest. */
	readonly isReceiving: boolean;
	/** Whether the last ping is among so many bytes, or comes right behind them. */
	pingWithin(bytes: number): boolean;
	/** Has what waits in this process counted, whoever wrote it. */
	noteBacklog(): void;
	/** Ends a connection whose peer is gone: there is nobody to say goodbye to. */
	cut(): void;
	/** Ends a connection whose peer reads nothing. */
	stall(): void;
}

export interface HeartbeatOptions {
	readonly intervalMs: number;
	/** From the last pong, or the opening, to the cut. More than `intervalMs`. */
	readonly timeoutMs: number;
	/** From the last byte taken, while others wait, to giving up. */
	readonly stallMs: number;
}

interface Watch {
	/** In {@link performance.now} milliseconds. */
	deadline: number;
	/** Set where the pong is late and the ping may still be on its way to a slow reader. */
	doubt: Progress | undefined;
	/** Whether the deadline was put off once because this process looked late. */
	isPutOff: boolean;
}

const TICKS_PER_INTERVAL = 54;
const MIN_TICK_MS = 10;
const LATE_TICKS = 2;
/** How soon to ask again whether a ping is still on its way. */
const DOUBT_MS = 5000;
/** Ticks that come as late as this mean that this process did not run. */
const STALL_TICKS = 4;

/**
 * Pings every connection once per interval, each at its own time, and cuts those that do not answer. One timer serves
 * all: connections stand in as many buckets as an interval has ticks, and only those whose pong is due are looked at.
 */
export class Heartbeat {
	readonly #options: HeartbeatOptions;
	readonly #tickMs: number;
	readonly #buckets: Set<Beating>[];
	/** Connections with a ping out. An idle, healthy one is in here for a round trip per interval. */
	readonly #awaiting = new Map<Beating, Watch>();
	readonly #home = new Map<Beating, number>();
	readonly #lastAlive = new WeakMap<Beating, number>();
	#timer: NodeJS.Timeout | undefined;
	#startedAt = 0;
	#lastTick = 0;
	/** Turns taken since the start; the next one is of bucket `#turns` modulo their number. */
	#turns = 0;

	constructor(options: HeartbeatOptions) {
		this.#options = options;
		this.#tickMs = Math.max(
			MIN_TICK_MS,
			Math.min(options.intervalMs / TICKS_PER_INTERVAL, this.#answerMs / 4),
		);
		const count = Math.max(1, Math.round(options.intervalMs / this.#tickMs));
		this.#buckets = Array.from({ length: count }, () => new Set());
	}

	start(): void {
		this.#startedAt = performance.now();
		this.#lastTick = this.#startedAt;
		this.#timer = setInterval(() => this.#tick(), this.#tickMs);
		this.#timer.unref();
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	add(connection: Beating): void {
		// The bucket whose turn has just been comes round again an interval from now.
		const bucket =
			(this.#turns + this.#buckets.length - 1) % this.#buckets.length;
		this.#buckets[bucket]?.add(connection);
		this.#home.set(connection, bucket);
		this.#lastAlive.set(connection, performance.now());
	}

	remove(connection: Beating): void {
		const bucket = this.#home.get(connection);
		if (bucket === undefined) return;
		this.#buckets[bucket]?.delete(connection);
		this.#home.delete(connection);
		this.#awaiting.delete(connection);
	}

	/** A pong came: the peer is alive. */
	alive(connection: Beating): void {
		if (!this.#home.has(connection)) return;
		this.#lastAlive.set(connection, performance.now());
		this.#awaiting.delete(connection);
	}

	#tick(): void {
		const now = performance.now();
		const elapsed = now - this.#lastTick;
		this.#lastTick = now;
		if (elapsed > STALL_TICKS * this.#tickMs) this.#forgive(now);
		this.#check(now, elapsed);
		// Counted from the start, so that a late timer does not make every interval longer.
		const due = Math.floor((now - this.#startedAt) / this.#tickMs);
		const turns = Math.min(due - this.#turns, this.#buckets.length);
		for (let turn = due - turns; turn < due; turn++)
			for (const connection of this.#buckets[turn % this.#buckets.length] ?? [])
				this.#ping(connection, now);
		this.#turns = due;
	}

	/** Time a healthy peer has at least to answer a ping. */
	get #answerMs(): number {
		return this.#options.timeoutMs - this.#options.intervalMs;
	}

	/** This process slept: pongs may be waiting unread, so everyone is asked anew before anyone is cut. */
	#forgive(now: number): void {
		for (const [connection, watch] of this.#awaiting) {
			connection.ping();
			watch.deadline = Math.max(watch.deadline, now + this.#answerMs);
			watch.doubt?.moved(now);
		}
	}

	#ping(connection: Beating, now: number): void {
		if (this.#awaiting.has(connection)) return;
		connection.ping();
		const lastAlive = this.#lastAlive.get(connection) ?? now;
		this.#awaiting.set(connection, {
			deadline: Math.max(
				lastAlive + this.#options.timeoutMs,
				// After a stall of ours the ping may be late: the peer gets its time all the same.
				now + this.#answerMs / 2,
			),
			doubt: undefined,
			isPutOff: false,
		});
	}

	#check(now: number, elapsed: number): void {
		for (const [connection, watch] of this.#awaiting) {
			if (
				connection.isPaused ||
				connection.isReceiving ||
				!connection.pingSent
			) {
				// The ping waits behind what the peer has not read, or its pong behind what the peer is sending.
				watch.deadline += elapsed;
				connection.noteBacklog();
			} else if (now < watch.deadline) {
				// It has time.
			} else if (elapsed > LATE_TICKS * this.#tickMs && !watch.isPutOff) {
				// The pong may have come while this process did not look: it is read before the next tick.
				watch.isPutOff = true;
				watch.deadline = now + this.#answerMs / 2;
			} else {
				// Not again before this has been looked into.
				watch.deadline = now + DOUBT_MS;
				void this.#doubt(connection, watch, now);
			}
		}
	}

	/** Cuts a connection whose pong is late, unless its ping is still on its way behind what a slow reader takes. */
	async #doubt(connection: Beating, watch: Watch, now: number): Promise<void> {
		const progress = watch.doubt ?? new Progress(connection, now);
		const isFirst = watch.doubt === undefined;
		let look: Look | undefined;
		try {
			look = await progress.look();
		} catch {
			// The kernel could not be asked: soon again.
			return;
		}
		if (this.#awaiting.get(connection) !== watch) return;
		const hasReached = !look || connection.pingWithin(look.acknowledged);
		if (!hasReached && !look?.isLost) {
			watch.doubt = progress;
			if (progress.stillMs(performance.now()) < this.#options.stallMs) return;
			this.remove(connection);
			connection.stall();
		} else if (hasReached && !isFirst) {
			// The ping has arrived, behind what the peer has yet to read: it gets time for that, once.
			watch.doubt = undefined;
			watch.deadline = now + this.#options.stallMs;
		} else {
			this.remove(connection);
			connection.cut();
		}
	}
}
