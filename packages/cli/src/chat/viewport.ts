/** Which rows of a long list of blocks are in a window of some rows. Only blocks near the window are ever laid out. */
import type { Row } from "./row.ts";

/** What is scrolled through: entries, each of some rows. */
export interface Blocks {
	readonly count: number;
	/** At least one. */
	rows(index: number): readonly Row[];
}

/** A row: of a block, the how manieth. */
export interface Place {
	readonly index: number;
	readonly row: number;
}

export interface VisibleRows {
	/** At most as many as the window has. */
	readonly rows: readonly Row[];
	/** What stands first and last; undefined where there is nothing. */
	readonly top: Place | undefined;
	readonly bottom: Place | undefined;
	readonly isAtTop: boolean;
	readonly isAtEnd: boolean;
}

/** @param bottom the row that stands last; the end where it is undefined */
export function visible(
	blocks: Blocks,
	bottom: Place | undefined,
	height: number,
): VisibleRows {
	const last = endOf(blocks);
	if (!last)
		return {
			...{ rows: [], top: undefined, bottom: undefined },
			...{ isAtTop: true, isAtEnd: true },
		};
	const end = clamped(blocks, bottom ?? last, height);
	const rows: Row[] = [];
	let at: Place | undefined = end;
	let top = end;
	while (at && rows.length < height) {
		rows.push(blocks.rows(at.index)[at.row] ?? []);
		top = at;
		at = before(blocks, at);
	}
	return {
		rows: rows.reverse(),
		top,
		bottom: end,
		isAtTop: at === undefined,
		isAtEnd: isSame(end, last),
	};
}

/**
 * The place that stands last after scrolling.
 * @param by rows, negative upwards
 * @returns undefined at the end: what comes then moves the window along
 */
export function scrolled(
	blocks: Blocks,
	bottom: Place | undefined,
	by: number,
	height: number,
): Place | undefined {
	const last = endOf(blocks);
	let at = bottom ?? last;
	for (let i = 0; i < Math.abs(by); i++) {
		const next: Place | undefined =
			at && (by < 0 ? before(blocks, at) : after(blocks, at));
		if (!next) break;
		at = next;
	}
	if (!at || !last) return undefined;
	const end = clamped(blocks, at, height);
	return isSame(end, last) ? undefined : end;
}

/** The same place, or so far down that the window is full. */
function clamped(blocks: Blocks, bottom: Place, height: number): Place {
	let above = 1;
	for (
		let at = before(blocks, bottom);
		at && above < height;
		at = before(blocks, at)
	)
		above++;
	let end = bottom;
	for (; above < height; above++) {
		const next = after(blocks, end);
		if (!next) break;
		end = next;
	}
	return end;
}

function endOf(blocks: Blocks): Place | undefined {
	const index = blocks.count - 1;
	if (index < 0) return undefined;
	return { index, row: blocks.rows(index).length - 1 };
}

function before(blocks: Blocks, { index, row }: Place): Place | undefined {
	if (row > 0) return { index, row: row - 1 };
	if (index === 0) return undefined;
	return { index: index - 1, row: blocks.rows(index - 1).length - 1 };
}

function after(blocks: Blocks, { index, row }: Place): Place | undefined {
	if (row + 1 < blocks.rows(index).length) return { index, row: row + 1 };
	return index + 1 < blocks.count ? { index: index + 1, row: 0 } : undefined;
}

function isSame(a: Place, b: Place): boolean {
	return a.index === b.index && a.row === b.row;
}
