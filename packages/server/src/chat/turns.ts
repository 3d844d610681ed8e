/** What may be spent in one turn of the event loop. */
const TURN_MS = 1;

/**
 * Lets work wait in line, and does some of it in each turn of the event loop. A page of the log takes about as long as a flush: were all
 * who catch up served in one turn, a few hundred of them would hold everybody else up for as many pages.
 */
export class Turns {
	readonly #line: (() => void)[] = [];

	/** Does `work` when it is its turn. What counts against the turn is how long it keeps this thread before it first waits. */
	take<T>(work: () => Promise<T>): Promise<T> {
		return new Promise((resolve) => {
			if (this.#line.push(() => resolve(work())) === 1)
				setImmediate(() => this.#run());
		});
	}

	#run(): void {
		const began = performance.now();
		do this.#line.shift()?.();
		while (this.#line.length > 0 && performance.now() - began < TURN_MS);
		if (this.#line.length > 0) setImmediate(() => this.#run());
	}
}
