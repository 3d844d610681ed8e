import fc from "fast-check";
import { expect, test } from "vitest";
import type { Row } from "../src/chat/row.ts";
import {
	type Blocks,
	type Place,
	scrolled,
	visible,
} from "../src/chat/viewport.ts";

function blocksOf(sizes: readonly number[]): Blocks {
	return {
		count: sizes.length,
		rows: (index) =>
			Array.from({ length: sizes[index] ?? 0 }, (_, row) => named(index, row)),
	};
}

function named(index: number, row: number): Row {
	return [{ text: `${index}.${row}` }];
}

/** All rows in order, from which a window shows a part. */
function flat(sizes: readonly number[]): Row[] {
	const blocks = blocksOf(sizes);
	return sizes.flatMap((_, index) => blocks.rows(index));
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 });
const height = fc.integer({ min: 1, max: 12 });
const moves = fc.array(fc.integer({ min: -15, max: 15 }), { maxLength: 12 });

test("after every scroll, the window shows the same rows as a slice of all rows, and is full if there are enough", () => {
	fc.assert(
		fc.property(sizes, height, moves, (sizes, height, moves) => {
			const [blocks, all] = [blocksOf(sizes), flat(sizes)];
			let place: Place | undefined;
			let end = all.length;
			const most = Math.min(height, all.length);
			for (const by of moves) {
				place = scrolled(blocks, place, by, height);
				end = Math.min(all.length, Math.max(most, end + by));
				const seen = visible(blocks, place, height);
				expect(seen.rows).toEqual(all.slice(end - most, end));
				expect(seen.isAtTop).toBe(end === most);
				expect(seen.isAtEnd).toBe(end === all.length);
				expect(place === undefined).toBe(end === all.length);
			}
		}),
	);
});

test("a new entry moves only a window at the end", () => {
	const before = [1, 2, 1, 3];
	const place = scrolled(blocksOf(before), undefined, -2, 3);
	const seen = visible(blocksOf(before), place, 3);
	const after = [...before, 2];
	expect(visible(blocksOf(after), place, 3).rows).toEqual(seen.rows);
	expect(visible(blocksOf(after), undefined, 3).rows).toEqual(
		flat(after).slice(-3),
	);
});
