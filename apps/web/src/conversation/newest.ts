import type { MessageRow, TimelineRow } from "@secureconnect/react";

/** Counts the user's messages that wait to be sent; they are at the end of the list. */
export function waiting(items: readonly TimelineRow[]): number {
	const newestStored = items.findLastIndex(({ seq }) => seq > 0);
	return items
		.slice(newestStored + 1)
		.filter((item) => item.kind === "message" && item.status !== "failed")
		.length;
}

/** Returns the newest message that the server has stored. */
export function newestStored(
	items: readonly TimelineRow[],
): MessageRow | undefined {
	const item = items.findLast(({ kind, seq }) => kind === "message" && seq > 0);
	return item?.kind === "message" ? item : undefined;
}
