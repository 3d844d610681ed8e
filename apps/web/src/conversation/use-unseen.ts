import { useCallback, useEffect, useRef, useState } from "react";
import type { Lines } from "./lines.ts";

/** Maximum number of messages searched for the first unread one. If more are unread, the list opens at the end. */
const MOST_UNREAD = 300;

export interface Unseen {
	/** Whether older messages must load before the first unread message is known. */
	readonly isSearching: boolean;
	/** Newest `seq` that the user saw before the messages below the line "New messages"; undefined if there is no line. */
	readonly newAfter: number | undefined;
	/** Whether more messages were unread than the list searches, so that there is no line above the first one. */
	readonly isTooMany: boolean;
	/** Number of messages of others that the user has not seen. */
	readonly count: number;
	/** Records that the user sees the newest message. The function stays the same. */
	readonly onWatched: () => void;
}

/**
 * Tracks the messages that the user has not seen. The line "New messages" stands above the first message that was
 * unread when the user opened the conversation, or that arrived while the user looked elsewhere. It never stands above
 * messages that the user watched arrive.
 * @param readSeq the user's read position when they opened the conversation; undefined if it is unknown
 * @param isReady whether `readSeq` and the newest messages have loaded
 * @param hasNewer whether the lines are an earlier part of the conversation
 */
export function useUnseen(
	lines: Lines,
	readSeq: number | undefined,
	isReady: boolean,
	hasOlder: boolean,
	hasNewer: boolean,
): Unseen {
	const reached = useRef(0);
	const counted = useRef(0);
	// While the list shows an earlier part of the conversation, the newest messages stay as they were.
	const newest = hasNewer ? reached.current : newestSeq(lines);
	const [seen, setSeen] = useState<number>();
	const [newAfter, setNewAfter] = useState<number>();
	/** State at the first rendering with messages, so that this rendering already shows the line. */
	const opened = useRef<{ readonly seen: number; readonly isTooMany: boolean }>(
		undefined,
	);
	/** Whether `readSeq` refers to the log that the list shows. */
	const isOfLog = useRef(true);
	if (newest < reached.current) {
		// The server was restored from a backup, so each number now refers to a different message.
		isOfLog.current = false;
		opened.current = undefined;
		setSeen(undefined);
		setNewAfter(undefined);
	}
	reached.current = newest;
	if (!opened.current && isReady && !hasNewer && lines.count > 0) {
		const read = (isOfLog.current ? readSeq : undefined) ?? newest;
		const isTooMany = newest - read > MOST_UNREAD;
		opened.current = { seen: isTooMany ? newest : read, isTooMany };
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
	// Runs after the list's effects, which record whether the user sees the newest message.
	useEffect(() => {
		const { before } = latest.current;
		if (hasNewer) return;
		if (before !== undefined && countAfter(lines, before) > 0)
			setNewAfter(before);
	}, [lines, hasNewer]);
	if (!hasNewer)
		counted.current = before === undefined ? 0 : countAfter(lines, before);
	const first = firstSeq(lines);
	return {
		isSearching:
			newAfter !== undefined &&
			hasOlder &&
			!hasNewer &&
			first !== undefined &&
			first > newAfter &&
			seen === undefined,
		newAfter,
		isTooMany: opened.current?.isTooMany ?? false,
		count: counted.current,
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

/** Counts the messages of others after `seq`. */
export function countAfter(lines: Lines, seq: number): number {
	let count = 0;
	for (let i = lines.count - 1; i >= 0; i--) {
		const line = lines.line(i);
		if (!line || (line.seq ?? Number.MAX_SAFE_INTEGER) <= seq) break;
		if (
			line.seq !== undefined &&
			!line.isOwn &&
			!line.isDeleted &&
			line.notice === undefined
		)
			count++;
	}
	return count;
}
