export type Listener<T> = (value: T) => void;

/** Typed events. A listener that throws disturbs neither the others nor the connection; its error is thrown as its own. */
export class Emitter<Events> {
	readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

	/** Returns what takes the listener off again. */
	on<K extends keyof Events>(
		event: K,
		listener: Listener<Events[K]>,
	): () => void {
		const listeners = this.#listeners.get(event) ?? new Set();
		this.#listeners.set(event, listeners);
		// Wrapped, so that the same function registered twice is two listeners.
		const own: Listener<Events[K]> = (value) => listener(value);
		listeners.add(own);
		return () => void listeners.delete(own);
	}

	emit<K extends keyof Events>(event: K, value: Events[K]): void {
		for (const listener of [...(this.#listeners.get(event) ?? [])])
			try {
				(listener as Listener<Events[K]>)(value);
			} catch (error) {
				queueMicrotask(() => {
					throw error;
				});
			}
	}
}
