import type { ServerFrameOf } from "@secureconnect/protocol";
import { ChatError } from "./errors.ts";
import type { ConversationEntry, Metadata } from "./events.ts";
import { readFrame, withCreatedAt } from "./frames.ts";
import { type HttpClient, queryOf } from "./http-client.ts";

/** Options of `Conversation.history`. Without `before` and `after`, it yields the entries before the live ones. */
export interface HistoryOptions {
	/** Entries older than this `seq`, newest first. */
	readonly before?: number;
	/** Entries newer than this `seq`, oldest first. 0 yields the whole history. */
	readonly after?: number;
	/** Entries per request; the default is 50, the maximum 100. */
	readonly pageSize?: number;
}

/** Part of a conversation to read. Without `before` and `after`: the newest entries. */
export interface MessagesOptions {
	/** Entries older than this `seq`. */
	readonly before?: number | undefined;
	/** Entries newer than this `seq`. 0 starts at the first entry. */
	readonly after?: number | undefined;
	/** Entries per page; the default is 50, the maximum 100. */
	readonly limit?: number | undefined;
	/** `epoch` of an earlier page. A server that was restored from a backup since then answers `epoch_changed`. */
	readonly epoch?: string | undefined;
}

/** Page of a conversation's entries. */
export interface MessagePage<M extends object = Metadata> {
	/** In ascending order of `seq`, without deleted messages, amendments and entries of unknown types. */
	readonly messages: readonly ConversationEntry<M>[];
	/** `before` of the next page, or its `after` if the request had one; null at the end. */
	readonly next: number | null;
	/** Id of the server's log. */
	readonly epoch: string;
}

/**
 * Reads one page of a conversation. Skips entry types that this version does not know, as the live stream does.
 * @throws {ChatError} `unauthorized`, `forbidden`, `epoch_changed`, `request_failed`
 */
export async function readPage(
	http: HttpClient,
	conversationId: string,
	{ before, after, limit, epoch }: MessagesOptions,
): Promise<MessagePage> {
	const query = queryOf({
		limit,
		before_seq: before,
		after_seq: after,
		// In a different log the same number belongs to a different entry, so the request names the log.
		epoch,
	});
	const response = await http.request(
		`/v1/conversations/${conversationId}/messages?${query}`,
	);
	const page = (await response.json()) as Page | null;
	if (!page || !Array.isArray(page.messages))
		throw new ChatError("request_failed", "not a page of messages");
	const messages: ConversationEntry[] = [];
	for (const entry of page.messages) {
		const { frame } = readFrame(entry, false) as {
			readonly frame?: ServerFrameOf["chat" | "participant_removed"] & {
				readonly deleted?: boolean;
			};
		};
		if (frame?.seq && !frame.deleted) messages.push(withCreatedAt(frame));
	}
	return { messages, next: page.next ?? null, epoch: page.epoch };
}

/**
 * Yields the stored entries of a conversation and fetches pages on demand.
 * @param epoch id of the log, if known
 * @throws {ChatError} as {@link readPage}
 */
export async function* history(
	http: HttpClient,
	conversationId: string,
	{ before, after, pageSize }: HistoryOptions,
	epoch: string | undefined,
): AsyncGenerator<ConversationEntry, void, undefined> {
	const direction = after === undefined ? "before" : "after";
	let cursor: number | null | undefined = after ?? before;
	while (cursor !== null) {
		const page = await readPage(http, conversationId, {
			[direction]: cursor,
			limit: pageSize,
			epoch,
		});
		const { messages } = page;
		yield* after === undefined ? [...messages].reverse() : messages;
		cursor = page.next;
		epoch ??= page.epoch;
	}
}

/** Expected answer of the server. */
interface Page {
	readonly messages?: unknown;
	readonly next?: number | null;
	readonly epoch: string;
}
