import { ALL_SHAPES } from "./amendment-shapes.ts";
import type { Conversation } from "./conversation.ts";
import { ChatError } from "./errors.ts";
import type { HistoryOptions } from "./history.ts";
import { queryOf } from "./http-client.ts";
import type { SentMessage } from "./sent-message.ts";
import type { Subscription } from "./subscription.ts";
import { readPage } from "./timeline/page.ts";
import type { TimelineRow } from "./timeline/rows.ts";
import { Timeline } from "./timeline/timeline.ts";

const PAGE = 50;

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
	return conversation.timelineBy((subscription, liveFrom) => {
		subscription.shapes = ALL_SHAPES;
		return new ConversationTimeline(subscription, liveFrom);
	});
}

/** Messages of a conversation with all amendments, kept up to date: what a user interface draws. */
export class ConversationTimeline {
	readonly #subscription: Subscription;
	readonly #liveFrom: () => Promise<HistoryOptions>;
	readonly #timeline: Timeline;
	readonly #listeners = new Set<() => void>();
	readonly #offs: (() => void)[] = [];
	/** First entry that arrives live. */
	#begin: number;
	/** Entries before this `seq` are not loaded; undefined before the first page, null if all are loaded. */
	#oldest: number | null | undefined;
	#page: Promise<void> | undefined;
	#resets = 0;

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
			events.on("entry", (entry) =>
				this.#change(() => this.#timeline.add([entry])),
			),
			events.on("outbox", write),
			events.on("command", write),
			events.on("ready", () => this.#identify()),
			events.on("reset", () => this.#reset()),
		);
		for (const message of outbox.messages) write(message);
	}

	/**
	 * Whether the history may have entries before the first row. False on a server that does not number entries
	 * once {@link loadOlder} was called.
	 */
	get hasOlder(): boolean {
		return this.#oldest !== null;
	}

	/**
	 * Returns the loaded messages and notices in order, then this user's messages that are not stored yet. Returns
	 * the same array until a row changes. Rows of deleted messages have `deleted` set and no content.
	 */
	rows(): readonly TimelineRow[] {
		return this.#timeline.rows();
	}

	/** Returns the row of a loaded message. */
	get(messageId: string): TimelineRow | undefined {
		return this.#timeline.get(messageId);
	}

	/** Calls `listener` after each change of the rows. @returns a function that removes the listener */
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
		if (this.#oldest === null) return;
		const page = this.#page ?? this.#load();
		this.#page = page;
		try {
			await page;
		} finally {
			if (this.#page === page) this.#page = undefined;
		}
	}

	/** Removes a message that failed. */
	discard(clientMessageId: string): void {
		this.#change(() => this.#timeline.discard(clientMessageId));
	}

	/** @internal */
	close(): void {
		for (const off of this.#offs) off();
		this.#listeners.clear();
	}

	async #load(): Promise<void> {
		const resets = this.#resets;
		let before = this.#oldest;
		if (before === undefined) {
			const live = await this.#liveFrom();
			before =
				live.before === undefined ? null : Math.max(live.before, this.#begin);
		}
		if (resets !== this.#resets) return;
		if (before === null) {
			this.#oldest = null;
			return;
		}
		const { http, conversationId, epoch } = this.#subscription;
		const query = queryOf({
			// A server without this view answers with a page of the log, which has the same messages.
			view: "timeline",
			limit: PAGE,
			before_seq: before,
			epoch,
		});
		const response = await http.request(
			`/v1/conversations/${conversationId}/messages?${query}`,
		);
		const page = readPage(await response.json());
		if (!page) throw new ChatError("request_failed", "not a page of messages");
		if (resets !== this.#resets) return;
		this.#oldest = page.next;
		this.#change(() => this.#timeline.add(page.entries, page.asOf));
	}

	#identify(): void {
		const { userId } = this.#subscription;
		if (userId !== undefined)
			this.#change(() => this.#timeline.identify(userId));
	}

	#reset(): void {
		this.#resets++;
		this.#begin = 0;
		this.#oldest = this.#page = undefined;
		this.#change(() => this.#timeline.reset());
	}

	#write(message: SentMessage): void {
		const { status, error } = message;
		if (status !== "acknowledged") {
			const command = { type: "chat", ...message };
			this.#change(() => this.#timeline.write(command, status, error));
		} else
			void message.acknowledged.then((place) =>
				this.#change(() =>
					this.#timeline.acknowledge(message.clientMessageId, place),
				),
			);
	}

	#change(work: () => unknown): void {
		const before = this.#timeline.rows();
		work();
		if (this.#timeline.rows() !== before)
			for (const listener of [...this.#listeners]) listener();
	}
}
