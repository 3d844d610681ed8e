import { expect, test } from "vitest";
import { readable } from "../src/log.ts";

const NOON = new Date(2026, 0, 2, 12, 0, 5).getTime();

function line(fields: Record<string, unknown>): string {
	return JSON.stringify({
		level: 30,
		time: NOON,
		pid: 1,
		hostname: "h",
		...fields,
	});
}

test("a log entry for people has the time, the level, the message and its fields", () => {
	expect(
		readable(line({ host: "127.0.0.1", port: 8082, msg: "serving" })),
	).toBe("12:00:05 INFO  serving host=127.0.0.1 port=8082");
	expect(
		readable(line({ level: 40, reason: "no such key", msg: "refused" })),
	).toBe('12:00:05 WARN  refused reason="no such key"');
});

test("an error's stack is below its entry", () => {
	const err = {
		type: "Error",
		message: "broken",
		stack: "Error: broken\n    at here",
	};
	expect(readable(line({ level: 50, err, msg: "a request failed" }))).toBe(
		"12:00:05 ERROR a request failed\n  Error: broken\n      at here",
	);
});

test("control characters in an entry do not reach the terminal", () => {
	const control = "\u001b[2J\u009b\n";
	const shown = readable(
		line({
			field: control,
			msg: control,
			err: { stack: `Error: ${control}` },
		}),
	);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds them.
	expect(shown).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
	expect(shown.split("\n")).toHaveLength(3);
});
