import {
	type Look,
	type MeasuredConnection,
	PeerProgress,
} from "./peer-progress.ts";

/** Connection that the heartbeat checks. */
export interface HeartbeatConnection extends MeasuredConnection {
	/** Sends a ping and remembers its end in the byte stream. */
	ping(): void;
	/** Whether the last ping has left this process's buffers. */
	readonly pingSent: boolean;
	/** Whether this side has stopped reading and so cannot see a pong. */
	readonly isPaused: boolean;
	/** Whether the peer has begun a message and not finished it. Its pong then comes after the rest of the message. */
	readonly isReceiving: boolean;
	/** Returns whether the last ping begins within the first `bytes` bytes of the stream, or directly after them. */
	pingWithin(bytes: number): boolean;
	/** Counts the bytes that wait in this process, whichever code wrote them. */
	noteBacklog(): void;
	/** Ends a connection whose peer is gone, without a close frame. */
	cut(): void;
	/** Ends a connection whose peer reads nothing. */
	stall(): void;
}

export interface HeartbeatOptions {
	readonly intervalMs: number;
	/** Milliseconds from the last pong, or the opening, until the connection is cut. More than `intervalMs`. */
	readonly timeoutMs: number;
	/** The connection ends if its peer takes no byte for this many milliseconds while bytes wait. */
	readonly stallMs: number;
}

interface Watch {
	/** Time in milliseconds of {@link performance.now}. */
	deadline: number;
	/** Set while the pong is late and the ping may still be on its way to a slow reader. */
	doubt: PeerProgress | undefined;
	/** Whether the deadline was extended once because this process seemed to run late. */
	isPutOff: boolean;
}

const TICKS_PER_INTERVAL = 54;
const MIN_TICK_MS = 10;
const LATE_TICKS = 2;
/** Milliseconds until the heartbeat asks again whether a ping is still on its way. */
const DOUBT_MS = 5000;
/** Ticks that are this late mean that the process did not run. */
const STALL_TICKS = 4;

/**
 * Pings every connection once per interval, at different times, and cuts connections that do not answer. One timer
 * serves all connections. They are in as many buckets as an interval has ticks. A tick looks only at connections with a
 * ping outstanding.
 */
export class Heartbeat {
	readonly #options: HeartbeatOptions;
	readonly #tickMs: number;
	readonly #buckets: Set<HeartbeatConnection>[];
	/** Connections with an outstanding ping. An idle, healthy connection is here for one round trip per interval. */
	readonly #awaiting = new Map<HeartbeatConnection, Watch>();
	readonly #home = new Map<HeartbeatConnection, number>();
	readonly #lastAlive = new WeakMap<HeartbeatConnection, number>();
	#timer: NodeJS.Timeout | undefined;
	#startedAt = 0;
	#lastTick = 0;
	/** Turns since the start. The next turn belongs to bucket `#turns` modulo the number of buckets. */
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

	add(connection: HeartbeatConnection): void {
		// The bucket whose turn has just ended comes next after one interval.
		const bucket =
			(this.#turns + this.#buckets.length - 1) % this.#buckets.length;
		this.#buckets[bucket]?.add(connection);
		this.#home.set(connection, bucket);
		this.#lastAlive.set(connection, performance.now());
	}

	remove(connection: HeartbeatConnection): void {
		const bucket = this.#home.get(connection);
		if (bucket === undefined) return;
		this.#buckets[bucket]?.delete(connection);
		this.#home.delete(connection);
		this.#awaiting.delete(connection);
	}

	/** Records a pong: the peer is alive. */
	alive(connection: HeartbeatConnection): void {
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
		// Counted from the start, so that a late timer does not lengthen every interval.
		const due = Math.floor((now - this.#startedAt) / this.#tickMs);
		const turns = Math.min(due - this.#turns, this.#buckets.length);
		for (let turn = due - turns; turn < due; turn++)
			for (const connection of this.#buckets[turn % this.#buckets.length] ?? [])
				this.#ping(connection, now);
		this.#turns = due;
	}

	/** Returns the minimum time that a healthy peer has to answer a ping. */
	get #answerMs(): number {
		return this.#options.timeoutMs - this.#options.intervalMs;
	}

	/**
	 * Handles a pause of this process. Pongs may be waiting unread, so every connection gets a new ping before any is
	 * cut.
	 */
	#forgive(now: number): void {
		for (const [connection, watch] of this.#awaiting) {
			connection.ping();
			watch.deadline = Math.max(watch.deadline, now + this.#answerMs);
			watch.doubt?.moved(now);
		}
	}

	#ping(connection: HeartbeatConnection, now: number): void {
		if (this.#awaiting.has(connection)) return;
		connection.ping();
		const lastAlive = this.#lastAlive.get(connection) ?? now;
		this.#awaiting.set(connection, {
			deadline: Math.max(
				lastAlive + this.#options.timeoutMs,
				// After a pause of this process the ping may be late. The peer still gets time to answer.
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
				// The ping is queued behind bytes that the peer has not read, or the pong behind bytes that the peer is
				// sending.
				watch.deadline += elapsed;
				connection.noteBacklog();
			} else if (now < watch.deadline) {
				// The deadline has not passed.
			} else if (elapsed > LATE_TICKS * this.#tickMs && !watch.isPutOff) {
				// The pong may have arrived while this process did not run. The process reads it before the next tick.
				watch.isPutOff = true;
				watch.deadline = now + this.#answerMs / 2;
			} else {
				// Prevents a second check while this one is in progress.
				watch.deadline = now + DOUBT_MS;
				void this.#doubt(connection, watch, now);
			}
		}
	}

	/** Cuts a connection whose pong is late, unless its ping is still queued behind bytes that a slow peer is reading. */
	async #doubt(
		connection: HeartbeatConnection,
		watch: Watch,
		now: number,
	): Promise<void> {
		const progress = watch.doubt ?? new PeerProgress(connection, now);
		const isFirst = watch.doubt === undefined;
		let look: Look | undefined;
		try {
			look = await progress.look();
		} catch {
			// The kernel could not be asked. The next check follows after {@link DOUBT_MS}.
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
			// The ping has arrived, but the peer must first read the bytes before it. The peer gets time for that once.
			watch.doubt = undefined;
			watch.deadline = now + this.#options.stallMs;
		} else {
			this.remove(connection);
			connection.cut();
		}
	}
}
