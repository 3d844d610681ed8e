import type { ClientErrorCode } from "../errors.ts";
import type { Acknowledgement } from "../sent-message.ts";

/** A message that has no answer yet, as it is kept. */
export interface OutboxRecord {
	readonly clientMessageId: string;
	readonly content: string;
	readonly isEncrypted: boolean;
	readonly messageType: string;
	readonly metadata: Readonly<Record<string, unknown>>;
	/** When it was written, milliseconds since 1970. */
	readonly createdAt: number;
}

/** How a message ended, for those of the same user who see it in another tab. */
export interface Settled {
	readonly clientMessageId: string;
	/** Where it was stored. */
	readonly stored?: Acknowledgement;
	/** Why it was refused. */
	readonly refused?: {
		readonly code: ClientErrorCode;
		readonly message: string;
	};
}

/**
 * Where unacknowledged messages are kept. A `key` is one user's one conversation on one server; under each, records keep
 * the order in which they were added, over all tabs and restarts. Calls are not waited for before the next one, and take
 * effect in the order in which they were made. What a store cannot do it rejects: the messages
 * then live in memory alone, and the application is told.
 */
export interface OutboxStore {
	/** Whether records outlive this process or page. */
	readonly isDurable: boolean;
	/** Everything kept, oldest first. */
	load(key: string): Promise<readonly OutboxRecord[]>;
	/** Durable, as far as the store is, once it resolves. */
	add(key: string, record: OutboxRecord): Promise<void>;
	/** Forgets a message, and tells the others how it ended; one that is not there is no error. */
	remove(key: string, settled: Settled): Promise<void>;
	/** Resolves when this one alone may send what is kept, and holds until `signal` aborts. Rejects only when it aborts. */
	lead(key: string, signal: AbortSignal): Promise<void>;
	/** Hears what others with the same store have done; returns what ends it. */
	watch(key: string, watcher: OutboxWatcher): () => void;
}

/** Hears of what other tabs do to the same store. */
export interface OutboxWatcher {
	/** Something was added. */
	added(): void;
	/** Another tab's message has ended. */
	settled(settled: Settled): void;
	/** The records were taken away by the browser or its user. */
	evicted(): void;
}

/** Kept while the process lives: what `add` keeps is the outbox's own memory. */
export function memoryOutbox(): OutboxStore {
	const nothing = async (): Promise<void> => {};
	return {
		isDurable: false,
		load: async () => [],
		add: nothing,
		remove: nothing,
		lead: nothing,
		watch: () => () => {},
	};
}
