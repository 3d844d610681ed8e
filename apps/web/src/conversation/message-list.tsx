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
 * Shows the messages, oldest first. The page contains only the rows near the viewport. The list keeps its position when
 * older messages load above, and follows new messages while the reader is at the end.
 */
export function MessageList(props: {
	readonly lines: Lines;
	/** Index of the first line. It decreases by the number of lines that load before it. */
	readonly firstIndex: number;
	readonly me: string;
	readonly marks: Marks;
	/** Newest `seq` that the user saw before the messages below the line "New". */
	readonly newAfter: number | undefined;
	readonly hasOlder: boolean;
	readonly isLoading: boolean;
	/** Error of the last request for older messages. */
	readonly olderError: string | undefined;
	readonly onOlder: () => void;
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
	/** Called while the page has the focus and shows the newest message. */
	readonly onSeen: () => void;
}) {
	const { lines, firstIndex, hasOlder, isLoading, olderError } = props;
	const { onOlder, onSeen } = props;
	const { count } = lines;
	const directory = useDirectory();
	const scroller = useRef<HTMLElement>(null);
	// The list opens with the last read message at the top and the first unread one below it.
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
	/** The newest `seq` when the reader left the end. */
	const [leftAt, setLeftAt] = useState(props.newAfter ?? 0);
	if (isAtEnd && leftAt !== (last?.seq ?? leftAt)) setLeftAt(last?.seq ?? 0);
	const below = isAtEnd ? 0 : countAfter(lines, leftAt);

	// Scroll once to a message that the user has just written, from any position. A message that failed earlier does not
	// scroll the list.
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
				// biome-ignore lint/a11y/noNoninteractiveTabindex: users without a mouse scroll with keys
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

/** Returns the index of the last line with at most this `seq`, or 0. */
function placeAfter(lines: Lines, seq: number): number {
	for (let i = lines.count - 1; i > 0; i--)
		if ((lines.line(i)?.seq ?? Number.MAX_SAFE_INTEGER) <= seq) return i;
	return 0;
}
