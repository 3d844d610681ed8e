import { ChatError } from "./errors.ts";
import type { ConversationEntry } from "./events.ts";
import { readFrame } from "./frames.ts";
import type { HttpClient } from "./http-client.ts";

/** Options of `Conversation.history`. Without `before` and `after`, it yields the entries before the live ones. */
export interface HistoryOptions {
	/** Entries older than this `seq`, newest first. */
	readonly before?: number;
	/** Entries newer than this `seq`, oldest first. 0 yields the whole history. */
	readonly after?: number;
	/** Entries per request; the default is 50, the maximum 100. */
	readonly pageSize?: number;
}

/**
 * Yields the stored entries of a conversation and fetches pages on demand. Skips entry types that this version does
 * not know, as the live stream does.
 * @param epoch id of the log, if known
 * @throws {ChatError} `unauthorized`, `forbidden`, `epoch_changed`, `request_failed`
 */
export async function* history(
	http: HttpClient,
	conversationId: string,
	{ before, after, pageSize }: HistoryOptions,
	epoch: string | undefined,
): AsyncGenerator<ConversationEntry, void, undefined> {
	const forwards = after !== undefined;
	let cursor: number | null | undefined = after ?? before;
	while (cursor !== null) {
		const query = new URLSearchParams();
		if (pageSize !== undefined) query.set("limit", String(pageSize));
		if (cursor !== undefined)
			query.set(forwards ? "after_seq" : "before_seq", String(cursor));
		// In a different log the same number belongs to a different entry, so the request names the log.
		if (epoch !== undefined) query.set("epoch", epoch);
		const response = await http.request(
			`/v1/conversations/${conversationId}/messages?${query}`,
		);
		const page = (await response.json()) as Page | null;
		const entries = page?.messages;
		if (!Array.isArray(entries))
			throw new ChatError("request_failed", "not a page of messages");
		for (const entry of forwards ? entries : entries.reverse()) {
			const read = readFrame(JSON.stringify(entry), false);
			if (!("frame" in read)) continue;
			const { frame } = read;
			if (frame.type === "chat" || frame.type === "participant_removed")
				yield frame;
		}
		cursor = page?.next ?? null;
		epoch ??= page?.epoch;
	}
}

/** Expected answer of the server. */
interface Page {
	readonly messages?: unknown;
	readonly next?: number | null;
	readonly epoch?: string;
}
