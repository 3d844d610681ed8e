import type { Scheduler, Timer } from "../fair/scheduler.ts";

/** Length of the pause after a flush, as a multiple of the time that the flush took. */
const REST_PER_FLUSH = 3;
/** Milliseconds. A shorter flush has no pause after it, so small rooms never wait. */
const SHORT_FLUSH_MS = 1;
/** Longest pause in milliseconds. No message waits longer to share a write with later messages. */
const MAX_REST_MS = 12;
/**
 * If a room has this many bytes queued, the number of bytes determines the cost of the write, and waiting saves
 * nothing.
 */
const FULL_BYTES = 16 * 1024;

/**
 * Decides when queued frames are written: at the end of this turn of the event loop, or a little later if writing takes
 * much of the time. The cost of a delivery is the system call per socket. Messages that wait briefly share that call.
 */
export class Pace {
	readonly #scheduler: Scheduler;
	readonly #flush: () => void;
	#restUntil = 0;
	#isEndOfTurnDue = false;
	#timer: Timer | undefined;

	constructor(scheduler: Scheduler, flush: () => void) {
		this.#scheduler = scheduler;
		this.#flush = flush;
	}

	/**
	 * Schedules a flush.
	 * @param bytes queued bytes that go to every connection of one room
	 */
	due(bytes: number): void {
		if (this.#isEndOfTurnDue) return;
		if (bytes >= FULL_BYTES) {
			this.#endOfTurn();
			return;
		}
		if (this.#timer) return;
		const restMs = this.#restUntil - this.#scheduler.elapsed();
		if (restMs <= 0) this.#endOfTurn();
		else this.#timer = this.#scheduler.after(restMs, () => this.#run());
	}

	#endOfTurn(): void {
		this.#scheduler.cancel(this.#timer);
		this.#timer = undefined;
		this.#isEndOfTurnDue = true;
		this.#scheduler.nextTurn(() => this.#run());
	}

	#run(): void {
		this.#timer = undefined;
		this.#isEndOfTurnDue = false;
		const began = this.#scheduler.elapsed();
		this.#flush();
		const ended = this.#scheduler.elapsed();
		const tookMs = ended - began;
		if (tookMs >= SHORT_FLUSH_MS)
			this.#restUntil = ended + Math.min(REST_PER_FLUSH * tookMs, MAX_REST_MS);
	}
}
