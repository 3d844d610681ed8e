import { useCallback, useEffect, useRef, useState } from "react";
import type { Lines } from "./lines.ts";

/** A conversation is searched this far back for its first unread message; with more unread it opens at the end. */
const MOST_UNREAD = 300;

export interface Unseen {
	/** The history has to reach further back before the first unread message is known. */
	readonly isSearching: boolean;
	/** `seq` of the newest message that was seen before those below the line "New"; undefined where there is no line. */
	readonly newAfter: number | undefined;
	/** Messages of others that were not seen yet. */
	readonly count: number;
	/** Notes that the user sees the newest message. Always the same function. */
	readonly onWatched: () => void;
}

/**
 * Tells which messages the user has not seen. The line "New" is above the first one of those that were there when the
 * conversation was opened, or that came while the user looked elsewhere; never above messages that the user watched
 * arrive.
 * @param readSeq how far the user had read when the conversation was opened; undefined where that is not known
 * @param isReady whether `readSeq` and the newest messages are there
 */
export function useUnseen(
	lines: Lines,
	readSeq: number | undefined,
	isReady: boolean,
	hasOlder: boolean,
): Unseen {
	const newest = newestSeq(lines);
	const [seen, setSeen] = useState<number>();
	const [newAfter, setNewAfter] = useState<number>();
	/** As it was at the first rendering with messages: what is unread then has its line at once. */
	const opened = useRef<{ readonly seen: number }>(undefined);
	/** Whether `readSeq` is of the log that is shown. */
	const isOfLog = useRef(true);
	const reached = useRef(0);
	if (newest < reached.current) {
		// The server was set back to a backup: the numbers mean other messages now.
		isOfLog.current = false;
		opened.current = undefined;
		setSeen(undefined);
		setNewAfter(undefined);
	}
	reached.current = newest;
	if (!opened.current && isReady && lines.count > 0) {
		const read = (isOfLog.current ? readSeq : undefined) ?? newest;
		opened.current = { seen: newest - read > MOST_UNREAD ? newest : read };
		const { seen } = opened.current;
		if (countAfter(lines, seen) > 0) setNewAfter(seen);
	}
	const before = seen ?? opened.current?.seen;
	const latest = useRef({ newest, before });
	latest.current = { newest, before };
	const onWatched = useCallback(() => {
		const { newest, before } = latest.current;
		if (before === undefined || newest <= before) return;
		latest.current = { newest, before: newest };
		setSeen(newest);
	}, []);
	// After the list's own effects: they have noted by then whether the user sees the newest message.
	useEffect(() => {
		const { before } = latest.current;
		if (before !== undefined && countAfter(lines, before) > 0)
			setNewAfter(before);
	}, [lines]);
	const first = firstSeq(lines);
	return {
		isSearching:
			newAfter !== undefined &&
			hasOlder &&
			first !== undefined &&
			first > newAfter &&
			seen === undefined,
		newAfter,
		count: before === undefined ? 0 : countAfter(lines, before),
		onWatched,
	};
}

function firstSeq(lines: Lines): number | undefined {
	return lines.line(0)?.seq;
}

function newestSeq(lines: Lines): number {
	for (let i = lines.count - 1; i >= 0; i--) {
		const seq = lines.line(i)?.seq;
		if (seq !== undefined) return seq;
	}
	return 0;
}

/** Counts the messages of others behind a place. */
export function countAfter(lines: Lines, seq: number): number {
	let count = 0;
	for (let i = lines.count - 1; i >= 0; i--) {
		const line = lines.line(i);
		if (!line || (line.seq ?? Number.MAX_SAFE_INTEGER) <= seq) break;
		if (line.seq !== undefined && !line.isOwn && line.removed === undefined)
			count++;
	}
	return count;
}
