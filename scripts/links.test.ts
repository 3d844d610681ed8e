/** Checks that the links in the documents lead to existing files and headings. */
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { anchors, links } from "./markdown.ts";
import { read } from "./rules.ts";

const root = join(import.meta.dirname, "..");

test("every link in the documents leads to an existing file and heading", () => {
	const documents = globSync(
		"{*.md,docs/**/*.md,{abuse,faults}/*.md,spec/**/*.md,packages/*/*.md}",
		{
			cwd: root,
		},
	).filter((file) => !file.includes("node_modules"));
	expect(documents).toContain("ARCHITECTURE.md");
	expect(documents.flatMap((file) => deadLinks(file, read(file)))).toEqual([]);
});

describe("dead links are found", () => {
	test.each([
		["[a](nothing.md)", "nothing.md"],
		['[a](nothing.md "a title")', "nothing.md"],
		["[a](<nothing.md>)", "nothing.md"],
		["![a](nothing.png)", "nothing.png"],
		["[a][b]\n\n[b]: nothing.md", "nothing.md"],
		['<a href="nothing.md">a</a>', "nothing.md"],
		["<img src='nothing.png'>", "nothing.png"],
		["[a](spec/protocol.md#nothing)", "spec/protocol.md#nothing"],
		["[a](#nothing)", "#nothing"],
		// A comment in a code block of docs/deployment.md.
		[
			"[a](docs/deployment.md#npm-ci--npm-run-build--npm-prune---omitdev)",
			"docs/deployment.md#npm-ci--npm-run-build--npm-prune---omitdev",
		],
	])("%s", (text, target) => {
		expect(deadLinks("README.md", text)).toEqual([
			`README.md links to ${target}`,
		]);
	});

	test.each([
		"[a](spec/protocol.md#handshake) [b](#chat) [c](https://example.com/x.md) <https://example.com>",
		"`[a](nothing.md)`",
		"```ts\nconst a = b[c](nothing);\n```",
	])("none in %j", (text) => {
		expect(deadLinks("README.md", text)).toEqual([]);
	});
});

test("a comment in a code block is not a heading", () => {
	expect(anchors("## One\n\n```sh\n# two\n```\n\n### Three")).toEqual([
		"one",
		"three",
	]);
});

function deadLinks(file: string, text: string): string[] {
	return links(text)
		.filter((link) => !/^[a-z]+:/.test(link))
		.filter((link) => {
			const [path = "", anchor] = link.split("#");
			const target = path === "" ? file : join(dirname(file), path);
			if (!existsSync(join(root, target))) return true;
			return anchor !== undefined && !anchors(read(target)).includes(anchor);
		})
		.map((link) => `${file} links to ${link}`);
}
