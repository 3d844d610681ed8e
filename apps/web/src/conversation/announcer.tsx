import { useEffect, useRef, useState } from "react";
import { useDirectory } from "../people/directory.ts";
import type { Line, Lines } from "./lines.ts";

const EVERY_MS = 1000;
/** If more messages than this arrive at once, the announcer says their number instead of their text. */
const MOST = 3;
const LONGEST = 200;

/**
 * Announces to a screen reader the messages of others since the previous announcement. The list itself is silent: it
 * renders rows while the user scrolls, and a screen reader would read out the history.
 */
export function Announcer({
	lines,
	isPaused,
}: {
	readonly lines: Lines;
	/** Whether the lines are an earlier part of the conversation. */
	readonly isPaused: boolean;
}) {
	const directory = useDirectory();
	/** The count makes a screen reader announce a second message with the same words, too. */
	const [said, setSaid] = useState({ words: "", count: 0 });
	const latest = useRef({ lines, directory, isPaused });
	latest.current = { lines, directory, isPaused };
	useEffect(() => {
		let known = newest(latest.current.lines);
		const timer = setInterval(() => {
			const { lines, directory, isPaused } = latest.current;
			if (isPaused) return;
			const fresh = since(lines, known);
			known = newest(lines);
			if (fresh.length === 0) return;
			const words =
				fresh.length > MOST
					? `${fresh.length} new messages`
					: fresh
							.map(
								({ senderId, content }) =>
									`${directory.name(senderId)}: ${content.slice(0, LONGEST)}`,
							)
							.join(". ");
			setSaid(({ count }) => ({ words, count: count + 1 }));
		}, EVERY_MS);
		return () => clearInterval(timer);
	}, []);
	return (
		<div className="hidden" role="log" aria-label="New messages">
			{/* A screen reader ignores a text that stays the same, but announces a new element. */}
			<p key={said.count}>{said.words}</p>
		</div>
	);
}

function newest(lines: Lines): number {
	for (let i = lines.count - 1; i >= 0; i--) {
		const seq = lines.line(i)?.seq;
		if (seq !== undefined) return seq;
	}
	return 0;
}

/** Returns the messages of others after an entry, oldest first, without deleted ones: they have no text to announce. */
export function since(lines: Lines, seq: number): Line[] {
	const found: Line[] = [];
	for (let i = lines.count - 1; i >= 0; i--) {
		const line = lines.line(i);
		if (!line || (line.seq ?? Number.MAX_SAFE_INTEGER) <= seq) break;
		if (
			line.seq !== undefined &&
			!line.isOwn &&
			!line.isDeleted &&
			line.notice === undefined
		)
			found.push(line);
	}
	return found.reverse();
}
