/** Row numbers from `from` up to, and not including, `to`. */
export interface Range {
	readonly from: number;
	readonly to: number;
}

/** What is drawn of all rows, and where in them the reader is. */
export interface View extends Range {
	/** New rows are followed. */
	readonly isAtEnd: boolean;
	/** How far the first row is from what is seen. */
	readonly top: "seen" | "near" | "far";
}

/** Rows beyond what is seen that are drawn already, in pixels: a turn of the wheel finds them there. */
const AHEAD = 500;
/** Rows farther from the viewport than this, in pixels, are no longer drawn. */
const KEPT = 800;
/** The list requests older messages this many rows before the first row. */
const EARLY = 150;
/** A reader who scrolls towards the end within this distance, in pixels, counts as at the end. */
const NEAR_END = 60;
/**
 * What rounding makes of 0, at whatever zoom; less than the 2 pixels by which one scrolls slowly, not to be put back
 * each time.
 */
const NOTHING = 1.5;
/** Assumed height of a row before any row was measured, in pixels. */
const ROW_HEIGHT = 58;
/** Rows that are drawn before anything is known. */
const BEGINNING = 24;

/**
 * What is drawn of rows that are there from `first` up to `end`, which may be others than when the view was looked at.
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

/** A list that is drawn first with this row at its top. */
export function beginning(from: number, end: number): View {
	return {
		from,
		to: Math.min(from + BEGINNING, end),
		isAtEnd: false,
		top: "near",
	};
}

/** Where rows are, in pixels below the beginning of the list. */
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

/** Where a row is that is to stay there. */
interface Anchor {
	readonly row: Element;
	readonly top: number;
}

function heightOf({ tops, bottom }: Measured): number {
	return bottom - (tops[0] ?? bottom);
}

/**
 * Decides which rows of many are drawn: those near to what is seen, in the flow of the page, between two spaces that
 * stand for the others. Nothing that is seen moves when rows come or go above it, or are other than they were taken
 * for: the space above gives way, not the scroll position, which a browser does not like to have set while it scrolls.
 * Only when that space is far from what it stands for are both set anew, by as much.
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
	/** What was asked for last. */
	#view: View | undefined;
	#isAtEnd: boolean;
	#rowHeight = ROW_HEIGHT;
	/** Pixels above the rows. */
	#space = 0;
	/** The first row that is seen. */
	#anchor: Anchor | undefined;
	/**
	 * The one after that, where that is the first of all: once there are others before it, it begins no day and nobody's
	 * turn any more.
	 */
	#second: Anchor | undefined;
	/** As it was last known, or set. */
	#scrollTop = 0;
	/** Something in it had the focus when other rows were asked for. */
	#hadFocus = false;
	/** Sizes when all was put where it belongs. */
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
		if (!above || !rows || !below) throw new Error("no list of rows");
		this.#scroller = scroller;
		this.#above = above;
		this.#rows = rows;
		this.#below = below;
		this.#changed = changed;
		this.#sizes = new ResizeObserver(() => this.#resized());
		this.#sizes.observe(scroller);
		this.#sizes.observe(rows);
	}

	/** Leaves the list as it was found: in development React has another one begin with it. */
	close(): void {
		this.#sizes.disconnect();
		this.#above.style.height = "";
		this.#below.style.height = "";
	}

	/** To be called whenever rows were drawn: these ones, of all these. */
	drew(all: Range, range: Range): void {
		if (all.from < this.#all.from) this.#anchor = this.#second ?? this.#anchor;
		this.#all = all;
		this.#drawn = range;
		// What had the focus is gone: keys are to go on scrolling.
		if (this.#hadFocus && document.activeElement === document.body)
			this.#scroller.focus({ preventScroll: true });
		this.#hadFocus = false;
		// While it is not shown nothing has a size.
		if (this.#scroller.clientHeight > 0)
			this.#look(this.#settle(this.#measure()), false);
	}

	/** To be called whenever it was scrolled. */
	scrolled(): void {
		const measured = this.#measure();
		const { scrollTop, left } = measured;
		const by = scrollTop - this.#scrollTop;
		// Whoever turns up from the end by little does not want to be thrown back by what grows meanwhile.
		if (Math.abs(by) >= 1 && this.#isSameView(measured))
			this.#isAtEnd = left <= (by < 0 ? NOTHING : NEAR_END);
		// What has another size, and has not been told yet, has moved what is seen as well.
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
		// Of what was measured when it was drawn this is told as well.
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
	 * Puts what is drawn where it belongs. All was measured before, and once: to measure after something was set is what
	 * costs.
	 */
	#settle(measured: Measured): Measured {
		const { from, to } = this.#drawn;
		const { tops, height, width, left } = measured;
		let { scrollTop } = measured;
		// It was scrolled up already, and that is told only later. A view of another size may have been at an end that was
		// higher.
		if (
			scrollTop < this.#scrollTop - NOTHING &&
			left > NOTHING &&
			this.#isSameView(measured)
		)
			this.#isAtEnd = false;
		// Rows above are gone, and the browser found the end nearer: it comes back once the space stands for them.
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
		// By whole pixels: there are no others to scroll by.
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

	/** How much lower the row is that is to stay where it is. */
	#moved(tops: readonly number[]): number {
		if (!this.#anchor) return 0;
		const index = Array.prototype.indexOf.call(
			this.#rows.children,
			this.#anchor.row,
		);
		return (tops[index] ?? this.#anchor.top) - this.#anchor.top;
	}

	/** Looks at what is seen, and whether enough is drawn. */
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
		// However they came there: what shrinks, and a message that came while one jumped there, are no scrolling.
		if (left <= NOTHING && to === this.#all.to) this.#isAtEnd = true;
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

	/** Nothing that is drawn is seen: it was scrolled far into one of the spaces, which stand for their rows evenly. */
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
