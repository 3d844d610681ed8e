import { indexedDbOutbox } from "./indexeddb.ts";
import { memoryOutbox, type OutboxStore } from "./store.ts";

/** IndexedDB where there is one, memory elsewhere. One for all clients of a page: it is the page's. */
export function defaultOutbox(): OutboxStore {
	shared ??= hasIndexedDb() ? indexedDbOutbox() : memoryOutbox();
	return shared;
}

/** A browser that blocks storage may throw where a script only looks for it. */
function hasIndexedDb(): boolean {
	try {
		return typeof indexedDB !== "undefined";
	} catch {
		return false;
	}
}

let shared: OutboxStore | undefined;
