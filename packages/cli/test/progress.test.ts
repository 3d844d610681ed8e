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
		at(ms: number, done: number): string {
			now = ms;
			written = "";
			progress.show("copied", done, 3000);
			return written;
		},
		clear(): string {
			written = "";
			progress.clear();
			return written;
		},
	};
}

test("who watches gets one line that is written over, and is rid of it at the end", () => {
	const terminal = watch(true);
	expect(terminal.at(499, 1)).toBe("");
	expect(terminal.at(500, 1000)).toBe(
		"\r\u001b[Ksecureconnect backup: copied 33 %",
	);
	expect(terminal.at(599, 1100)).toBe("");
	expect(terminal.at(600, 3000)).toBe(
		"\r\u001b[Ksecureconnect backup: copied 100 %",
	);
	expect(terminal.clear()).toBe("\r\u001b[K");
});

test("where nobody watches there is a line every ten seconds", () => {
	const journal = watch(false);
	expect(journal.at(9_999, 1)).toBe("");
	expect(journal.at(10_000, 2)).toBe("secureconnect backup: copied 0 %\n");
	expect(journal.at(19_999, 3)).toBe("");
	expect(journal.at(20_000, 1500)).toBe("secureconnect backup: copied 50 %\n");
	expect(journal.clear()).toBe("");
});

test("what is soon done says nothing", () => {
	const terminal = watch(true);
	terminal.at(400, 3000);
	expect(terminal.clear()).toBe("");
});
