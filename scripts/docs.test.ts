import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
	CloseCode,
	ERROR_CODES,
	parseClientFrame,
	ServerFrames,
} from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const frames = readFileSync(join(root, "docs/frames.md"), "utf8");

test("every frame shown in the documents is one", () => {
	let count = 0;
	for (const file of globSync("{README.md,docs/*.md}", { cwd: root }))
		for (const [, json = ""] of readFileSync(join(root, file), "utf8").matchAll(
			/```json\n([\s\S]*?)```/g,
		)) {
			count++;
			const frame = JSON.parse(json) as { type: keyof typeof ServerFrames };
			const fromClient =
				parseClientFrame(json, true).ok && !("timestamp" in frame);
			const fromServer =
				frame.type in ServerFrames &&
				Compile(ServerFrames[frame.type]).Check(frame);
			expect(fromClient || fromServer, `${file}: ${json}`).toBe(true);
		}
	expect(count).toBeGreaterThanOrEqual(10);
});

test("docs/frames.md lists every error code with its meaning, and every close code", () => {
	for (const [code, { retry, meaning }] of Object.entries(ERROR_CODES))
		expect(frames).toContain(
			`| \`${code}\` | ${retry ? "yes" : "no"} | ${meaning} |`,
		);
	for (const code of Object.values(CloseCode))
		expect(frames).toMatch(new RegExp(`\\| [^|]*\\b${code}\\b[^|]*\\|`));
});

test("docs/client.md lists every error code of the client, and every event", () => {
	const guide = readFileSync(join(root, "docs/client.md"), "utf8");
	const source = (file: string): string =>
		readFileSync(join(root, "packages/client/src", file), "utf8");
	const names = (text: string, pattern: RegExp): string[] =>
		Array.from(text.matchAll(pattern), ([, name = ""]) => name);
	const [, events = ""] = source("events.ts").split("ConversationEvents {");
	const listed = names(guide, /^\| `(\w+)` \|/gm);
	const codes = names(source("errors.ts"), /^\t\| "(\w+)"/gm);
	const told = names(events, /^\t(\w+): /gm);
	expect([codes.length > 5, told.length > 10]).toEqual([true, true]);
	expect(listed).toEqual([...codes, ...told]);
});
