import { describe, expect, test } from "vitest";
import { atEnd, drawn, type View } from "../src/conversation/row-window.ts";

describe("rows to draw after the list has changed", () => {
	const middle: View = { from: 120, to: 150, isAtEnd: false, top: "near" };

	test("the same rows when rows were added before and after them", () => {
		expect(drawn(middle, { from: 100, to: 200 })).toEqual({
			from: 120,
			to: 150,
		});
		expect(drawn(middle, { from: 50, to: 300 })).toEqual({
			from: 120,
			to: 150,
		});
	});

	test("new rows too when the view is at the end", () => {
		expect(
			drawn(
				{ from: 120, to: 150, isAtEnd: true, top: "near" },
				{ from: 100, to: 152 },
			),
		).toEqual({ from: 120, to: 152 });
	});

	test("no removed row", () => {
		expect(drawn(middle, { from: 100, to: 140 })).toEqual({
			from: 120,
			to: 140,
		});
		expect(drawn(middle, { from: 130, to: 200 })).toEqual({
			from: 130,
			to: 150,
		});
	});

	test("the end when all rows were replaced", () => {
		const all = { from: 1000, to: 1040 };
		const { from, to } = atEnd(all);
		expect(drawn(middle, all)).toEqual({ from, to });
		expect(to).toBe(1040);
		expect(from).toBeGreaterThan(1000);
		expect(atEnd({ from: 5, to: 8 })).toMatchObject({ from: 5, to: 8 });
	});

	test("no rows of an empty list", () => {
		const { from, to } = drawn(middle, { from: 7, to: 7 });
		expect(to - from).toBe(0);
	});
});
