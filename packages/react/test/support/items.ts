import type { TimelineRow } from "@secureconnect/react";

/** Returns the contents of a list's rows, in order. */
export function contents(items: readonly TimelineRow[]): string[] {
	return items.map((item) => {
		if (item.kind === "notice") return `(${item.entry.type})`;
		return item.deleted ? "(deleted)" : item.content;
	});
}

/** Returns `m1`, `m2` and so on. */
export function numbered(from: number, to: number): string[] {
	return Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);
}
