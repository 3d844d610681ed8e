import { globSync } from "node:fs";
import { join } from "node:path";
import { CHECKS, RULES } from "@secureconnect/conformance";
import { describe, expect, test } from "vitest";
import { slug } from "./markdown.ts";
import { cited, read, rules, rulesOf, testFiles } from "./rules.ts";
import { titled } from "./test-titles.ts";

const ROOT = join(import.meta.dirname, "..");
const all = rules();
const ids = new Set(all.map(({ id }) => id));
const titles = testFiles().flatMap((file) =>
	titled(read(file)).map((found) => ({ file, ...found })),
);

test("every rule has a test that runs and whose title has the rule's number", () => {
	const carried = new Set(
		titles.filter(({ live }) => live).map(({ rule }) => rule),
	);
	expect(all.length).toBeGreaterThan(100);
	expect(all.map(({ id }) => id).filter((id) => !carried.has(id))).toEqual([]);
});

test("no test title has an unknown rule number", () => {
	const unknown = titles
		.filter(({ rule }) => !ids.has(rule))
		.map(({ file, rule }) => `${file}: ${rule}`);
	expect(unknown).toEqual([]);
});

test("no document cites an unknown rule", () => {
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

test("the conformance suite has the rules of the specification", () => {
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
	expect(read("docs/conformance.md")).toContain(
		`It checks ${CHECKS.length} rules`,
	);
});

describe("the readers of rules and titles", () => {
	const text = "## One two\n\n- **AB-1** (seed) Text\n  goes on.\n";

	test("read a rule with its level, whole text and place", () => {
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

	test.each([
		['test("[AB-1] [AB-2]")', "AB-1 AB-2"],
		['test.for(rows)("[ABC-77] %s", run)', "ABC-77"],
		['describe("[AB-1]", () => { test.each(rows)(`[AB-2]`); });', "AB-1 AB-2"],
		['const rows = [{ title: "[AB-1]" }]; test.for(rows)("$title")', "AB-1"],
		['test("one"); // [AB-1] nothing', ""],
		['test("one", () => say("[AB-1]"))', ""],
		['describe("[AB-1]", () => {})', ""],
		['test.skip("[AB-1]", run)', "-AB-1"],
		['test.skipIf(true)("[AB-1]", run)', "-AB-1"],
		['test("[AB-1]", { skip: true }, run)', "-AB-1"],
		['describe.todo("[AB-1]", () => { test("[AB-2]", run); });', "-AB-1 -AB-2"],
		['test.skipIf(!openssl)("[AB-1]", run)', "AB-1"],
	])("read titles: %s", (source, found) => {
		expect(
			titled(source)
				.map(({ rule, live }) => (live ? rule : `-${rule}`))
				.join(" "),
		).toBe(found);
	});

	test("find rule numbers in documents, and the anchors of headings", () => {
		expect(cited("as in AB-1 (V1-2), UTF-8 and 3-4")).toEqual(["AB-1", "V1-2"]);
		expect(slug("POST `/x`: Who's in?")).toBe("post-x-whos-in");
	});
});
