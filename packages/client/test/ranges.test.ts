import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { random } from "../../server/test/support/random.ts";
import { Ranges } from "../src/timeline/ranges.ts";

const LIVE = Number.POSITIVE_INFINITY;

test("parts that overlap or touch become one, and the part that is shown grows with them", () => {
	const ranges = new Ranges(100);
	const old = ranges.add({ from: 10, to: 19 });
	expect(ranges.shown).toEqual({ from: 100, to: LIVE });
	ranges.show(old);
	ranges.add({ from: 20, to: 29 });
	expect(ranges.shown).toEqual({ from: 10, to: 29 });
	ranges.add({ from: 40, to: 50 });
	expect(ranges.shown).toEqual({ from: 10, to: 29 });
	expect(ranges.find(35)).toBeUndefined();
	ranges.add({ from: 25, to: 99 });
	expect(ranges.shown).toEqual({ from: 10, to: LIVE });
	expect(ranges.find(10)).toBe(ranges.find(LIVE));
});

/** `RANGES_SEED=123` repeats a failure. */
test("after any additions, a number is in a part exactly if it was added, and parts have gaps between them", () => {
	const seed = Number(process.env.RANGES_SEED ?? randomInt(2 ** 31));
	const next = random(seed);
	for (let round = 0; round < 300; round++) {
		const ranges = new Ranges(60);
		const known = new Set(Array.from({ length: 40 }, (_, i) => i + 60));
		for (let step = 0; step < 12; step++) {
			const from = Math.floor(next() * 60);
			const to = from + Math.floor(next() * 12);
			ranges.add({ from, to });
			for (let seq = from; seq <= to; seq++) known.add(seq);
			for (let seq = 0; seq < 100; seq++) {
				const part = ranges.find(seq);
				const isRight = part
					? known.has(seq) &&
						!ranges.find(part.from - 1) &&
						(part.to === LIVE || !ranges.find(part.to + 1))
					: !known.has(seq);
				if (!isRight) throw new Error(`wrong at ${seq}: RANGES_SEED=${seed}`);
			}
		}
	}
});
