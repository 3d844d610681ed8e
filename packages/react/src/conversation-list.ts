import type { ChatError } from "@secureconnect/client";
import type { ChatRest, ConversationSummary } from "@secureconnect/client/rest";
import { asChatError } from "./errors.ts";
import { Store } from "./store.ts";

/** What `useConversations` shows. */
export interface ConversationsState {
	/** One's own, most recently active first. */
	readonly conversations: readonly ConversationSummary[];
	/** Whether there are more than are listed. */
	readonly hasMore: boolean;
	/** Until the first answer. */
	readonly isLoading: boolean;
	/** Why the list could not be had; what was shown stays. Gone with the next answer. */
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
/** How often a look goes through every page, for what changes without activity: a row that is gone, one read elsewhere. */
const ALL_EVERY_MS = 300_000;

/** One's own conversations, asked for again when somebody looks, and every 15 s while they do. */
export class ConversationListStore extends Store<ConversationsState> {
	readonly #rest: ChatRest;
	readonly #watching = new AbortController();
	readonly #ticks: ReturnType<typeof setInterval>;
	#pages = 1;
	/** When every page was asked for last. */
	#completeAt = Number.NEGATIVE_INFINITY;
	/** Names the server's log: in one that was set back rows change without activity. */
	#epoch: string | undefined;
	#running: Promise<void> | undefined;
	#next: Promise<void> | undefined;

	constructor(rest: ChatRest) {
		super(NO_CONVERSATIONS);
		this.#rest = rest;
		const { signal } = this.#watching;
		const look = (): void => {
			if (isVisible() && !this.#running) void this.#run(this.#isDue());
		};
		if (typeof document !== "undefined") {
			addEventListener("focus", look, { signal });
			document.addEventListener("visibilitychange", look, { signal });
		}
		this.#ticks = setInterval(look, EVERY_MS);
		// Not at once: React, in development, mounts everything twice, and closes this again before then.
		queueMicrotask(() => void this.refresh());
	}

	override close(): void {
		this.#watching.abort();
		clearInterval(this.#ticks);
	}

	/** Resolves with an answer that was asked for after this call; never rejects, see `error`. */
	refresh(): Promise<void> {
		if (this.#watching.signal.aborted) return Promise.resolve();
		if (!this.#running) return this.#run(true);
		this.#next ??= this.#running.then(() => {
			this.#next = undefined;
			return this.refresh();
		});
		return this.#next;
	}

	/** Lists a page more from now on. */
	loadMore(): Promise<void> {
		if (this.snapshot.hasMore) this.#pages++;
		return this.refresh();
	}

	#isDue(): boolean {
		return performance.now() - this.#completeAt >= ALL_EVERY_MS;
	}

	/** @param all whether every page is asked for, or only those with news */
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
		// Between two pages one may have become the first: a map keeps its first place.
		const found = new Map<string, ConversationSummary>();
		const add = (rows: readonly ConversationSummary[]): void => {
			for (const row of rows)
				if (!found.has(row.conversationId)) found.set(row.conversationId, row);
		};
		let next: string | null | undefined;
		let isComplete = all;
		for (let page = 0; page < this.#pages && next !== null; page++) {
			const answer = await this.#rest.conversations({
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
			// What is active moves to the front: behind a page without news there are none.
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

/** What stood behind these rows, where they stood in this order and are the same; undefined where something changed. */
function behind<T>(rows: readonly T[], shown: readonly T[]): T[] | undefined {
	const [first] = rows;
	const at = first === undefined ? -1 : shown.indexOf(first);
	return at !== -1 && rows.every((row, i) => shown[at + i] === row)
		? shown.slice(at + rows.length)
		: undefined;
}

/** The object from before, where it says the same: rows that are drawn stay as they are. */
function unchanged<T>(before: T | undefined, now: T): T {
	return before !== undefined && JSON.stringify(before) === JSON.stringify(now)
		? before
		: now;
}

/** Outside of a browser there is no telling. */
function isVisible(): boolean {
	return (
		typeof document === "undefined" || document.visibilityState === "visible"
	);
}
