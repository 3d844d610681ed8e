import { expect, test } from "vitest";
import { RefusalLog } from "../../src/ops/refusal-log.ts";

test("a reason has one line a minute, which says how many refusals had none", () => {
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

test("reasons without end fill neither the memory nor the log, and keep no later reason out", () => {
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
