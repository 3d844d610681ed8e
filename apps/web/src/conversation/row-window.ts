/** Row numbers from `from` up to, and not including, `to`. */
export interface Range {
	readonly from: number;
	readonly to: number;
}

/** Rows to draw and the reader's position among all rows. */
export interface View extends Range {
	/** Whether the list follows new rows. */
	readonly isAtEnd: boolean;
	/** Distance of the very first row from the viewport. */
	readonly top: "seen" | "near" | "far";
}

/** Height of the rows drawn beyond the viewport, in pixels, so that a turn of the wheel shows no gap. */
const AHEAD = 500;
/** Rows farther from the viewport than this, in pixels, are no longer drawn. */
const KEPT = 800;
/** The list requests older messages this many rows before the first row. */
const EARLY = 150;
/** A reader who scrolls towards the end within this distance, in pixels, counts as at the end. */
const NEAR_END = 60;
/**
 * Distance in pixels that counts as 0, because browsers round at every zoom level. It is below 2 pixels: slow scrolling
 * moves by 2, and the list must not undo that.
 */
const NOTHING = 1.5;
/** Assumed height of a row before any row was measured, in pixels. */
const ROW_HEIGHT = 58;
/** Number of rows drawn before any measurement. */
const BEGINNING = 24;

/**
 * Returns the rows to draw of those from `first` up to `end`. The rows may have changed since the view was computed.
 */
export function drawn(view: View, { from: first, to: end }: Range): Range {
	const to = view.isAtEnd ? end : Math.min(view.to, end);
	const from = Math.max(view.from, first);
	return from < to || first === end
		? { from: Math.min(from, to), to }
		: { from: Math.max(first, end - BEGINNING), to: end };
}

export function atEnd({ from, to }: Range): View {
	return {
		from: Math.max(from, to - BEGINNING),
		to,
		isAtEnd: true,
		top: "near",
	};
}

/** Returns the view of a list that begins with this row at its top. */
export function beginning(from: number, end: number): View {
	return {
		from,
		to: Math.min(from + BEGINNING, end),
		isAtEnd: false,
		top: "near",
	};
}

/** Positions of the rows, in pixels below the beginning of the list. */
interface Measured {
	/** Top edge of each drawn row. */
	readonly tops: readonly number[];
	/** Bottom edge of the last drawn row. */
	readonly bottom: number;
	readonly scrollTop: number;
	/** Distance from the bottom of the viewport to the end of the list, in pixels. */
	readonly left: number;
	/** Height of the viewport, in pixels. */
	readonly height: number;
	readonly width: number;
}

/** Row that must not move, and its position. */
interface Anchor {
	readonly row: Element;
	readonly top: number;
}

function heightOf({ tops, bottom }: Measured): number {
	return bottom - (tops[0] ?? bottom);
}

/**
 * Decides which rows of a long list to draw: those near the viewport, between two empty spaces that replace the others.
 * Visible rows do not move when rows above them are added, removed or measured. The list changes the height of the
 * space above them and not the scroll position, because setting that disturbs a browser while it scrolls. If the space
 * differs much from the height of its rows, the list changes both by the same amount.
 */
export class RowWindow {
	readonly #scroller: HTMLElement;
	readonly #above: HTMLElement;
	readonly #rows: HTMLElement;
	readonly #below: HTMLElement;
	readonly #changed: (view: View, isUrgent: boolean) => void;
	readonly #sizes: ResizeObserver;
	#all: Range = { from: 0, to: 0 };
	#drawn: Range = { from: 0, to: 0 };
	/** View that was requested last. */
	#view: View | undefined;
	#isAtEnd: boolean;
	/** Whether the last row is the newest one: only then the list follows new rows. */
	#hasEnd = true;
	#rowHeight = ROW_HEIGHT;
	/** Height of the space above the rows, in pixels. */
	#space = 0;
	/** First visible row. */
	#anchor: Anchor | undefined;
	/**
	 * Row after the anchor, if the anchor is the very first row. When older rows load, the first row changes its height,
	 * because it may no longer begin a day or a group.
	 */
	#second: Anchor | undefined;
	/** Scroll position when last measured or set. */
	#scrollTop = 0;
	/** Whether an element in a row had the focus when new rows were requested. */
	#hadFocus = false;
	/** Sizes at the last call of `#settle`. */
	#settled = { rows: 0, height: 0, width: 0 };

	/**
	 * @param scroller its children are the space above, the rows' parent and the space below
	 * @param changed called when the rows to draw have changed; urgent if the viewport would otherwise be empty
	 */
	constructor(
		scroller: HTMLElement,
		changed: (view: View, isUrgent: boolean) => void,
		isAtEnd: boolean,
	) {
		this.#isAtEnd = isAtEnd;
		const [above, rows, below] = scroller.children as unknown as HTMLElement[];
		if (!above || !rows || !below) throw new Error("no rows");
		this.#scroller = scroller;
		this.#above = above;
		this.#rows = rows;
		this.#below = below;
		this.#changed = changed;
		this.#sizes = new ResizeObserver(() => this.#resized());
		this.#sizes.observe(scroller);
		this.#sizes.observe(rows);
	}

