interface Waiting {
	readonly dueAt: number;
	readonly run: () => void;
}

/** Runs functions a fixed time after they were passed in, in their order. Any number of them share one timer. */
export class AfterPause {
	readonly #ms: number;
	#waiting: Waiting[] = [];
	/** Index of the first function that has not run. */
	#first = 0;
	#timer: NodeJS.Timeout | undefined;

	/** @param ms length of the pause in milliseconds */
	constructor(ms: number) {
		this.#ms = ms;
	}

	/** @param run must not throw */
	add(run: () => void): void {
		this.#waiting.push({ dueAt: performance.now() + this.#ms, run });
		this.#timer ??= setTimeout(this.#runDue, this.#ms).unref();
	}

	readonly #runDue = (): void => {
		const now = performance.now();
		for (;;) {
			const next = this.#waiting[this.#first];
			// A timer may fire a fraction of a millisecond early.
			if (!next || next.dueAt > now + 1) break;
			this.#first++;
			next.run();
		}
		// Functions that have run are dropped in bulk.
		if (this.#first * 2 > this.#waiting.length) {
			this.#waiting = this.#waiting.slice(this.#first);
			this.#first = 0;
		}
		const next = this.#waiting[this.#first];
		this.#timer = next && setTimeout(this.#runDue, next.dueAt - now).unref();
	};
}
