import { expect, test } from "vitest";
import { RefusalLog } from "../../src/ops/refusal-log.ts";

test("a reason gets one line a minute, with the number of refusals without a line", () => {
	let now = 0;
	const lines: string[] = [];
	const log = new RefusalLog(
		(reason, more) => lines.push(`${reason} ${more}`),
		() => now,
	);
	for (let i = 0; i < 2000; i++) log.note("no token");
	log.note("expired");
	expect(lines).toEqual(["no token 0", "expired 0"]);
	now = 60_000;
	log.note("no token");
	log.note("no token");
	expect(lines.slice(2)).toEqual(["no token 1999"]);
});

test("unlimited reasons fill neither memory nor log, and do not suppress later reasons", () => {
	let now = 0;
	const lines: string[] = [];
	const log = new RefusalLog(
		(reason) => lines.push(reason),
		() => now,
	);
	for (let i = 0; i < 10_000; i++) log.note(`reason ${i}`);
	expect(lines).toHaveLength(100);
	now = 60_000;
	for (let i = 0; i < 10_000; i++) log.note(`later ${i}`);
	expect(lines).toHaveLength(200);
	expect(lines.at(-1)).toBe("later 99");
});
