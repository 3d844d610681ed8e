/** How often fan-out may rest, and for how long: so many times as long as the last flush took. */
const REST_PER_FLUSH = 3;
/** A flush shorter than this is followed by no rest: small rooms never wait. */
const SHORT_FLUSH_MS = 1;
/** No message waits longer than this for company. */
const MAX_REST_MS = 12;
/** With so much due to one room, a write costs by its bytes: waiting for more would save nothing. */
const FULL_BYTES = 16 * 1024;

/**
 * Decides when what is due is written: at the end of this turn of the event loop; or, where writing takes much of the
 * time, a little later. The system call per socket is what a delivery costs, and messages that wait a moment share it.
 */
export class Pace {
	readonly #flush: () => void;
	#restUntil = 0;
	#immediate: NodeJS.Immediate | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(flush: () => void) {
		this.#flush = flush;
	}

	/** @param bytes that are due to every connection of one room. */
	due(bytes: number): void {
		if (this.#immediate) return;
		if (bytes >= FULL_BYTES) {
			this.#endOfTurn();
			return;
		}
		if (this.#timer) return;
		const restMs = this.#restUntil - performance.now();
		if (restMs <= 0) this.#endOfTurn();
		else this.#timer = setTimeout(() => this.#run(), restMs);
	}

	#endOfTurn(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#immediate = setImmediate(() => this.#run());
	}

	#run(): void {
		this.#timer = undefined;
		this.#immediate = undefined;
		const began = performance.now();
		this.#flush();
		const ended = performance.now();
		const tookMs = ended - began;
		if (tookMs >= SHORT_FLUSH_MS)
			this.#restUntil = ended + Math.min(REST_PER_FLUSH * tookMs, MAX_REST_MS);
	}
}
