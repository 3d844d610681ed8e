import { useCallback, useSyncExternalStore } from "react";
import type { Store } from "./store.ts";

/**
 * One store per owner and id, for all components that show the same: made for the first that subscribes, closed after the last. Rendering
 * makes none, so that a rendering that is thrown away, or one on a server, leaves nothing behind.
 */
export class Shared<Owner extends WeakKey, T, S extends Store<T>> {
	readonly #make: (owner: Owner, id: string) => S;
	readonly #stores = new WeakMap<Owner, Map<string, S>>();
	/** What there is before anybody has subscribed. */
	readonly empty: T;

	constructor(empty: T, make: (owner: Owner, id: string) => S) {
		this.empty = empty;
		this.#make = make;
	}

	get(owner: Owner, id: string): S | undefined {
		return this.#stores.get(owner)?.get(id);
	}

	subscribe(owner: Owner, id: string, listener: () => void): () => void {
		const stores = this.#stores.get(owner) ?? new Map<string, S>();
		this.#stores.set(owner, stores);
		const store = stores.get(id) ?? this.#make(owner, id);
		stores.set(id, store);
		const off = store.subscribe(listener);
		return () => {
			off();
			if (store.isHeard || stores.get(id) !== store) return;
			stores.delete(id);
			store.close();
		};
	}
}

/** What the store of `owner` and `id` shows, from the first effect of this component to its last. */
export function useShared<Owner extends WeakKey, T, S extends Store<T>>(
	shared: Shared<Owner, T, S>,
	owner: Owner,
	id: string,
): T {
	const subscribe = useCallback(
		(listener: () => void) => shared.subscribe(owner, id, listener),
		[shared, owner, id],
	);
	const { empty } = shared;
	return useSyncExternalStore(
		subscribe,
		() => {
			const store = shared.get(owner, id);
			return store ? store.snapshot : empty;
		},
		() => empty,
	);
}
