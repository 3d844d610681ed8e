/** The numbered rules of the specification, and the tests that carry their numbers. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { slug } from "./markdown.ts";

export type RuleLevel = "seed" | "durable" | "v1" | "guarantee";

export interface Rule {
	readonly id: string;
	readonly level: RuleLevel;
	/** On one line. */
	readonly text: string;
	/** Of the section it is in. */
	readonly anchor: string;
	readonly file: string;
}

const ROOT = join(import.meta.dirname, "..");
const SPECIFICATION = ["spec/protocol.md", "spec/guarantees.md"];
const ID = "[A-Z][A-Z0-9]-\\d+";

export function read(file: string): string {
	return readFileSync(join(ROOT, file), "utf8");
}

/** Every rule, in the order of the specification. */
export function rules(): Rule[] {
	return SPECIFICATION.flatMap((file) => rulesOf(file, read(file)));
}

/** @throws {Error} for a line that looks like a rule and is none, and for a number that is given twice. */
export function rulesOf(file: string, text: string): Rule[] {
	const found: Rule[] = [];
	let anchor = "";
	for (const line of text.replaceAll(/\n {2,}/g, " ").split("\n")) {
		const [, heading] = /^## (.+)$/.exec(line) ?? [];
		if (heading !== undefined) anchor = slug(heading);
		if (!line.startsWith("- **") || /^- \*\*(seed|durable|v1)\*\*/.test(line))
			continue;
		const [, id = "", level, sentence = ""] =
			new RegExp(
				`^- \\*\\*(${ID})\\*\\* (?:\\((seed|durable|v1)\\) )?(.+)$`,
			).exec(line) ?? [];
		if (id === "" || (level === undefined) !== id.startsWith("GA-"))
			throw new Error(`${file}: this is no rule: ${line}`);
		if (found.some((rule) => rule.id === id))
			throw new Error(`${file}: ${id} is given twice`);
		found.push({
			id,
			level: (level ?? "guarantee") as RuleLevel,
			text: sentence,
			anchor,
			file,
		});
	}
	return found;
}

export function testFiles(): string[] {
	return globSync(
		[
			"packages/*/test/**/*.test.ts",
			"scripts/**/*.test.ts",
			"{abuse,faults}/test/*.test.ts",
		],
		{ cwd: ROOT },
	);
}

/** The numbers that a document cites: `(PR-3)`, `RM-1 to RM-5`. */
export function cited(text: string): string[] {
	return text.match(new RegExp(`\\b${ID}\\b`, "g")) ?? [];
}
