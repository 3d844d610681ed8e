/** Clocks and timers. */
export interface Clock {
	/** Returns wall-clock time in milliseconds since 1970. It may jump. */
	now(): number;
	/** Returns milliseconds of a clock that never goes back. */
	elapsed(): number;
	/** Calls `work` once after `ms` milliseconds. The timer does not keep the process running. */
	after(ms: number, work: () => void): unknown;
}

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
	#isTimerSet = false;
	readonly #clock: Clock;

	/** @param ms length of the pause in milliseconds */
	constructor(ms: number, clock: Clock) {
		this.#ms = ms;
		this.#clock = clock;
	}

	/** @param run must not throw */
	add(run: () => void): void {
		this.#waiting.push({ dueAt: this.#clock.elapsed() + this.#ms, run });
		this.#setTimer(this.#ms);
	}

	readonly #runDue = (): void => {
		const now = this.#clock.elapsed();
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
		this.#isTimerSet = false;
		if (next) this.#setTimer(next.dueAt - now);
	};

	#setTimer(ms: number): void {
		if (this.#isTimerSet) return;
		this.#isTimerSet = true;
		this.#clock.after(ms, this.#runDue);
	}
}
