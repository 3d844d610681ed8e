import { ALL_SHAPES } from "../amendment-shapes.ts";
import { readFrame } from "../frames.ts";
import type { LogEntry } from "./entries.ts";

/** A page of a conversation's messages, as the server answers. */
export interface Page {
	/** Entries of unknown types and invalid ones keep only `seq`. */
	readonly entries: readonly LogEntry[];
	/** Newest entry that is folded into the page's messages; 0 for a page of the log. */
	readonly asOf: number;
	/** Cursor of the next page; null after the last page. */
	readonly next: number | null;
	/** Id of the log. */
	readonly epoch: string | undefined;
}

/** Reads the body of a page, of `view=log` or `view=timeline`. Returns undefined if it is not a page. */
export function readPage(body: unknown): Page | undefined {
	const { messages, as_of_seq, next, epoch } = (body ?? {}) as {
		readonly messages?: unknown;
		readonly as_of_seq?: number;
		readonly next?: number | null;
		readonly epoch?: string;
	};
	if (!Array.isArray(messages)) return undefined;
	return {
		entries: messages.map((message) => {
			const read = readFrame(message, false, ALL_SHAPES);
			if ("frame" in read) return read.frame;
			return read.seq === undefined ? {} : { seq: read.seq };
		}),
		asOf: as_of_seq ?? 0,
		next: next ?? null,
		epoch,
	};
}
