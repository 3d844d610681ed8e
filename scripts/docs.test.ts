import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
	CloseCode,
	ERROR_CODES,
	InboxServerFrames,
	parseClientFrame,
	parseInboxFrame,
	ServerFrames,
} from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { DOCUMENTED_COMMANDS } from "../packages/cli/test/support/documented-commands.ts";
import { blocks } from "./markdown.ts";

const root = join(import.meta.dirname, "..");
const frames = readFileSync(join(root, "docs/frames.md"), "utf8");

const sent = { ...ServerFrames, ...InboxServerFrames };

test("every frame in the documents is valid", () => {
	let count = 0;
	for (const file of globSync("{README.md,docs/*.md}", { cwd: root }))
		for (const [, json = ""] of readFileSync(join(root, file), "utf8").matchAll(
			/```json\n([\s\S]*?)```/g,
		)) {
			count++;
			const frame = JSON.parse(json) as { type: keyof typeof sent };
			const parse =
				"conversation_id" in frame ? parseInboxFrame : parseClientFrame;
			const fromClient = parse(json, true).ok && !("timestamp" in frame);
			const fromServer =
				frame.type in sent && Compile(sent[frame.type]).Check(frame);
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

test("docs/client.md lists every error code of the client, every option and every event", () => {
	const guide = readFileSync(join(root, "docs/client.md"), "utf8")
		.split(/^## /m)
		.filter((section) => /^(?:Errors|All options|All events)/.test(section))
		.join("\n");
	const source = (file: string): string =>
		readFileSync(join(root, "packages/client/src", file), "utf8");
	const names = (text: string, pattern: RegExp): string[] =>
		Array.from(text.matchAll(pattern), ([, name = ""]) => name);
	const [, events = ""] = source("events.ts").split(
		/ConversationEvents<.*> \{/,
	);
	const listed = names(guide, /^\| `(\w+)` \|/gm);
	const codes = names(source("errors.ts"), /^\t\| "(\w+)"/gm);
	const told = names(events, /^\t(\w+): /gm);
	const [options = ""] = source("options.ts").split("\n}\n");
	const taken = names(options, /^\treadonly (\w+)\??: /gm);
	expect([codes.length > 5, taken.length > 4, told.length > 10]).toEqual([
		true,
		true,
		true,
	]);
	expect(listed).toEqual([...codes, ...taken, ...told]);
});

/** Documents whose `sh` blocks a test runs. deployment.process.test.ts and guide.process.test.ts run one guide each. */
const RUN = [
	...Object.keys(DOCUMENTED_COMMANDS),
	"docs/deployment.md",
	"docs/client.md",
];
/** Languages of blocks that do not contain commands. */
const SHOWN = [
	"",
	"ini",
	"js",
	"json",
	"jsonc",
	"nginx",
	"text",
	"ts",
	"tsx",
	"html",
	"mermaid",
];

test("a test runs every command in the documents, or a comment says why not", () => {
	const documents = globSync(
		["README.md", "CONTRIBUTING.md", "docs/**/*.md", "packages/*/README.md"],
		{ cwd: root },
	);
	expect(documents).toEqual(expect.arrayContaining(RUN));
	expect(
		documents.flatMap((file) =>
			unrun(file, readFileSync(join(root, file), "utf8")),
		),
	).toEqual([]);
});

describe("unrun commands are found", () => {
	const commands = "false-command --x\n";
	const block = (language: string) =>
		`\n\`\`\`${language}\n${commands}\`\`\`\n`;
	const mark = "\n<!-- not run by the tests: it wants the network -->";

	test.each([
		["docs/security.md", block("sh")],
		["docs/security.md", block("console")],
		["docs/security.md", block("bash")],
		["docs/security.md", `\n<!-- a comment -->${block("sh")}`],
		// Tests run only `sh` blocks of this document.
		["docs/rest.md", block("console")],
		["docs/rest.md", block("bash")],
	])("%s %j", (file, text) => {
		expect(unrun(file, text)).toEqual([`${file}: ${commands}`]);
	});

	test.each([
		["docs/rest.md", block("sh")],
		["docs/security.md", mark + block("console")],
		["docs/security.md", block("json")],
	])("not in %s %j", (file, text) => {
		expect(unrun(file, text)).toEqual([]);
	});
});

function unrun(file: string, text: string): string[] {
	return blocks(text)
		.filter(
			({ language, comment }) =>
				!SHOWN.includes(language) &&
				!(language === "sh" && RUN.includes(file)) &&
				!/^<!-- not run by the tests: .+ -->$/.test(comment),
		)
		.map(({ code }) => `${file}: ${code}`);
}
