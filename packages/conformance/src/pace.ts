import { setTimeout as wait } from "node:timers/promises";

/** Lets through so many at once, and then so many a second: what an ordinary rate limit allows. */
export class Pace {
	readonly #perSecond: number;
	readonly #burst: number;
	#due = 0;

	constructor(perSecond: number, burst: number) {
		this.#perSecond = perSecond;
		this.#burst = burst;
	}

	/** Resolves when it is the caller's turn; turns come in the order in which they were asked for. */
	async turn(): Promise<void> {
		const now = performance.now();
		const step = 1000 / this.#perSecond;
		this.#due = Math.max(this.#due, now - step * this.#burst) + step;
		if (this.#due > now) await wait(this.#due - now);
	}
}
