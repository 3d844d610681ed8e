import { useCallback, useEffect, useRef, useState } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import { useDirectory } from "../people/directory.ts";
import { DownIcon } from "../ui/icons.tsx";
import type { Line, Lines } from "./lines.ts";
import type { Marks } from "./marks.ts";
import { Row } from "./row.tsx";
import { surroundings } from "./surroundings.ts";

/** Rows beyond what is seen that are drawn already, in pixels: a turn of the wheel finds them there. */
const AHEAD = 600;
const NEAR_BOTTOM = 60;
/** So many lines before the first one older ones are asked for. */
const EARLY = 400;

/**
 * What was said, oldest first: only what is near to be seen is in the page. It keeps its place when older messages come in above, and
 * follows new ones as long as the reader is at the end.
 */
export function MessageList(props: {
	readonly lines: Lines;
	/** Of the first line: goes down by as many as came in before it. */
	readonly firstIndex: number;
	readonly me: string;
	readonly marks: Marks;
	/** Newest message that had been read when the conversation was opened. */
	readonly readSeq: number | undefined;
	readonly hasOlder: boolean;
	/** Why older ones could not be had. */
	readonly olderError: string | undefined;
	readonly onOlder: () => void;
	/** After that. */
	readonly onOlderAgain: () => void;
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
	/** The reader is at the end, and has everything before their eyes. */
	readonly onSeen: () => void;
}) {
	const { lines, firstIndex, onSeen } = props;
	const directory = useDirectory();
	const list = useRef<VirtuosoHandle>(null);
	const [isAtEnd, setAtEnd] = useState(true);
	const { count } = lines;
	const last = lines.line(count - 1);
	/** Of lines, when the reader left the end. */
	const [leftAt, setLeftAt] = useState(0);
	const below = isAtEnd ? 0 : Math.max(0, (last?.seq ?? 0) - leftAt);

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

	const toEnd = useCallback(
		() => list.current?.scrollToIndex({ index: "LAST", align: "end" }),
		[],
	);
	// Who has just written wants to see it, wherever they were.
	const ownKey = last?.isOwn && last.seq === undefined ? last.key : undefined;
	useEffect(() => {
		if (ownKey !== undefined) toEnd();
	}, [ownKey, toEnd]);

	return (
		<div className="messages">
			<Virtuoso
				ref={list}
				className="scroller"
				aria-label="Messages"
				role="region"
				totalCount={count}
				firstItemIndex={firstIndex}
				initialTopMostItemIndex={{ index: count - 1, align: "end" }}
				increaseViewportBy={AHEAD}
				defaultItemHeight={58}
				alignToBottom
				followOutput={(atBottom) => (atBottom ? "auto" : false)}
				atBottomThreshold={NEAR_BOTTOM}
				atBottomStateChange={(atEnd) => {
					setAtEnd(atEnd);
					if (!atEnd) setLeftAt(last?.seq ?? 0);
				}}
				rangeChanged={({ startIndex }) => {
					if (props.hasOlder && startIndex - firstIndex < EARLY)
						props.onOlder();
				}}
				computeItemKey={(index) => lines.line(index - firstIndex)?.key ?? index}
				components={COMPONENTS}
				context={props}
				itemContent={(index) => {
					const at = index - firstIndex;
					const line = lines.line(at);
					// For a moment the list may ask for one that is no longer there: nothing at all it would complain about.
					if (!line) return <div className="gap" />;
					return (
						<Row
							line={line}
							onRetry={props.onRetry}
							onDiscard={props.onDiscard}
							{...surroundings(line, at, { ...props, directory })}
						/>
					);
				}}
			/>
			{!isAtEnd && (
				<button className="to-end" type="button" onClick={toEnd}>
					<DownIcon />
					{below > 0 ? (
						`${below} new`
					) : (
						<span className="hidden">To the newest message</span>
					)}
				</button>
			)}
		</div>
	);
}

type Above = Pick<
	Parameters<typeof MessageList>[0],
	"hasOlder" | "olderError" | "onOlderAgain"
>;

const COMPONENTS = {
	Header: ({ context }: { context?: Above }) => {
		if (!context?.hasOlder) return null;
		if (context.olderError === undefined)
			return <p className="beginning">Loading…</p>;
		return (
			<p className="beginning">
				Older messages could not be loaded.{" "}
				<button className="link" type="button" onClick={context.onOlderAgain}>
					Try again
				</button>
			</p>
		);
	},
	Footer: () => <div className="foot" />,
};
