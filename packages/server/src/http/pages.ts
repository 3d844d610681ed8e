/** Sizes and encoding of long answers. */
import { Limits } from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import type { Turns } from "../fair/turns.ts";

/** Characters of bodies above which a page receives no further entry. */
export const PAGE_BYTES = 512 * 1024;
/** Maximum number of UTF-8 bytes per character. */
const CHARACTER_BYTES = 3;
/** Bytes for an entry's other fields, and for numbers in metadata that JSON writes longer than their sender did. */
const ENTRY_BYTES = 64 * 1024;
/** Bytes of the marks and the thread of one message: each mark has a name and ten users, a thread has five. */
const FOLD_BYTES = Limits.maxReactionsPerMessage * 1024 + 512;

/** Returns the size of the longest possible page: the last entry on it may have the maximum length of a message. */
export function longestAnswer(maxMessageBytes: number): number {
	return PAGE_BYTES * CHARACTER_BYTES + maxMessageBytes;
}

/** Returns the size of the longest possible entry: the body of a message, with the fields that the server adds. */
export function longestEntry(maxMessageBytes: number): number {
	return maxMessageBytes + ENTRY_BYTES;
}

/** Returns the size of the longest possible page of folded messages. */
export function longestTimeline(maxMessageBytes: number): number {
	return longestAnswer(maxMessageBytes) + Limits.maxPageSize * FOLD_BYTES;
}

/**
 * Encodes a long answer as bytes in the user's turn. Text would be measured, flattened and encoded several times on its
 * way out.
 */
export function encoded(
	turns: Turns,
	{ userId }: Identity,
	write: () => string,
): Promise<Buffer> {
	return turns.take(userId, async () => Buffer.from(write()));
}
