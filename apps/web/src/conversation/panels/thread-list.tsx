import {
	useCallback,
	useEffect,
	useLayoutEffect,
	useRef,
	useState,
} from "react";
import { useDirectory } from "../../people/directory.ts";
import type { Anchor } from "../../ui/anchor.ts";
import type { Line } from "../lines.ts";
import type { Marks } from "../marks.ts";
import { useMessageContext } from "../message-context.ts";
import { Row } from "../row.tsx";
import { useRowParts } from "../row-parts.ts";
import { surroundings } from "../surroundings.ts";
import { useRowActions } from "../use-row-actions.ts";

/** A reader who is at most this far from the end, in pixels, follows new messages. */
const NEAR_END = 60;

/** Message of a thread to which a jump leads. Each jump creates an object, so that a second one scrolls again. */
export interface Target {
	readonly messageId: string;
}

/** Shows the messages of a thread. A thread is short, so the page contains all its loaded rows. */
export function ThreadList(props: {
	readonly lines: readonly Line[];
	/** Whether the first line is the message that begins the thread. */
	readonly hasRoot: boolean;
	readonly me: string;
	readonly marks: Marks;
	readonly target: Target | undefined;
	readonly hasOlder: boolean;
	readonly isLoading: boolean;
	readonly onOlder: () => void;
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
}) {
	const { lines, hasRoot, me, marks, target } = props;
	const directory = useDirectory();
	const { onMenu } = useMessageContext();
	const scroller = useRef<HTMLElement>(null);
	const content = useRef<HTMLDivElement>(null);
	const isAtEnd = useRef(target === undefined);
	const [focused, setFocused] = useState<string>();
	const shown = useRef(lines);
	shown.current = lines;
	useRowActions(content, {
		onMenu: useCallback(
			(key: string, anchor: Anchor) => {
				const line = shown.current.find((it) => it.key === key);
				if (line) onMenu(line, anchor);
			},
			[onMenu],
		),
		onFocus: useCallback((key: string) => setFocused(key), []),
	});
	useRowParts(
		content,
		useCallback(() => setFocused(undefined), []),
	);
	useLayoutEffect(() => {
		const { current } = scroller;
		if (!current || lines.length === 0) return;
		// Rows change their heights, also without a new row.
		const sizes = new ResizeObserver(() => {
			if (isAtEnd.current) current.scrollTop = current.scrollHeight;
		});
		if (content.current) sizes.observe(content.current);
		const scrolled = (): void => {
			const { scrollHeight, scrollTop, clientHeight } = current;
			isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
		};
		current.addEventListener("scroll", scrolled, { passive: true });
		return () => {
			sizes.disconnect();
			current.removeEventListener("scroll", scrolled);
		};
	}, [lines.length]);
	const targetId = target?.messageId;
	const isLoaded = lines.some(({ messageId }) => messageId === targetId);
	useEffect(() => {
		if (!isLoaded || !target) return;
		isAtEnd.current = false;
		const row = content.current?.querySelector<HTMLElement>(".row.target");
		row?.scrollIntoView({ block: "center" });
		row?.focus({ preventScroll: true });
	}, [isLoaded, target]);
	const around = {
		lines: { count: lines.length, line: (at: number) => lines[at] },
		marks,
		directory,
		me,
		newAfter: undefined,
		// The thread does not begin the conversation.
		hasOlder: true,
	};
	const current = lines.some(({ key }) => key === focused)
		? focused
		: lines.at(-1)?.key;
	const replies = lines.length - (hasRoot ? 1 : 0);
	return (
		<section
			ref={scroller}
			className="thread scroller"
			aria-label="Messages of the thread"
			// biome-ignore lint/a11y/noNoninteractiveTabindex: users without a mouse scroll with keys
			tabIndex={0}
		>
			<div ref={content}>
				{lines
					.map((line, at) => (
						<Row
							key={line.key}
							line={line}
							isInThread
							isCurrent={line.key === current}
							isTarget={target !== undefined && line.messageId === targetId}
							onRetry={props.onRetry}
							onDiscard={props.onDiscard}
							{...surroundings(line, at, around)}
							{...(hasRoot && at === 0 && { ends: true })}
							{...(hasRoot && at === 1 && { begins: true, showsTime: true })}
						/>
					))
					.toSpliced(
						hasRoot ? 1 : 0,
						0,
						<p key="replies" className="replies">
							{props.hasOlder ? (
								<button
									className="link"
									type="button"
									disabled={props.isLoading}
									onClick={props.onOlder}
								>
									{props.isLoading ? "Loading…" : "Show earlier replies"}
								</button>
							) : (
								<span>
									{replies === 0
										? "No replies yet"
										: `${replies} ${replies === 1 ? "reply" : "replies"}`}
								</span>
							)}
						</p>,
					)}
			</div>
		</section>
	);
}
