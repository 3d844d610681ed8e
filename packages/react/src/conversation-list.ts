import type {
	ChatClient,
	ChatError,
	ConversationPage,
	ConversationSettings,
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
	/** Whether the server reports each change. Otherwise the list reloads at intervals. */
	readonly isLive: boolean;
	/** Reason why the last request failed. The list stays as it was. The next successful answer clears it. */
	readonly error: ChatError | undefined;
}

export const NO_CONVERSATIONS: ConversationsState = {
	conversations: [],
	hasMore: false,
	isLoading: true,
	isLive: false,
	error: undefined,
};

const EVERY_MS = 15_000;
const PAGE = 50;
/**
 * Interval between loads of all pages, which find changes without activity: a removed row, a row read on a
 * different device.
 */
const ALL_EVERY_MS = 300_000;

/** Requests for the user's conversations. */
export interface ListSource {
	readonly list: (page: ListOptions) => Promise<ConversationPage>;
	readonly updateSettings: (
		id: string,
		settings: Partial<ConversationSettings>,
	) => Promise<ConversationSettings>;
}

type Inbox = ChatClient["inbox"];
type Row = Omit<ConversationSummary, "metadata">;

/** Settings that the server has not confirmed. The list shows them. */
interface Change {
	readonly id: string;
	readonly settings: Partial<ConversationSettings>;
}

/**
 * The user's conversations. While the client's inbox is live, its frames change the list. Otherwise the list reloads
 * when the page becomes visible or gets the focus, and every 15 s while it is visible.
 */
export class ConversationListStore extends Store<ConversationsState> {
	readonly #source: ListSource;
	readonly #watching = new AbortController();
	readonly #ticks: ReturnType<typeof setInterval>;
	#pages = 1;
	/** Time of the last load of all pages. */
	#completeAt = Number.NEGATIVE_INFINITY;
	/** Id of the server's log. After a restore, rows change without activity. */
	#epoch: string | undefined;
	#running: Promise<void> | undefined;
	#next: Promise<void> | undefined;
	/** Rows as the server lists them. */
	#rows: readonly ConversationSummary[] = NO_CONVERSATIONS.conversations;
	readonly #changes = new Set<Change>();
	/** Changes that arrived during a load. */
	#waiting: (() => void)[] = [];

	/** @param inbox undefined if the client has none */
	constructor(source: ListSource, inbox?: Inbox) {
		super({ ...NO_CONVERSATIONS, isLive: inbox?.state.name === "live" });
		this.#source = source;
		const { signal } = this.#watching;
		if (inbox) this.#follow(inbox, signal);
		const look = (): void => {
			if (this.snapshot.isLive || !isVisible() || this.#running) return;
			void this.#run(this.#isDue());
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

	/**
	 * Changes the user's own settings for a conversation, and shows them at once.
	 * @throws {ChatError} the list shows the previous settings again
	 */
	async updateSettings(
		id: string,
		settings: Partial<ConversationSettings>,
	): Promise<void> {
		const change = { id, settings };
		this.#changes.add(change);
		this.#showRows();
		try {
			const stored = await this.#source.updateSettings(id, settings);
			this.#rows = this.#rows.map((row) =>
				row.conversationId === id ? { ...row, ...stored } : row,
			);
			// A list that was requested before this answer may have the previous settings.
			await this.refresh();
		} catch (error) {
			throw asChatError(error);
		} finally {
			this.#changes.delete(change);
			this.#showRows();
		}
	}

	#follow(inbox: Inbox, signal: AbortSignal): void {
		const take = (rows: readonly Row[]): void =>
			this.#afterLoad(() => this.#take(rows));
		let was = inbox.state.name;
		for (const off of [
			inbox.on("change", (state) => {
				const before = was;
				was = state.name;
				if (was === before) return;
				this.show({ ...this.snapshot, isLive: was === "live" });
				if (state.name === "live") take(state.conversations);
				// Only a list of all rows tells which of them are gone.
				if (was === "live" && before === "stale") void this.refresh();
			}),
			inbox.on("rows", take),
			inbox.on("added", (row) => take([row])),
			inbox.on("removed", ({ conversationId: gone }) =>
				this.#afterLoad(() => {
					this.#rows = this.#rows.filter(
						({ conversationId }) => conversationId !== gone,
					);
					this.#showRows();
				}),
			),
			inbox.on("reset", () => void this.refresh()),
		])
			signal.addEventListener("abort", off);
	}

	/** Runs `work` when no load is in progress. The answer to a load may be older than a frame that came before it. */
	#afterLoad(work: () => void): void {
		if (this.#running || this.snapshot.isLoading) this.#waiting.push(work);
		else work();
	}

	/** Replaces rows by newer ones, and asks for the rest of rows that are not listed. */
	#take(rows: readonly Row[]): void {
		const newer = new Map(rows.map((row) => [row.conversationId, row]));
		const isNew = rows.some(
			({ conversationId: id, updatedAt }) =>
				!this.#rows.some(({ conversationId }) => conversationId === id) &&
				// Rows behind the listed pages stay there.
				(!this.snapshot.hasMore ||
					updatedAt > (this.#rows.at(-1)?.updatedAt ?? "")),
		);
		const kept = this.#rows.map((row) => {
			const now = newer.get(row.conversationId);
			return now ? unchanged(row, { ...row, ...now }) : row;
		});
		// The sort is stable, so rows of the same moment keep their order.
		kept.sort((a, b) =>
			a.updatedAt < b.updatedAt ? 1 : a.updatedAt > b.updatedAt ? -1 : 0,
		);
		if (kept.some((row, i) => row !== this.#rows[i])) {
			this.#rows = kept;
			this.#showRows();
		}
		if (isNew) void this.refresh();
	}

	#showRows(): void {
		if (!this.#watching.signal.aborted)
			this.show({ ...this.snapshot, conversations: this.#shown() });
	}

	/** Returns the rows with the settings that the server has not confirmed. */
	#shown(): readonly ConversationSummary[] {
		if (this.#changes.size === 0) return this.#rows;
		return this.#rows.map((row) => {
			const own = [...this.#changes].filter(
				({ id }) => id === row.conversationId,
			);
			return own.length === 0
				? row
				: Object.assign({ ...row }, ...own.map(({ settings }) => settings));
		});
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
				if (this.#watching.signal.aborted) return;
				this.show({ ...this.snapshot, isLoading: false, ...answer });
				const waiting = this.#waiting;
				this.#waiting = [];
				for (const work of waiting) work();
			});
		return this.#running;
	}

	async #ask(all: boolean): Promise<Partial<ConversationsState>> {
		const shown = this.#rows;
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
			const answer = await this.#source.list({
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
	): Partial<ConversationsState> {
		const rows = [...found.values()];
		const isSame =
			this.#rows.length === rows.length &&
			this.#rows.every((it, i) => it === rows[i]);
		if (!isSame) this.#rows = rows;
		return { conversations: this.#shown(), hasMore, error: undefined };
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
