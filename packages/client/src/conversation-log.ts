import type { Conversation } from "./conversation.ts";
import { ChatError } from "./errors.ts";
import type { HistoryOptions } from "./history.ts";
import { queryOf } from "./http-client.ts";
import type { Subscription } from "./subscription.ts";

/** An entry as the server sent it, also of a type that this version does not know. */
export type WireEntry = Readonly<Record<string, unknown>> & {
	readonly type: string;
};

/**
 * Returns the entries of a conversation as they are on the wire, for programs that print or store them: messages, also
 * deleted ones, amendments, and entries of types that this version does not know.
 *
 * ```js
 * const log = logOf(room);
 * log.onEntry((entry) => console.log(JSON.stringify(entry)));
 * for await (const entry of log.history({ after: 0 })) console.log(JSON.stringify(entry));
 * ```
 */
export function logOf<M extends object, C extends object>(
	conversation: Conversation<M, C>,
): ConversationLog {
	return conversation.partBy(
		(subscription, liveFrom) => new ConversationLog(subscription, liveFrom),
	);
}

/** Entries of a conversation as they are on the wire. */
export class ConversationLog {
	readonly #subscription: Subscription;
	readonly #liveFrom: () => Promise<HistoryOptions>;

	/** @internal See {@link logOf}. */
	constructor(
		subscription: Subscription,
		liveFrom: () => Promise<HistoryOptions>,
	) {
		this.#subscription = subscription;
		this.#liveFrom = liveFrom;
	}

	/**
	 * Calls `listener` with each live entry, once and in order. Also with other frames of unknown types.
	 * @returns a function that removes the listener
	 */
	onEntry(listener: (entry: WireEntry) => void): () => void {
		const { events } = this.#subscription;
		return events.on("entry", ({ why }) => {
			// The event `invalid` reports these.
			if (why === undefined)
				listener(JSON.parse(this.#subscription.text ?? "") as WireEntry);
		});
	}

	/**
	 * Yields stored entries, newest first, in pages on demand; without options from the point where live entries begin.
	 * @throws {ChatError} as {@link Conversation.history}
	 */
	async *history(
		options: HistoryOptions = {},
	): AsyncGenerator<WireEntry, void, undefined> {
		const { before, after, pageSize: limit } = options;
		let cursor: number | null | undefined =
			after ?? before ?? (await this.#liveFrom()).before;
		const { http, conversationId } = this.#subscription;
		let { epoch } = this.#subscription;
		while (cursor !== null) {
			const query = queryOf({
				[after === undefined ? "before_seq" : "after_seq"]: cursor,
				limit,
				epoch,
			});
			const response = await http.request(
				`/v1/conversations/${conversationId}/messages?${query}`,
			);
			const page = (await response.json()) as Page | null;
			if (!page || !Array.isArray(page.messages))
				throw new ChatError("request_failed", "not a page of messages");
			yield* after === undefined ? page.messages.toReversed() : page.messages;
			cursor = page.next ?? null;
			epoch ??= page.epoch;
		}
	}
}

/** Expected answer of the server. */
interface Page {
	readonly messages: readonly WireEntry[];
	readonly next?: number | null;
	readonly epoch: string;
}
