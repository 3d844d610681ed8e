import type { ClientErrorCode } from "../errors.ts";
import type { Acknowledgement } from "../sent-message.ts";

/** An unacknowledged message in its stored form. */
export interface OutboxRecord {
	readonly clientMessageId: string;
	readonly content: string;
	readonly isEncrypted: boolean;
	readonly messageType: string;
	readonly metadata: Readonly<Record<string, unknown>>;
	/** Type of a command that amends a message, which has its own fields; undefined for a message. */
	readonly type?: string;
	/** The other fields of the frame, such as `replyTo`. */
	readonly [field: string]: unknown;
	/** Time of the call to `send`, in milliseconds since 1970. */
	readonly createdAt: number;
}

/** Final result of a message, for the same user's other tabs. */
export interface Settled {
	readonly clientMessageId: string;
	/** Place in the server's log, if stored. */
	readonly stored?: Acknowledgement;
	/** Reason for the rejection, if rejected. */
	readonly refused?: {
		readonly code: ClientErrorCode;
		readonly message: string;
	};
}

/**
 * Storage for unacknowledged messages. A `key` stands for one user's conversation on one server. Records of a key
 * keep the order in which they were added, across all tabs and restarts. The outbox does not await a call before
 * the next one; calls take effect in the order in which they were made. A store rejects an operation that it cannot
 * complete: the messages then stay in memory only, and the event `storage` informs the application.
 */
export interface OutboxStore {
	/** Whether records survive the end of this process or page. */
	readonly isDurable: boolean;
	/** Loads all records of a key, oldest first. */
	load(key: string): Promise<readonly OutboxRecord[]>;
	/** Adds a record. Once the promise resolves, the record is as durable as the store. */
	add(key: string, record: OutboxRecord): Promise<void>;
	/** Deletes a message and informs other tabs of its result. A missing message is not an error. */
	remove(key: string, settled: Settled): Promise<void>;
	/**
	 * Resolves when this caller alone may send the stored records. Holds that right until `signal` aborts, and
	 * rejects only on abort.
	 */
	lead(key: string, signal: AbortSignal): Promise<void>;
	/** Reports changes that others make to the same store. Returns a function that stops the reports. */
	watch(key: string, watcher: OutboxWatcher): () => void;
}

/** Receives the changes that other tabs make to the same store. */
export interface OutboxWatcher {
	/** A record was added. */
	added(): void;
	/** A message of a different tab has its final result. */
	settled(settled: Settled): void;
	/** The browser or the user deleted the records. */
	evicted(): void;
}

/** Creates a store without durability: the outbox's own memory holds the records while the process runs. */
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
