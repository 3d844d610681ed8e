/** State that lives outside of React: told to its listeners, kept as one immutable snapshot until the next. */
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

	/** Returns what takes the listener off again. */
	subscribe(listener: () => void): () => void {
		// Wrapped, so that the same function given twice is two listeners.
		const own = (): void => listener();
		this.#listeners.add(own);
		return () => void this.#listeners.delete(own);
	}

	/** Ends it: nobody listens any more, and nobody will. */
	abstract close(): void;

	protected show(snapshot: T): void {
		this.#snapshot = snapshot;
		for (const listener of [...this.#listeners]) listener();
	}
}
