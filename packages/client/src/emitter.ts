export type Listener<T> = (value: T) => void;

/**
 * Typed events. If a listener throws, the other listeners and the connection continue; the error is rethrown
 * separately.
 */
export class Emitter<Events> {
	readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

	/** Adds a listener. Returns a function that removes it. */
	on<K extends keyof Events>(
		event: K,
		listener: Listener<Events[K]>,
	): () => void {
		const listeners = this.#listeners.get(event) ?? new Set();
		this.#listeners.set(event, listeners);
		// The wrapper makes two listeners of the same function registered twice.
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
