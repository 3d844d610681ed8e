import {
	type ReactNode,
	useCallback,
	useEffect,
	useLayoutEffect,
	useMemo,
	useRef,
	useState,
} from "react";
import { useDirectory } from "../people/directory.ts";
import { DownIcon, UpIcon } from "../ui/icons.tsx";
import { indexOf, type Line, type Lines } from "./lines.ts";
import type { Marks } from "./marks.ts";
import { useMessageContext } from "./message-context.ts";
import { Row } from "./row.tsx";
import { useRowParts } from "./row-parts.ts";
import { surroundings } from "./surroundings.ts";
import { useRowActions } from "./use-row-actions.ts";
import { useRowWindow } from "./use-row-window.ts";
import { countAfter } from "./use-unseen.ts";

/** Number of rows above a message to which the list jumps. */
const ABOVE_TARGET = 3;
/** The list requests newer messages this many rows before the last row. */
const EARLY = 30;

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
	/** Newest `seq` that the user saw before the messages below the line "New messages". */
	readonly newAfter: number | undefined;
	/**
	 * First unread message, if more are unread than the list searches for the line "New messages". The line stands above
	 * it once it has loaded.
	 */
	readonly firstUnread: string | undefined;
	/** Message at which the list begins. Without it, the list begins at the line "New messages" or at its end. */
	readonly target: string | undefined;
	readonly hasOlder: boolean;
	readonly hasNewer: boolean;
	readonly isLoading: boolean;
	/** Error of the last request for older messages. */
	readonly olderError: string | undefined;
	readonly onOlder: () => void;
	readonly onNewer: () => void;
	/** Shows the newest part of the conversation. */
	readonly onNewest: () => void;
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
	/** Called while the page has the focus and shows the newest message. */
	readonly onSeen: () => void;
}) {
	const { lines, firstIndex, hasOlder, hasNewer, isLoading } = props;
	const { olderError, onOlder, onNewer, onSeen, target, newAfter } = props;
	const { count } = lines;
	const directory = useDirectory();
	const { onMenu, onJump } = useMessageContext();
	const scroller = useRef<HTMLElement>(null);
	const content = useRef<HTMLDivElement>(null);
	const [startAt] = useState(() => {
		if (target !== undefined)
			return Math.max(0, indexOf(lines, target) - ABOVE_TARGET);
		// The last read message is at the top and the first unread one below it.
		return newAfter === undefined ? undefined : placeAfter(lines, newAfter);
	});
	const { range, isAtEnd, top, toEnd } = useRowWindow(
		scroller,
		firstIndex,
		firstIndex + count,
		startAt === undefined ? undefined : firstIndex + startAt,
		!hasNewer,
	);
	const last = lines.line(count - 1);
	/** The newest `seq` when the reader left the end. */
	const [leftAt, setLeftAt] = useState(newAfter ?? last?.seq ?? 0);
	if (isAtEnd && !hasNewer && leftAt !== (last?.seq ?? leftAt))
		setLeftAt(last?.seq ?? 0);
	const below = isAtEnd ? 0 : countAfter(lines, leftAt);

	// Scroll once to a message that the user has just written, from any position. A message that failed earlier does not
	// scroll the list.
	const ownKey =
		last?.isOwn && last.seq === undefined && last.status !== "failed"
			? last.key
			: undefined;
	useLayoutEffect(() => {
		if (ownKey !== undefined) toEnd();
	}, [ownKey, toEnd]);
	useEffect(() => {
		if (top !== "far" && hasOlder && !isLoading && olderError === undefined)
			onOlder();
	}, [top, hasOlder, isLoading, olderError, onOlder]);
	const isNearEnd = firstIndex + count - range.to < EARLY;
	useEffect(() => {
		if (isNearEnd && hasNewer && !isLoading && olderError === undefined)
			onNewer();
	}, [isNearEnd, hasNewer, isLoading, olderError, onNewer]);
	useEffect(() => {
		if (!isAtEnd || hasNewer || count === 0) return;
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
	}, [isAtEnd, hasNewer, count, onSeen]);

	const [focused, setFocused] = useState<string>();
	const drawn = useRef(new Map<string, Line>());
	drawn.current = new Map();
	const onFocus = useCallback((key: string) => setFocused(key), []);
	const openMenu = useCallback(
		(key: string, anchor: Parameters<typeof onMenu>[1]) => {
			const line = drawn.current.get(key);
			if (line) onMenu(line, anchor);
		},
		[onMenu],
	);
	useRowActions(content, { onMenu: openMenu, onFocus });
	useRowParts(
		content,
		useCallback(() => setFocused(undefined), []),
	);
	let newest: Line | undefined;
	for (let index = range.from; index < range.to; index++) {
		const line = lines.line(index - firstIndex);
		if (!line) continue;
		drawn.current.set(line.key, line);
		if (!line.notice) newest = line;
	}
	// Tab leads to the row that had the focus last, or to the newest drawn message. Notices are no stops.
	const current =
		focused !== undefined && drawn.current.has(focused) ? focused : newest?.key;
	const rows: ReactNode[] = [];
	for (let index = range.from; index < range.to; index++) {
		const at = index - firstIndex;
		const line = lines.line(at);
		if (line)
			rows.push(
				<Row
					key={line.key}
					line={line}
					isCurrent={line.key === current}
					isTarget={target !== undefined && line.messageId === target}
					onRetry={props.onRetry}
					onDiscard={props.onDiscard}
					{...surroundings(line, at, { ...props, directory })}
				/>,
			);
	}
	// A message to which a jump leads gets the focus, so that a screen reader reads it.
	useEffect(() => {
		if (target === undefined) return;
		const row = content.current?.querySelector<HTMLElement>(".row.target");
		if (row?.dataset.key === undefined) return;
		setFocused(row.dataset.key);
		row.focus({ preventScroll: true });
	}, [target]);
	const { firstUnread } = props;
	/** First message below the line "New messages", if it is above the drawn rows. */
	const newAbove = useMemo(() => {
		// After a jump the user knows where the unread messages are.
		if (newAfter === undefined)
			return target === undefined ? firstUnread : undefined;
		const at = placeAfter(lines, newAfter) + 1;
		const { seq = 0, messageId } = lines.line(at) ?? {};
		return seq > newAfter && at + firstIndex < range.from
			? messageId
			: undefined;
	}, [lines, newAfter, firstUnread, target, firstIndex, range.from]);
	const hasPill = hasOlder && top !== "far";
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
				<div ref={content}>{rows}</div>
				<div />
			</section>
			{hasPill && olderError !== undefined ? (
				<p className="older" role="alert">
					Older messages could not be loaded.{" "}
					<button className="link" type="button" onClick={onOlder}>
						Try again
					</button>
				</p>
			) : hasPill && top === "seen" ? (
				<p className="older">Loading…</p>
			) : (
				newAbove !== undefined && (
					<button
						className="to-new"
						type="button"
						onClick={() => onJump(newAbove)}
					>
						<UpIcon />
						<span>New messages</span>
					</button>
				)
			)}
			{(!isAtEnd || hasNewer) && (
				<button
					className="to-end"
					type="button"
					onClick={hasNewer ? props.onNewest : toEnd}
				>
					<DownIcon />
					{below > 0 && !hasNewer ? (
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
