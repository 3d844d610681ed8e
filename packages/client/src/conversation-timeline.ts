import type { Conversation } from "./conversation.ts";
import { ChatError } from "./errors.ts";
import type { HistoryOptions } from "./history.ts";
import { queryOf } from "./http-client.ts";
import type { SentMessage } from "./sent-message.ts";
import type { Subscription } from "./subscription.ts";
import type { LogEntry } from "./timeline/entries.ts";
import { type Page, readPage } from "./timeline/page.ts";
import { type Range, Ranges } from "./timeline/ranges.ts";
import type { TimelineRow } from "./timeline/rows.ts";
import { sameList } from "./timeline/same-list.ts";
import { Timeline } from "./timeline/timeline.ts";

const PAGE = 50;
const NOTHING = (): void => {};

/**
 * Returns the messages of a conversation with edits, deletions, reactions and pins applied, kept up to date. The first
 * call creates the timeline: without it, a program that only sends keeps no messages in memory.
 *
 * ```js
 * const timeline = timelineOf(room);
 * await timeline.loadOlder();
 * timeline.onChange(() => draw(timeline.rows()));
 * ```
 */
export function timelineOf<M extends object, C extends object>(
	conversation: Conversation<M, C>,
): ConversationTimeline {
	return conversation.timelineBy(
		(subscription, liveFrom) =>
			new ConversationTimeline(subscription, liveFrom),
	);
}

/** Receives a page after its entries were added. */
type Added = (page: Page) => unknown;

interface Request {
	readonly listeners: Added[];
	readonly page: Promise<Page>;
}

/** Fields of the query of a page. */
export type PageQuery = Readonly<Record<string, string | number | undefined>>;

/**
 * Messages of a conversation with all amendments, kept up to date: what a user interface draws. It shows one part of
 * the conversation that is loaded without a gap: at first the newest, which live messages continue.
 */
export class ConversationTimeline {
	readonly #subscription: Subscription;
	readonly #liveFrom: () => Promise<HistoryOptions>;
	readonly #timeline: Timeline;
	readonly #listeners = new Set<() => void>();
	readonly #offs: (() => void)[] = [];
	/** First entry that arrives live. */
	#begin: number;
	#ranges = new Ranges(0);
	/** Whether `#ranges` has the first live entry. Before, the newest part has every entry that arrived. */
	#isStarted = false;
	/** Pages that were requested, by path. */
	readonly #requests = new Map<string, Request>();
	#resets = 0;
	/** Number of calls that chose the part to show. Only the last one takes effect. */
	#choices = 0;
	#rows: readonly TimelineRow[] = [];
	/** Messages that the user deleted before they were stored, by key. */
	readonly #hidden = new Set<string>();
	#isDue = false;

