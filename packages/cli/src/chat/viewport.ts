/** Finds the rows of a long list of blocks that a window shows. It lays out only blocks near the window. */
import type { Row } from "./row.ts";

/** Blocks that the user scrolls through: entries, each with its rows. */
export interface Blocks {
	readonly count: number;
	/** Returns the rows of a block, at least one. */
	rows(index: number): readonly Row[];
}

/** Position of a row: the index of its block and the index of the row in the block. */
export interface Place {
	readonly index: number;
	readonly row: number;
}

export interface VisibleRows {
	/** VisibleRows rows, at most the height of the window. */
	readonly rows: readonly Row[];
	/** First and last visible row; undefined if there are no blocks. */
	readonly top: Place | undefined;
	readonly bottom: Place | undefined;
	readonly isAtTop: boolean;
	readonly isAtEnd: boolean;
}

/** Returns the visible rows. @param bottom last visible row; undefined means the end */
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
 * Returns the last visible row after scrolling.
 * @param by number of rows; negative scrolls up
 * @returns undefined at the end, where new entries move the window
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

/** Returns the same place, or one further down if the window would not be full. */
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
