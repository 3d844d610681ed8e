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

/** The browser's own database: survives a reload and a crash, and is shared by all tabs of an origin. */
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
			// While the browser clears a site's data, what is opened is closed with the rest; what is opened next is not.
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
		// "strict": on disk before it resolves, so that it outlives more than the page.
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
					// Now and not after the answer: a page that ends at once does not live to hear it.
					messages.transaction.commit();
					return adding;
				});
			} catch (error) {
				// Kept already, by a page that did not live to hear of it.
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
			// Only where the page is secure. Without, every tab sends what it knows, and the server makes one message of it.
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
			// Closed from outside: the site's data was cleared, or a newer version of this program wants another layout.
			database.onclose = gone;
			database.onversionchange = () => {
				database.close();
				gone();
			};
			resolve(database);
		};
	});
}
