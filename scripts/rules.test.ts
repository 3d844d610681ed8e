import { globSync } from "node:fs";
import { join } from "node:path";
import { CHECKS, RULES } from "@secureconnect/conformance";
import { describe, expect, test } from "vitest";
import {
	cited,
	read,
	rules,
	rulesOf,
	slug,
	testFiles,
	titled,
} from "./rules.ts";

const ROOT = join(import.meta.dirname, "..");
const all = rules();
const ids = new Set(all.map(({ id }) => id));
/** This file's own examples are no titles. */
const OWN = "scripts/rules.test.ts";

test("every rule has a test whose title carries its number", () => {
	const carried = new Set(
		testFiles()
			.filter((file) => file !== OWN)
			.flatMap((file) => titled(read(file))),
	);
	expect(all.length).toBeGreaterThan(100);
	expect(all.map(({ id }) => id).filter((id) => !carried.has(id))).toEqual([]);
});

test("no test names a rule that is not there", () => {
	const unknown = testFiles()
		.filter((file) => file !== OWN)
		.flatMap((file) => titled(read(file)).map((id) => `${file}: ${id}`))
		.filter((named) => !ids.has(named.split(": ")[1] ?? ""));
	expect(unknown).toEqual([]);
});

test("no document cites a rule that is not there", () => {
	const documents = globSync(["*.md", "docs/**/*.md", "spec/*.md"], {
		cwd: ROOT,
	});
	expect(documents).toContain("spec/gotchas.md");
	const unknown = documents.flatMap((file) =>
		cited(read(file))
			.filter((id) => !ids.has(id))
			.map((id) => `${file}: ${id}`),
	);
	expect(unknown).toEqual([]);
});

test("the conformance suite's rules are those of the specification", () => {
	expect(Object.entries(RULES).map(([id, rule]) => ({ id, ...rule }))).toEqual(
		all
			.filter(({ level }) => level !== "guarantee")
			.map(({ id, level, text, file, anchor }) => ({
				id,
				level,
				text,
				link: `${file}#${anchor}`,
			})),
	);
	for (const { rule } of CHECKS) expect(ids).toContain(rule);
});

describe("what would be missed is found", () => {
	const text = "## One two\n\n- **AB-1** (seed) Text\n  goes on.\n";

	test("a rule is read with its level, its whole text and its place", () => {
		expect(rulesOf("x.md", text)).toEqual([
			{
				id: "AB-1",
				level: "seed",
				text: "Text goes on.",
				anchor: "one-two",
				file: "x.md",
			},
		]);
	});

	test.each([
		["no level", "- **AB-1** Text"],
		["an unknown level", "- **AB-1** (plain) Text"],
		["a number without its letters", "- **1** (seed) Text"],
		["a guarantee with a level", "- **GA-1** (seed) Text"],
		["a number twice", "- **AB-1** (v1) Text\n- **AB-1** (v1) Text"],
	])("%s", (_, wrong) => {
		expect(() => rulesOf("x.md", wrong)).toThrow("x.md");
	});

	test("numbers in titles and in documents", () => {
		const title = ["[AB-1]", "[AB-2] two"].join(" ");
		expect(titled(`test("${title}")`)).toEqual(["AB-1", "AB-2"]);
		expect(cited("as in AB-1 (V1-2), UTF-8 and 3-4")).toEqual(["AB-1", "V1-2"]);
		expect(slug("POST `/x`: Who's in?")).toBe("post-x-whos-in");
	});
});
