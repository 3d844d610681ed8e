import { describe, expect, test } from "vitest";
import { atEnd, drawn, type View } from "../src/conversation/row-window.ts";

describe("what is drawn, when other rows are there than when one looked", () => {
	const middle: View = { from: 120, to: 150, isAtEnd: false, top: "near" };

	test("the same rows, whatever comes in before and after them", () => {
		expect(drawn(middle, { from: 100, to: 200 })).toEqual({
			from: 120,
			to: 150,
		});
		expect(drawn(middle, { from: 50, to: 300 })).toEqual({
			from: 120,
			to: 150,
		});
	});

	test("at the end what comes there too", () => {
		expect(
			drawn(
				{ from: 120, to: 150, isAtEnd: true, top: "near" },
				{ from: 100, to: 152 },
			),
		).toEqual({ from: 120, to: 152 });
	});

	test("never one that is gone", () => {
		expect(drawn(middle, { from: 100, to: 140 })).toEqual({
			from: 120,
			to: 140,
		});
		expect(drawn(middle, { from: 130, to: 200 })).toEqual({
			from: 130,
			to: 150,
		});
	});

	test("where all is another, the end", () => {
		const all = { from: 1000, to: 1040 };
		const { from, to } = atEnd(all);
		expect(drawn(middle, all)).toEqual({ from, to });
		expect(to).toBe(1040);
		expect(from).toBeGreaterThan(1000);
		expect(atEnd({ from: 5, to: 8 })).toMatchObject({ from: 5, to: 8 });
	});

	test("nothing of nothing", () => {
		const { from, to } = drawn(middle, { from: 7, to: 7 });
		expect(to - from).toBe(0);
	});
});
