import { setTimeout as wait } from "node:timers/promises";

/**
 * Rate limit of the suite: a burst at once, then a fixed number per second. Common server limits allow this rate.
 */
export class RateLimit {
	readonly #perSecond: number;
	readonly #burst: number;
	#due = 0;

	constructor(perSecond: number, burst: number) {
		this.#perSecond = perSecond;
		this.#burst = burst;
	}

	/** Resolves when it is the caller's turn, in the order of the calls. */
	async turn(): Promise<void> {
		const now = performance.now();
		const step = 1000 / this.#perSecond;
		this.#due = Math.max(this.#due, now - step * this.#burst) + step;
		if (this.#due > now) await wait(this.#due - now);
	}
}
