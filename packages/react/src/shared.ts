import { useCallback, useSyncExternalStore } from "react";
import type { Store } from "./store.ts";

/**
 * One store per owner and id, shared by all components that show it. The first subscriber creates it, and it closes
 * after the last. A render does not create a store, so a discarded render or a render on a server leaves no
 * connection behind.
 */
export class Shared<Owner extends WeakKey, T, S extends Store<T>> {
	readonly #make: (owner: Owner, id: string) => S;
	readonly #stores = new WeakMap<Owner, Map<string, S>>();
	/** Value before the first subscription. */
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

/** Returns the value of the store for `owner` and `id`, from this component's first effect to its last. */
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
