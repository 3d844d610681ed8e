import type { TimelineRow } from "@secureconnect/react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { keepRefused, refusedOf } from "../account/refused.ts";
import { type Lines, refusedLine } from "./lines.ts";

/**
 * Returns the lines of a conversation, followed by earlier refused messages. The SDK forgets those when the view of the
 * conversation closes.
 */
export function useRefused(
	me: string,
	conversationId: string,
	items: readonly TimelineRow[],
	lines: Lines,
): {
	readonly lines: Lines;
	/** Forgets a refused message. The function stays the same. */
	readonly drop: (id: string) => void;
} {
	const [kept, setKept] = useState(() => refusedOf(me, conversationId));
	const change = useCallback(
		(next: typeof kept) => {
			keepRefused(me, conversationId, next);
			setKept(next);
		},
		[me, conversationId],
	);
	const shown = useMemo(() => refusedIn(items), [items]);
	useEffect(() => {
		const fresh = shown.filter(({ id }) => !kept.some((it) => it.id === id));
		if (fresh.length > 0) change([...kept, ...fresh]);
	}, [shown, kept, change]);
	const drop = useCallback(
		(id: string) =>
			change(refusedOf(me, conversationId).filter((it) => it.id !== id)),
		[me, conversationId, change],
	);
	const all = useMemo(() => {
		const more = kept
			.filter(({ id }) => !shown.some((it) => it.id === id))
			.map((it) => refusedLine(it, me));
		if (more.length === 0) return lines;
		return {
			count: lines.count + more.length,
			line: (index: number) => lines.line(index) ?? more[index - lines.count],
		};
	}, [kept, shown, lines, me]);
	return { lines: all, drop };
}

function refusedIn(items: readonly TimelineRow[]) {
	const found = [];
	// The user's messages that are not stored are at the end.
	for (let i = items.length - 1; i >= 0; i--) {
		const item = items[i];
		if (item?.kind !== "message" || item.seq > 0) break;
		const { key: id, content, createdAt: at, status, error } = item;
		if (status === "failed")
			found.push({ id, content, at, error: error?.message ?? "" });
	}
	return found.reverse();
}