	/** @internal See {@link timelineOf}. */
	constructor(
		subscription: Subscription,
		liveFrom: () => Promise<HistoryOptions>,
	) {
		this.#subscription = subscription;
		this.#liveFrom = liveFrom;
		this.#timeline = new Timeline(subscription.userId);
		this.#begin = (subscription.sequence.last ?? 0) + 1;
		const { events, outbox } = subscription;
		const write = (message: SentMessage): void => this.#write(message);
		this.#offs.push(
			events.on("entry", (entry) => {
				this.#timeline.add([entry]);
				this.changed();
			}),
			events.on("outbox", write),
			events.on("command", write),
			events.on("ready", () => this.#identify()),
			events.on("reset", () => this.#reset(0)),
			// The missing entries may have changed any message.
			events.on("missing", ({ to }) => this.#reset(to + 1)),
		);
		for (const message of outbox.messages) write(message);
	}

	/**
	 * Whether the conversation may have entries before the first row. False on a server that does not number entries
	 * once {@link loadOlder} was called.
	 */
	get hasOlder(): boolean {
		return !this.#isStarted || this.#ranges.shown.from > 1;
	}

	/** Whether the conversation has entries after the last row. False for the newest part, which goes on live. */
	get hasNewer(): boolean {
		return this.#ranges.shown.to < Number.POSITIVE_INFINITY;
	}

	/**
	 * Returns the messages and notices of the part that is shown, in order; for the newest part, then this user's
	 * messages that are not stored yet. Returns the same array until a row changes. Rows of deleted messages have
	 * `deleted` set and no content.
	 */
	rows(): readonly TimelineRow[] {
		const { from, to } = this.#ranges.shown;
		this.#rows = sameList(
			this.#rows,
			this.known().filter(({ seq }) =>
				seq ? from <= seq && seq <= to : !this.hasNewer,
			),
		);
		return this.#rows;
	}

	/** Returns the row of a loaded message, whether or not it is in the part that is shown. */
	get(messageId: string): TimelineRow | undefined {
		return this.#timeline.get(messageId);
	}

	/** Returns the row with a key. */
	find(key: string): TimelineRow | undefined {
		return this.known().find((row) => row.key === key);
	}

	/**
	 * Calls `listener` after changes, at most once per turn of the event loop.
	 * @returns a function that removes the listener
	 */
	onChange(listener: () => void): () => void {
		const own = (): void => listener();
		this.#listeners.add(own);
		return () => void this.#listeners.delete(own);
	}

	/**
	 * Loads the page before the first row; the first call loads the newest page. Concurrent calls share one request.
	 * @throws {ChatError} as `history`
	 */
	async loadOlder(): Promise<void> {
		await this.start();
		const { from } = this.#ranges.shown;
		if (from > 1)
			await this.page({ before_seq: from }, ({ next }) =>
				this.#ranges.add({ from: next ?? 0, to: from - 1 }),
			);
	}

	/** Loads the page after the last row, while {@link hasNewer}. @throws {ChatError} as `history` */
	async loadNewer(): Promise<void> {
		if (this.hasNewer) await this.#loadAfter(this.#ranges.shown.to);
	}

	/**
	 * Shows the part of the conversation around a message. Loads it if it is not loaded.
	 * @throws {ChatError} as `history`; `not_found`: the conversation has no such message
	 */
	async showAround(messageId: string): Promise<void> {
		const choice = ++this.#choices;
		await this.start();
		if (!this.#rangeOf(messageId))
			await this.#around(messageId, PAGE / 2, (range) =>
				this.#ranges.add(range),
			);
		this.#show(choice, this.#rangeOf(messageId));
	}

	/** Shows the newest messages again. @throws {ChatError} as `history` */
	async showNewest(): Promise<void> {
		this.#show(++this.#choices, this.#newest);
		if (this.rows().length === 0) await this.loadOlder();
	}

	/**
	 * Loads one message, for example the one that a message answers: {@link get} then returns its row.
	 * @throws {ChatError} as {@link showAround}
	 */
	async load(messageId: string): Promise<void> {
		await this.start();
		if (!this.get(messageId)) await this.#around(messageId, 1, NOTHING);
	}

	/**
	 * Loads the next page of those after an entry, unless all of them are loaded.
	 * @returns whether all newer entries are loaded now
	 * @throws {ChatError} as `history`
	 */
	async loadSince(seq: number): Promise<boolean> {
		await this.start();
		const last = this.#ranges.find(seq + 1)?.to ?? seq;
		if (last < Number.POSITIVE_INFINITY) await this.#loadAfter(last);
		return this.from <= seq + 1;
	}

	/** Removes a message that failed. */
	discard(clientMessageId: string): void {
		this.#timeline.discard(clientMessageId);
		this.changed();
	}

	/** @internal Hides a message of this user that is being deleted. */
	hide(clientMessageId: string): void {
		this.#hidden.add(clientMessageId);
		this.discard(clientMessageId);
	}

	/** @internal Shows a message again, if it is stored. */
	reveal(clientMessageId: string): void {
		this.#hidden.delete(clientMessageId);
		this.changed();
	}

	/** Returns all loaded rows in order, with gaps, then this user's messages that are not stored yet. */
	known(): readonly TimelineRow[] {
		const rows = this.#timeline.rows();
		return this.#hidden.size > 0
			? rows.filter(({ key }) => !this.#hidden.has(key))
			: rows;
	}

	/** @internal Number of times that everything was forgotten. */
	get resets(): number {
		return this.#resets;
	}

	/** `seq` of the first entry from which on all newer ones are loaded. */
	get from(): number {
		return this.#newest.from;
	}

	/** @internal Resolves when the first live entry is known: a page that is read from now on leaves no gap. */
	async start(): Promise<void> {
		while (!this.#isStarted) {
			const resets = this.#resets;
			const { before } = await this.#liveFrom();
			if (resets !== this.#resets || this.#isStarted) continue;
			this.#isStarted = true;
			this.#ranges = new Ranges(
				before === undefined ? 0 : Math.max(before, this.#begin),
			);
		}
	}

	/**
	 * @internal Loads a page and adds its entries. Concurrent calls for the same page share one request.
	 * @param added called when the entries were added, before the listeners; not called after a reset
	 */
	page(query: PageQuery, added: Added, path = "messages"): Promise<Page> {
		const { conversationId, epoch } = this.#subscription;
		// A server without this view answers with a page of the log, which has the same messages.
		const view = path === "messages" ? "timeline" : undefined;
		const fields = queryOf({ view, limit: PAGE, ...query, epoch });
		const url = `/v1/conversations/${conversationId}/${path}?${fields}`;
		let request = this.#requests.get(url);
		if (!request) {
			const listeners: Added[] = [];
			request = { listeners, page: this.#request(url, listeners) };
			this.#requests.set(url, request);
		}
		request.listeners.push(added);
		return request.page;
	}

	/** @internal Calls `listener` with each live entry. */
	follow(listener: (entry: LogEntry) => void): void {
		this.#offs.push(this.#subscription.events.on("entry", listener));
	}

	/** @internal Calls the listeners at the end of this turn. */
	changed(): void {
		if (this.#isDue) return;
		this.#isDue = true;
		queueMicrotask(() => {
			this.#isDue = false;
			for (const listener of [...this.#listeners]) listener();
		});
	}

	/** @internal */
	close(): void {
		for (const off of this.#offs) off();
		this.#listeners.clear();
	}

	async #request(url: string, listeners: readonly Added[]): Promise<Page> {
		const { http, reads } = this.#subscription;
		const isCurrent = (): boolean =>
			this.#requests.get(url)?.listeners === listeners;
		try {
			const response = await http.request(url);
			const page = readPage(await response.json());
			if (!page)
				throw new ChatError("request_failed", "not a page of messages");
			if (isCurrent()) {
				for (const { messageId, seq } of page.entries)
					if (messageId) reads.saw(messageId, seq);
				this.#timeline.add(page.entries, page.asOf);
				for (const added of listeners) added(page);
				this.changed();
			}
			return page;
		} finally {
			if (isCurrent()) this.#requests.delete(url);
		}
	}

	/** Loads some messages before a message, the message, and some after it. */
	async #around(
		messageId: string,
		limit: number,
		added: (range: Range) => unknown,
	): Promise<void> {
		const older = await this.page({ before: messageId, limit }, NOTHING);
		const after = older.entries.at(-1)?.seq ?? 0;
		await this.page({ after_seq: after, limit }, ({ next }) =>
			added({ from: older.next ?? 0, to: next ?? Number.POSITIVE_INFINITY }),
		);
	}

	async #loadAfter(seq: number): Promise<void> {
		await this.page({ after_seq: seq }, ({ next }) =>
			this.#ranges.add({
				from: seq + 1,
				to: next ?? Number.POSITIVE_INFINITY,
			}),
		);
	}

	/** Part that goes on live. */
	get #newest(): Range {
		const { shown } = this.#ranges;
		return this.#ranges.find(Number.POSITIVE_INFINITY) ?? shown;
	}

	#rangeOf(messageId: string): Range | undefined {
		return this.#ranges.find(this.get(messageId)?.seq || -1);
	}

	#show(choice: number, range: Range | undefined): void {
		if (!range || choice !== this.#choices) return;
		this.#ranges.show(range);
		this.changed();
	}

	#identify(): void {
		const { userId } = this.#subscription;
		if (userId !== undefined) this.#timeline.identify(userId);
		this.changed();
	}

	/** @param begin first entry that arrives live from now on */
	#reset(begin: number): void {
		this.#resets++;
		this.#begin = begin;
		this.#ranges = new Ranges(0);
		this.#isStarted = false;
		this.#requests.clear();
		this.#timeline.reset();
		this.changed();
	}

	#write(message: SentMessage): void {
		const { clientMessageId, status, error } = message;
		if (this.#hidden.has(clientMessageId)) return;
		if (error?.code === "withdrawn") this.#timeline.discard(clientMessageId);
		else if (status !== "acknowledged")
			this.#timeline.write({ type: "chat", ...message }, status, error);
		else
			void message.acknowledged.then((place) => {
				this.#timeline.acknowledge(clientMessageId, place);
				this.changed();
			});
		this.changed();
	}
}
