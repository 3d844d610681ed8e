import { indexedDbOutbox } from "./indexeddb.ts";
import { memoryOutbox, type OutboxStore } from "./store.ts";

/** IndexedDB where there is one, memory elsewhere. One for all clients of a page: it is the page's. */
export function defaultOutbox(): OutboxStore {
	shared ??=
		typeof indexedDB === "undefined" ? memoryOutbox() : indexedDbOutbox();
	return shared;
}

let shared: OutboxStore | undefined;
