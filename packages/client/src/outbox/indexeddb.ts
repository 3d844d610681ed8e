import type {
	OutboxRecord,
	OutboxStore,
	OutboxWatcher,
	Settled,
} from "./store.ts";

const NAME = "secureconnect-outbox";
const MESSAGES = "messages";

type Kept = OutboxRecord & { readonly key: string };
type News = { readonly key: string; readonly settled?: Settled };

/**
 * Creates a store in the browser's IndexedDB. It survives a reload and a crash, and all tabs of an origin share it.
 */
export function indexedDbOutbox(): OutboxStore {
	let opening: Promise<IDBDatabase> | undefined;
	const watchers = new Map<string, Set<OutboxWatcher>>();
	const tell = (key: string, what: (watcher: OutboxWatcher) => void): void => {
		for (const watcher of watchers.get(key) ?? []) what(watcher);
	};
	const channel = new BroadcastChannel(NAME);
	channel.onmessage = ({ data }: MessageEvent<News>) =>
		tell(data.key, (watcher) =>
			data.settled ? watcher.settled(data.settled) : watcher.added(),
		);
	const announce = (news: News): void => channel.postMessage(news);

	const open = (): Promise<IDBDatabase> => {
		const gone = (): void => {
			opening = undefined;
			for (const key of watchers.keys()) tell(key, (it) => it.evicted());
		};
		opening ??= openDatabase(gone)
			// While the browser clears a site's data, it closes databases that are opening. A second attempt
			// succeeds.
			.catch(() => openDatabase(gone))
			.catch((error: unknown) => {
				opening = undefined;
				throw error;
			});
		return opening;
	};
	const transact = async <T>(
		mode: IDBTransactionMode,
		work: (messages: IDBObjectStore) => IDBRequest<T>,
	): Promise<T> => {
		// "strict" writes to disk before the promise resolves, so that the record also survives a crash of the
		// machine.
		const transaction = (await open()).transaction(MESSAGES, mode, {
			durability: "strict",
		});
		const request = work(transaction.objectStore(MESSAGES));
		return new Promise((resolve, reject) => {
			transaction.oncomplete = () => resolve(request.result);
			transaction.onabort = transaction.onerror = () =>
				reject(transaction.error ?? request.error ?? new Error("aborted"));
		});
	};

	return {
		isDurable: true,
		async load(key) {
			const kept = await transact<Kept[]>("readonly", (messages) =>
				messages.index("key").getAll(key),
			);
			return kept.map(({ key: _, ...record }) => record);
		},
		async add(key, record) {
			try {
				await transact("readwrite", (messages) => {
					const adding = messages.add({ ...record, key });
					// Commits now and does not wait for the answer: a page that closes at once never receives the
					// answer.
					messages.transaction.commit();
					return adding;
				});
			} catch (error) {
				// A page that closed before the answer has already stored this record.
				if ((error as DOMException).name !== "ConstraintError") throw error;
			}
			announce({ key });
		},
		async remove(key, settled) {
			await transact("readwrite", (messages) => {
				const found = messages
					.index("id")
					.getKey([key, settled.clientMessageId]);
				found.onsuccess = () => {
					if (found.result !== undefined) messages.delete(found.result);
				};
				return found;
			});
			announce({ key, settled });
		},
		async lead(key, signal) {
			// Locks exist only on secure pages. Without them every tab sends the records that it knows, and the
			// server deduplicates them.
			if (!("locks" in navigator)) return;
			await new Promise<void>((resolve, reject) => {
				navigator.locks
					.request(`${NAME}:${key}`, { signal }, () => {
						resolve();
						return new Promise<void>((release) => {
							signal.addEventListener("abort", () => release());
							if (signal.aborted) release();
						});
					})
					.catch(reject);
			});
		},
		watch(key, watcher) {
			const those = watchers.get(key) ?? new Set();
			watchers.set(key, those);
			those.add(watcher);
			return () => void those.delete(watcher);
		},
	};
}

function openDatabase(gone: () => void): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(NAME, 1);
		request.onupgradeneeded = () => {
			const messages = request.result.createObjectStore(MESSAGES, {
				autoIncrement: true,
			});
			messages.createIndex("key", "key");
			messages.createIndex("id", ["key", "clientMessageId"], { unique: true });
		};
		request.onerror = () => reject(request.error);
		request.onsuccess = () => {
			const database = request.result;
			// The browser closed the database: the site's data was cleared, or a newer version of this program
			// needs a new layout.
			database.onclose = gone;
			database.onversionchange = () => {
				database.close();
				gone();
			};
			resolve(database);
		};
	});
}
