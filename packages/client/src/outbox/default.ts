import { indexedDbOutbox } from "./indexeddb.ts";
import { memoryOutbox, type OutboxStore } from "./store.ts";

/** Returns the IndexedDB store if available, otherwise memory. All clients of a page share one store. */
export function defaultOutbox(): OutboxStore {
	shared ??= hasIndexedDb() ? indexedDbOutbox() : memoryOutbox();
	return shared;
}

/** Looks for IndexedDB. A browser that blocks storage may throw at the mere access. */
function hasIndexedDb(): boolean {
	try {
		return typeof indexedDB !== "undefined";
	} catch {
		return false;
	}
}

let shared: OutboxStore | undefined;