	/** Restores the list, because in development React creates a second `RowWindow` for it. */
	close(): void {
		this.#sizes.disconnect();
		this.#above.style.height = "";
		this.#below.style.height = "";
	}

	/**
	 * Call this after rows were drawn.
	 * @param range the drawn rows of `all`
	 * @param hasEnd whether the last row is the newest one; if not, rows after it load when the reader comes near them
	 */
	drew(all: Range, range: Range, hasEnd: boolean): void {
		this.#hasEnd = hasEnd;
		this.#isAtEnd &&= hasEnd;
		if (all.from < this.#all.from) this.#anchor = this.#second ?? this.#anchor;
		this.#all = all;
		this.#drawn = range;
		// The element that had the focus is gone. Focus the list, so that keys still scroll it.
		if (this.#hadFocus && document.activeElement === document.body)
			this.#scroller.focus({ preventScroll: true });
		this.#hadFocus = false;
		// A hidden list has no sizes.
		if (this.#scroller.clientHeight > 0)
			this.#look(this.#settle(this.#measure()), false);
	}

	/** Call this after the list was scrolled. */
	scrolled(): void {
		const measured = this.#measure();
		const { scrollTop, left } = measured;
		const by = scrollTop - this.#scrollTop;
		// A reader who scrolls up a little from the end must not be moved back by a row that grows.
		if (Math.abs(by) >= 1 && this.#isSameView(measured))
			this.#isAtEnd = this.#hasEnd && left <= (by < 0 ? NOTHING : NEAR_END);
		// A row that changed its size, not reported yet, has moved the visible rows, too.
		if (this.#isSettled(measured)) {
			this.#scrollTop = scrollTop;
			this.#look(measured, true);
		} else this.#look(this.#settle(measured), true);
	}

	toEnd(): void {
		this.#isAtEnd = true;
		this.#anchor = undefined;
		this.#second = undefined;
		if (this.#drawn.to < this.#all.to) this.#show(atEnd(this.#all), false);
		else if (this.#scroller.clientHeight > 0)
			this.#look(this.#settle(this.#measure()), false);
	}

	#measure(): Measured {
		const origin = this.#above.getBoundingClientRect().top;
		const { children } = this.#rows;
		const tops: number[] = [];
		for (let i = 0; i < children.length; i++)
			tops.push((children[i]?.getBoundingClientRect().top ?? 0) - origin);
		const { scrollTop, scrollHeight, clientHeight, clientWidth } =
			this.#scroller;
		return {
			tops,
			bottom: this.#rows.getBoundingClientRect().bottom - origin,
			scrollTop,
			left: scrollHeight - scrollTop - clientHeight,
			height: clientHeight,
			width: clientWidth,
		};
	}

	#resized(): void {
		if (this.#scroller.clientHeight === 0) return;
		const measured = this.#measure();
		// The observer also reports sizes that were measured after drawing.
		if (!this.#isSettled(measured)) this.#look(this.#settle(measured), true);
	}

	#isSameView({ height, width }: Measured): boolean {
		return height === this.#settled.height && width === this.#settled.width;
	}

	#isSettled(measured: Measured): boolean {
		return (
			this.#isSameView(measured) &&
			Math.abs(heightOf(measured) - this.#settled.rows) < 0.5
		);
	}

	/**
	 * Positions the drawn rows. The caller measures once, before, because measuring after a change forces a new layout.
	 */
	#settle(measured: Measured): Measured {
		const { from, to } = this.#drawn;
		const { tops, height, width, left } = measured;
		let { scrollTop } = measured;
		// The reader has scrolled up, and the event arrives later. If the viewport changed its size, the position may have
		// changed without scrolling.
		if (
			scrollTop < this.#scrollTop - NOTHING &&
			left > NOTHING &&
			this.#isSameView(measured)
		)
			this.#isAtEnd = false;
		// Rows above are gone, so the browser reduced the scroll position. Restore it once the space replaces them.
		const isCutOff = left < 1 && scrollTop < this.#scrollTop - 1;
		if (isCutOff) scrollTop = this.#scrollTop;
		const rowsHeight = heightOf(measured);
		this.#settled = { rows: rowsHeight, height, width };
		if (to > from)
			this.#rowHeight += (rowsHeight / (to - from) - this.#rowHeight) / 8;
		const before = from - this.#all.from;
		const kept = this.#space - this.#moved(tops);
		const right =
			before > 0 ? before * this.#rowHeight : Math.max(0, height - rowsHeight);
		const isWrong = before === 0 || kept < right / 2 || kept > right * 2;
		// Whole pixels, because browsers scroll by whole pixels.
		const space = isWrong ? Math.max(0, kept + Math.round(right - kept)) : kept;
		const shift = space - this.#space;
		if (shift !== 0) this.#above.style.height = `${space}px`;
		this.#space = space;
		const below = (this.#all.to - to) * this.#rowHeight;
		this.#below.style.height = `${below}px`;
		const bottom = measured.bottom + shift;
		if (this.#isAtEnd) {
			scrollTop = Math.max(0, bottom + below - height);
			this.#scroller.scrollTop = scrollTop + height;
		} else if (space !== kept || isCutOff) {
			const most = Math.max(0, bottom + below - height);
			scrollTop = Math.min(Math.max(0, scrollTop + space - kept), most);
			this.#scroller.scrollTop = scrollTop;
		}
		this.#scrollTop = scrollTop;
		return {
			tops: tops.map((top) => top + shift),
			bottom,
			scrollTop,
			left: bottom + below - scrollTop - height,
			height,
			width,
		};
	}

	/** Returns how far the anchor row has moved down, in pixels. */
	#moved(tops: readonly number[]): number {
		if (!this.#anchor) return 0;
		const index = Array.prototype.indexOf.call(
			this.#rows.children,
			this.#anchor.row,
		);
		return (tops[index] ?? this.#anchor.top) - this.#anchor.top;
	}

	/** Determines the visible rows and requests more rows if necessary. */
	#look(measured: Measured, mayBeUrgent: boolean): void {
		const { tops, bottom, scrollTop, height, left } = measured;
		const end = scrollTop + height;
		const bottomOf = (index: number): number => tops[index + 1] ?? bottom;
		const seen = tops.findIndex((_, index) => bottomOf(index) > scrollTop);
		const row = this.#rows.children[seen];
		const top = tops[seen];
		this.#anchor = row && top !== undefined ? { row, top } : undefined;
		const next = this.#rows.children[seen + 1];
		const isFirst = seen === 0 && this.#drawn.from === this.#all.from;
		this.#second =
			next && isFirst ? { row: next, top: bottomOf(seen) } : undefined;
		if (top === undefined || top > end) {
			if (this.#all.to > this.#all.from) this.#jump(measured, mayBeUrgent);
			return;
		}
		let { from, to } = this.#drawn;
		// Also without scrolling: rows may have shrunk, or a message may have arrived during a jump to the end.
		if (left <= NOTHING && to === this.#all.to) this.#isAtEnd = this.#hasEnd;
		const index = from + seen - this.#all.from;
		const lacksAbove = (tops[0] ?? 0) - (scrollTop - AHEAD);
		const lacksBelow = end + AHEAD - bottom;
		const isBare =
			(lacksAbove > AHEAD && from > this.#all.from) ||
			(lacksBelow > AHEAD && to < this.#all.to);
		if (lacksAbove > 0) from -= Math.ceil(lacksAbove / this.#rowHeight);
		else from += tops.findIndex((_, it) => bottomOf(it) > scrollTop - KEPT);
		if (lacksBelow > 0) to += Math.ceil(lacksBelow / this.#rowHeight);
		else to -= tops.length - 1 - tops.findLastIndex((it) => it < end + KEPT);
		this.#show(
			{
				from: Math.max(from, this.#all.from),
				to: Math.min(to, this.#all.to),
				isAtEnd: this.#isAtEnd,
				top: index === 0 ? "seen" : index < EARLY ? "near" : "far",
			},
			isBare && mayBeUrgent,
		);
	}

	/** Draws the rows around the scroll position after the reader scrolled into one of the spaces, past all drawn rows. */
	#jump({ bottom, scrollTop, height }: Measured, isUrgent: boolean): void {
		if (this.#isAtEnd) {
			this.#show(atEnd(this.#all), isUrgent);
			return;
		}
		const { from, to } = this.#drawn;
		const { from: first, to: end } = this.#all;
		const index =
			scrollTop < this.#space
				? first + ((from - first) * scrollTop) / this.#space
				: to + (scrollTop - bottom) / this.#rowHeight;
		const begin = Math.max(
			first,
			Math.min(Math.floor(index), end - 1) - Math.ceil(AHEAD / this.#rowHeight),
		);
		const count = Math.ceil((2 * AHEAD + height) / this.#rowHeight);
		this.#anchor = undefined;
		this.#second = undefined;
		this.#space = Math.max(0, scrollTop - (index - begin) * this.#rowHeight);
		this.#above.style.height = `${this.#space}px`;
		this.#show(
			{
				from: begin,
				to: Math.min(begin + count, end),
				isAtEnd: false,
				top: begin === first ? "seen" : "near",
			},
			isUrgent,
		);
	}

	#show(view: View, isUrgent: boolean): void {
		const before = this.#view;
		if (
			view.from === before?.from &&
			view.to === before.to &&
			view.isAtEnd === before.isAtEnd &&
			view.top === before.top
		)
			return;
		this.#view = view;
		this.#hadFocus = this.#rows.contains(document.activeElement);
		this.#changed(view, isUrgent);
	}
}
