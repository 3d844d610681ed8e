import type { MessageItem } from "@secureconnect/react";

/** What a list shows, in its order. */
export function contents(items: readonly MessageItem[]): string[] {
	return items.map((item) =>
		item.kind === "removal" ? "(removed)" : item.message.content,
	);
}

/** `m1`, `m2` and so on. */
export function numbered(from: number, to: number): string[] {
	return Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);
}
