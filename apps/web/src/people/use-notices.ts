import type { NoticeRow, TimelineRow } from "@secureconnect/react";
import { useEffect, useRef } from "react";
import { useDetailsStore } from "./details.ts";

/** Entries after which the details of a conversation, and its row in the list, are out of date. */
const NOTICES: readonly string[] = [
	"participant_added",
	"participant_removed",
	"role_changed",
	"conversation_changed",
];

/**
 * Reloads the details when participants, roles or the conversation itself changed.
 * @param items rows of the conversation
 * @param hasNewer whether the rows are an earlier part: the notices after it count once the newest part is shown again
 * @param me the user's id
 * @param onChanged called when the list of conversations is out of date
 */
export function useNotices(
	id: string,
	items: readonly TimelineRow[],
	hasNewer: boolean,
	me: string,
	onChanged: () => void,
): void {
	const store = useDetailsStore();
	/** Newest `seq` that was checked. The page requests the details itself when it opens a conversation. */
	const checked = useRef<number>(undefined);
	useEffect(() => {
		const newest = items.findLast(({ seq }) => seq > 0)?.seq;
		if (hasNewer || newest === undefined) return;
		const before = checked.current;
		checked.current = newest;
		const fresh = before === undefined ? [] : noticesAfter(items, before);
		if (fresh.length === 0) return;
		onChanged();
		const ofMine = fresh.findLast(({ userId }) => userId === me);
		// The server refuses this request from a removed user.
		if (ofMine?.type !== "participant_removed") store.want(id, 0);
	}, [id, items, hasNewer, me, onChanged, store]);
}

/** Returns the notices of such changes after an entry, oldest first. */
export function noticesAfter(
	items: readonly TimelineRow[],
	after: number,
): NoticeRow["entry"][] {
	const found: NoticeRow["entry"][] = [];
	for (let i = items.length - 1; i >= 0; i--) {
		const item = items[i];
		// A row that is not stored has the number 0.
		if (!item || (item.seq > 0 && item.seq <= after)) break;
		if (item.kind === "notice" && NOTICES.includes(item.entry.type ?? ""))
			found.push(item.entry);
	}
	return found.reverse();
}
