/**
 * Lets work that waits in line have one turn of the event loop each. A page of the log takes about as long as a flush: were all who
 * catch up served in one turn, a few hundred of them would hold everybody else up for as many pages.
 */
export class Turns {
	readonly #line: (() => void)[] = [];

	/** Resolves when it is the caller's turn; what it does before it waits again is its turn. */
	next(): Promise<void> {
		return new Promise((resolve) => {
			if (this.#line.push(resolve) === 1) setImmediate(() => this.#run());
		});
	}

	#run(): void {
		this.#line.shift()?.();
		if (this.#line.length > 0) setImmediate(() => this.#run());
	}
}
