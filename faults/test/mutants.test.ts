import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULTS } from "../inject/faults.ts";
import { apply, MUTANTS } from "../mutants/mutants.ts";
import { PACKAGES } from "../programs.ts";

test.each(MUTANTS)(
	"the source code has the texts that $name replaces",
	({ edits }) => {
		const files = new Map<string, string>();
		for (const edit of edits) {
			const before =
				files.get(edit.file) ?? readFileSync(join(PACKAGES, edit.file), "utf8");
			files.set(edit.file, apply(edit, before));
		}
		expect(edits.length).toBeGreaterThan(0);
	},
);

test("a mutant whose text is missing or duplicate is refused", () => {
	const edit = { file: "x.ts", find: "a", replace: "b" };
	expect(apply(edit, "cad")).toBe("cbd");
	expect(() => apply(edit, "none")).toThrow("packages/x.ts has 0 times");
	expect(() => apply(edit, "a a")).toThrow("packages/x.ts has 2 times");
});

test("the README lists every fault with the mutants that it catches", () => {
	const readme = readFileSync(
		join(import.meta.dirname, "../README.md"),
		"utf8",
	);
	for (const { name } of FAULTS) {
		const [line = ""] =
			readme.match(new RegExp(`^\\| \`${name}\` \\|.*$`, "m")) ?? [];
		const [, , , , caught = ""] = line.split("|");
		for (const mutant of MUTANTS)
			expect(
				caught.includes(`\`${mutant.name}\``),
				`${name}, ${mutant.name}: "${line}"`,
			).toBe(mutant.caughtBy.includes(name));
	}
});

test("every mutant names existing faults", () => {
	const names = FAULTS.map(({ name }) => name);
	for (const { caughtBy, missedBy = [] } of MUTANTS)
		expect(names).toEqual(expect.arrayContaining([...caughtBy, ...missedBy]));
});
