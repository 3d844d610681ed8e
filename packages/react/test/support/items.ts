import type { MessageItem } from "@secureconnect/react";

/** Returns the contents of a list's rows, in order. */
export function contents(items: readonly MessageItem[]): string[] {
	return items.map((item) =>
		item.kind === "removal" ? "(removed)" : item.message.content,
	);
}

/** Returns `m1`, `m2` and so on. */
export function numbered(from: number, to: number): string[] {
	return Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);
}
