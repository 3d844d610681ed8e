import { ChatError } from "./errors.ts";
import type { Entry } from "./events.ts";
import { readFrame } from "./frames.ts";
import type { Rest } from "./rest.ts";

export interface HistoryOptions {
	/** Entries older than this `seq`, newest first. */
	readonly before?: number;
	/** Entries newer than this `seq`, oldest first: 0 is the whole history. */
	readonly after?: number;
	/** Entries asked for at once, 50 unless given, at most 100. */
	readonly pageSize?: number;
}

/**
 * Yields the stored entries of a conversation, page by page as they are taken. Skips entries of types that this version
 * does not know, as it skips them live.
 * @param epoch of the log, where it is known
 * @throws {ChatError} `unauthorized`, `forbidden`, `epoch_changed`, `request_failed`
 */
export async function* history(
	rest: Rest,
	conversationId: string,
	{ before, after, pageSize }: HistoryOptions,
	epoch: string | undefined,
): AsyncGenerator<Entry, void, undefined> {
	const forwards = after !== undefined;
	let cursor: number | null | undefined = after ?? before;
	while (cursor !== null) {
		const query = new URLSearchParams();
		if (pageSize !== undefined) query.set("limit", String(pageSize));
		if (cursor !== undefined)
			query.set(forwards ? "after_seq" : "before_seq", String(cursor));
		// A number of another log would go on in the middle of something else.
		if (epoch !== undefined) query.set("epoch", epoch);
		const response = await rest.request(
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

/** What a server should answer. */
interface Page {
	readonly messages?: unknown;
	readonly next?: number | null;
	readonly epoch?: string;
}
