import type { WireRest } from "@secureconnect/protocol";
import { fromWire } from "@secureconnect/protocol/wire";
import type { Entry } from "./events.ts";
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
 * The stored entries of a conversation, page by page as they are taken.
 * @throws {ChatError} `unauthorized`, `forbidden`, `request_failed`
 */
export async function* history(
	rest: Rest,
	conversationId: string,
	{ before, after, pageSize }: HistoryOptions,
): AsyncGenerator<Entry, void, undefined> {
	const forwards = after !== undefined;
	let cursor: number | null | undefined = after ?? before;
	while (cursor !== null) {
		const query = new URLSearchParams();
		if (pageSize !== undefined) query.set("limit", String(pageSize));
		if (cursor !== undefined)
			query.set(forwards ? "after_seq" : "before_seq", String(cursor));
		const page: WireRest["messagePage"] = await (
			await rest.request(
				`/v1/conversations/${conversationId}/messages?${query}`,
			)
		).json();
		const entries = forwards ? page.messages : page.messages.reverse();
		for (const entry of entries) yield fromWire(entry);
		cursor = page.next;
	}
}
