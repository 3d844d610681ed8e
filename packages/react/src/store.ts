/** State outside of React. Listeners learn of each change, and the snapshot is immutable until the next one. */
export abstract class Store<T> {
	readonly #listeners = new Set<() => void>();
	#snapshot: T;

	constructor(snapshot: T) {
		this.#snapshot = snapshot;
	}

	get snapshot(): T {
		return this.#snapshot;
	}
	get isHeard(): boolean {
		return this.#listeners.size > 0;
	}

	/** Adds a listener. Returns a function that removes it. */
	subscribe(listener: () => void): () => void {
		// The wrapper makes two listeners of the same function given twice.
		const own = (): void => listener();
		this.#listeners.add(own);
		return () => void this.#listeners.delete(own);
	}

	/** Ends the store. Call it after the last listener is removed. */
	abstract close(): void;

	protected show(snapshot: T): void {
		this.#snapshot = snapshot;
		for (const listener of [...this.#listeners]) listener();
	}
}
