import {
	type RefObject,
	useCallback,
	useLayoutEffect,
	useRef,
	useState,
} from "react";
import { flushSync } from "react-dom";
import {
	atEnd,
	beginning,
	drawn,
	type Range,
	RowWindow,
	type View,
} from "./row-window.ts";

interface Rows extends Omit<View, "from" | "to"> {
	/** Rows to draw. */
	readonly range: Range;
	/** Scrolls to the end. The function stays the same. */
	readonly toEnd: () => void;
}

/**
 * Decides which rows of a scrolled list to draw.
 * @param scroller its children are an empty space, the rows' parent, and another empty space
 * @param first the first row's number, which decreases by the number of rows that load before it
 * @param end the last row's number plus one
 * @param startAt the row at the top at the first rendering; without it the list begins at its end
 * @param hasEnd whether the last row is the newest one
 */
export function useRowWindow(
	scroller: RefObject<HTMLElement | null>,
	first: number,
	end: number,
	startAt?: number,
	hasEnd = true,
): Rows {
	const [view, setView] = useState(() =>
		startAt === undefined
			? atEnd({ from: first, to: end })
			: beginning(startAt, end),
	);
	const beginsAtEnd = useRef(startAt === undefined);
	const rows = useRef<RowWindow>(undefined);
	const range = drawn(view, { from: first, to: end });
	useLayoutEffect(() => {
		const element = scroller.current;
		if (!element) return;
		const it = new RowWindow(
			element,
			(next, isUrgent) => {
				if (isUrgent) flushSync(() => setView(next));
				else setView(next);
			},
			beginsAtEnd.current,
		);
		rows.current = it;
		const scrolled = (): void => it.scrolled();
		element.addEventListener("scroll", scrolled, { passive: true });
		return () => {
			element.removeEventListener("scroll", scrolled);
			it.close();
		};
	}, [scroller]);
	useLayoutEffect(() =>
		rows.current?.drew({ from: first, to: end }, range, hasEnd),
	);
	const toEnd = useCallback(() => rows.current?.toEnd(), []);
	return { ...view, range, toEnd };
}
