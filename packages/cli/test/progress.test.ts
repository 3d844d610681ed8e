import { expect, test } from "vitest";
import { Progress } from "../src/progress.ts";

function watch(isTTY: boolean) {
	let [written, now] = ["", 0];
	const progress = new Progress(
		"backup",
		{
			isTTY,
			write(text: string) {
				written += text;
			},
		},
		() => now,
	);
	return {
		progress,
		at(ms: number, share?: number): string {
			now = ms;
			written = "";
			progress.show("copying", share);
			return written;
		},
		clear(): string {
			written = "";
			progress.clear();
			return written;
		},
	};
}

test("on a terminal, one line is overwritten, and cleared at the end", () => {
	const terminal = watch(true);
	expect(terminal.at(0)).toBe("\r\u001b[Ksecureconnect backup: copying...");
	expect(terminal.at(99, 0.1)).toBe("");
	expect(terminal.at(100, 1 / 3)).toBe(
		"\r\u001b[Ksecureconnect backup: copying 33 %",
	);
	expect(terminal.at(200, 1)).toBe(
		"\r\u001b[Ksecureconnect backup: copying 100 %",
	);
	expect(terminal.clear()).toBe("\r\u001b[K");
});

test("elsewhere, a line appears every ten seconds, and none for a short command", () => {
	const journal = watch(false);
	expect(journal.at(9_999, 0.1)).toBe("");
	expect(journal.at(10_000, 0.2)).toBe("secureconnect backup: copying 20 %\n");
	expect(journal.at(19_999, 0.3)).toBe("");
	expect(journal.at(20_000, 0.5)).toBe("secureconnect backup: copying 50 %\n");
	expect(journal.clear()).toBe("");
});
