import { expect, test } from "vitest";
import { Shares } from "../../src/fair/shares.ts";

test("one owner can hold an eighth of the total, and all together the total", () => {
	const shares = new Shares(800);
	expect(shares.take("a", 60)).toBe(true);
	expect(shares.take("a", 40)).toBe(true);
	expect(shares.take("a", 1)).toBe(false);
	for (const owner of ["b", "c", "d", "e", "f", "g", "h"])
		expect(shares.take(owner, 100)).toBe(true);
	expect(shares.take("i", 1)).toBe(false);
	expect(shares.used).toBe(800);
	shares.give("a", 60);
	expect(shares.take("i", 60)).toBe(true);
});

test("an owner that holds nothing gets one large piece within the total", () => {
	const shares = new Shares(800);
	expect(shares.take("a", 801)).toBe(false);
	expect(shares.take("a", 500)).toBe(true);
	expect(shares.take("a", 1)).toBe(false);
	shares.give("a", 500);
	expect(shares.used).toBe(0);
	expect(shares.take("a", 500)).toBe(true);
});
