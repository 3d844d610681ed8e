import {
	type ReactNode,
	useEffect,
	useLayoutEffect,
	useRef,
	useState,
} from "react";
import { useDirectory } from "../people/directory.ts";
import { DownIcon } from "../ui/icons.tsx";
import type { Line, Lines } from "./lines.ts";
import type { Marks } from "./marks.ts";
import { Row } from "./row.tsx";
import { surroundings } from "./surroundings.ts";
import { useRowWindow } from "./use-row-window.ts";
import { countAfter } from "./use-unseen.ts";

/**
 * What was said, oldest first: only what is near to be seen is in the page. It keeps its place when older messages come
 * in above, and follows new ones as long as the reader is at the end.
 */
export function MessageList(props: {
	readonly lines: Lines;
	/** Of the first line: goes down by as many as came in before it. */
	readonly firstIndex: number;
	readonly me: string;
	readonly marks: Marks;
	/** The newest `seq` that was seen before those below the line "New". */
	readonly newAfter: number | undefined;
	readonly hasOlder: boolean;
	readonly isLoading: boolean;
	/** Why older ones could not be had. */
	readonly olderError: string | undefined;
	readonly onOlder: () => void;
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
	/** The reader is at the end, and has everything before their eyes. */
	readonly onSeen: () => void;
}) {
	const { lines, firstIndex, hasOlder, isLoading, olderError } = props;
	const { onOlder, onSeen } = props;
	const { count } = lines;
	const directory = useDirectory();
	const scroller = useRef<HTMLElement>(null);
	// The list opens at its first unread message, below the last that was read.
	const [startAt] = useState(() =>
		props.newAfter === undefined
			? undefined
			: placeAfter(lines, props.newAfter),
	);
	const { range, isAtEnd, top, toEnd } = useRowWindow(
		scroller,
		firstIndex,
		firstIndex + count,
		startAt === undefined ? undefined : firstIndex + startAt,
	);
	const last = lines.line(count - 1);
	/** The newest when the reader left the end. */
	const [leftAt, setLeftAt] = useState(props.newAfter ?? 0);
	if (isAtEnd && leftAt !== (last?.seq ?? leftAt)) setLeftAt(last?.seq ?? 0);
	const below = isAtEnd ? 0 : countAfter(lines, leftAt);

	// Scroll to a message that the user has just written, from any position: once, although the message may wait for long,
	// and not to one that failed earlier.
	const ownKey =
		last?.pending && last.status !== "failed" ? last.key : undefined;
	useLayoutEffect(() => {
		if (ownKey !== undefined) toEnd();
	}, [ownKey, toEnd]);
	useEffect(() => {
		if (top !== "far" && hasOlder && !isLoading && olderError === undefined)
			onOlder();
	}, [top, hasOlder, isLoading, olderError, onOlder]);
	useEffect(() => {
		if (!isAtEnd || count === 0) return;
		const look = (): void => {
			if (document.visibilityState === "visible" && document.hasFocus())
				onSeen();
		};
		look();
		addEventListener("focus", look);
		document.addEventListener("visibilitychange", look);
		return () => {
			removeEventListener("focus", look);
			document.removeEventListener("visibilitychange", look);
		};
	}, [isAtEnd, count, onSeen]);

	const rows: ReactNode[] = [];
	for (let index = range.from; index < range.to; index++) {
		const at = index - firstIndex;
		const line = lines.line(at);
		if (line)
			rows.push(
				<Row
					key={line.key}
					line={line}
					onRetry={props.onRetry}
					onDiscard={props.onDiscard}
					{...surroundings(line, at, { ...props, directory })}
				/>,
			);
	}
	return (
		<div className="messages">
			<section
				ref={scroller}
				className="scroller"
				aria-label="Messages"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
				tabIndex={0}
			>
				<div />
				<div>{rows}</div>
				<div />
			</section>
			{hasOlder && top !== "far" && olderError !== undefined ? (
				<p className="older" role="alert">
					Older messages could not be loaded.{" "}
					<button className="link" type="button" onClick={onOlder}>
						Try again
					</button>
				</p>
			) : (
				hasOlder && top === "seen" && <p className="older">Loading…</p>
			)}
			{!isAtEnd && (
				<button className="to-end" type="button" onClick={toEnd}>
					<DownIcon />
					{below > 0 ? (
						<span>{`${below} new`}</span>
					) : (
						<span className="hidden">To the newest message</span>
					)}
				</button>
			)}
		</div>
	);
}

/** The index of the last line up to a place; 0 where there is none. */
function placeAfter(lines: Lines, seq: number): number {
	for (let i = lines.count - 1; i > 0; i--)
		if ((lines.line(i)?.seq ?? Number.MAX_SAFE_INTEGER) <= seq) return i;
	return 0;
}
