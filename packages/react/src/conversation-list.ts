import type {
	ChatError,
	ConversationPage,
	ConversationSummary,
	ListOptions,
	Metadata,
} from "@secureconnect/client";
import { asChatError } from "./errors.ts";
import { Store } from "./store.ts";

/** State that `useConversations` returns. */
export interface ConversationsState<
	M extends object = Metadata,
	C extends object = Metadata,
> {
	/** The user's conversations, most recently active first. */
	readonly conversations: readonly ConversationSummary<M, C>[];
	/** Whether the server has more conversations than are listed. */
	readonly hasMore: boolean;
	/** True until the first answer. */
	readonly isLoading: boolean;
	/** Reason why the last request failed. The list stays as it was. The next successful answer clears it. */
	readonly error: ChatError | undefined;
}

export const NO_CONVERSATIONS: ConversationsState = {
	conversations: [],
	hasMore: false,
	isLoading: true,
	error: undefined,
};

const EVERY_MS = 15_000;
const PAGE = 50;
/**
 * Interval between loads of all pages, which find changes without activity: a removed row, a row read on a
 * different device.
 */
const ALL_EVERY_MS = 300_000;

/**
 * The user's conversations. Reloads when the page becomes visible or gets the focus, and every 15 s while it is
 * visible.
 */
export class ConversationListStore extends Store<ConversationsState> {
	readonly #list: (page: ListOptions) => Promise<ConversationPage>;
	readonly #watching = new AbortController();
	readonly #ticks: ReturnType<typeof setInterval>;
	#pages = 1;
	/** Time of the last load of all pages. */
	#completeAt = Number.NEGATIVE_INFINITY;
	/** Id of the server's log. After a restore, rows change without activity. */
	#epoch: string | undefined;
	#running: Promise<void> | undefined;
	#next: Promise<void> | undefined;

	/** @param list requests a page of the list */
	constructor(list: (page: ListOptions) => Promise<ConversationPage>) {
		super(NO_CONVERSATIONS);
		this.#list = list;
		const { signal } = this.#watching;
		const look = (): void => {
			if (isVisible() && !this.#running) void this.#run(this.#isDue());
		};
		if (typeof document !== "undefined") {
			addEventListener("focus", look, { signal });
			document.addEventListener("visibilitychange", look, { signal });
		}
		this.#ticks = setInterval(look, EVERY_MS);
		// Deferred, because React mounts every component twice in development and closes this store before the
		// microtask runs.
		queueMicrotask(() => void this.refresh());
	}

	override close(): void {
		this.#watching.abort();
		clearInterval(this.#ticks);
	}

	/** Resolves with an answer that was requested after this call. Never rejects: see `error`. */
	refresh(): Promise<void> {
		if (this.#watching.signal.aborted) return Promise.resolve();
		if (!this.#running) return this.#run(true);
		this.#next ??= this.#running.then(() => {
			this.#next = undefined;
			return this.refresh();
		});
		return this.#next;
	}

	/** Lists one more page from now on. */
	loadMore(): Promise<void> {
		if (this.snapshot.hasMore) this.#pages++;
		return this.refresh();
	}

	#isDue(): boolean {
		return performance.now() - this.#completeAt >= ALL_EVERY_MS;
	}

	/** Runs one load. @param all whether to load every page, or only pages with changes */
	#run(all: boolean): Promise<void> {
		this.#running = this.#ask(all)
			.catch((error: unknown) => ({ error: asChatError(error) }))
			.then((answer) => {
				this.#running = undefined;
				if (!this.#watching.signal.aborted)
					this.show({ ...this.snapshot, isLoading: false, ...answer });
			});
		return this.#running;
	}

	async #ask(all: boolean): Promise<Omit<ConversationsState, "isLoading">> {
		const shown = this.snapshot.conversations;
		const before = new Map(shown.map((it) => [it.conversationId, it]));
		// Between two requests a row may move to the front and appear on both pages. The map keeps its first place.
		const found = new Map<string, ConversationSummary>();
		const add = (rows: readonly ConversationSummary[]): void => {
			for (const row of rows)
				if (!found.has(row.conversationId)) found.set(row.conversationId, row);
		};
		let next: string | null | undefined;
		let isComplete = all;
		for (let page = 0; page < this.#pages && next !== null; page++) {
			const answer = await this.#list({
				limit: PAGE,
				...(next === undefined ? {} : { after: next }),
			});
			const rows = answer.conversations.map((row) =>
				unchanged(before.get(row.conversationId), row),
			);
			add(rows);
			next = answer.next;
			isComplete ||= answer.epoch !== this.#epoch;
			this.#epoch = answer.epoch;
			// Active conversations move to the front, so the pages behind a page without changes are unchanged.
			const rest =
				isComplete || next === null ? undefined : behind(rows, shown);
			if (rest) {
				add(rest);
				return this.#listed(found, rest.length === 0 || this.snapshot.hasMore);
			}
		}
		this.#completeAt = performance.now();
		return this.#listed(found, next !== null);
	}

	#listed(
		found: ReadonlyMap<string, ConversationSummary>,
		hasMore: boolean,
	): Omit<ConversationsState, "isLoading"> {
		const conversations = [...found.values()];
		const shown = this.snapshot.conversations;
		const isSame =
			shown.length === conversations.length &&
			shown.every((it, i) => it === conversations[i]);
		return {
			conversations: isSame ? shown : conversations,
			hasMore,
			error: undefined,
		};
	}
}

/**
 * Returns the rows that stood behind `rows`, if `rows` are unchanged and in the same order; undefined otherwise.
 */
function behind<T>(rows: readonly T[], shown: readonly T[]): T[] | undefined {
	const [first] = rows;
	const at = first === undefined ? -1 : shown.indexOf(first);
	return at !== -1 && rows.every((row, i) => shown[at + i] === row)
		? shown.slice(at + rows.length)
		: undefined;
}

/** Returns the previous object if it is equal, so that rendered rows keep their identity. */
function unchanged<T>(before: T | undefined, now: T): T {
	return before !== undefined && JSON.stringify(before) === JSON.stringify(now)
		? before
		: now;
}

/** Returns whether the page is visible. Outside a browser this is unknown. */
function isVisible(): boolean {
	return (
		typeof document === "undefined" || document.visibilityState === "visible"
	);
}
