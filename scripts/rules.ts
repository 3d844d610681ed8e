/** Reads the numbered rules of the specification and finds the tests whose titles have their numbers. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { slug } from "./markdown.ts";

export type RuleLevel = "seed" | "durable" | "v1" | "guarantee";

export interface Rule {
	readonly id: string;
	readonly level: RuleLevel;
	/** Text of the rule on one line. */
	readonly text: string;
	/** Anchor of its section. */
	readonly anchor: string;
	readonly file: string;
}

const ROOT = join(import.meta.dirname, "..");
const SPECIFICATION = ["spec/protocol.md", "spec/guarantees.md"];
const ID = "[A-Z][A-Z0-9]-\\d+";

export function read(file: string): string {
	return readFileSync(join(ROOT, file), "utf8");
}

/** Returns every rule in the order of the specification. */
export function rules(): Rule[] {
	return SPECIFICATION.flatMap((file) => rulesOf(file, read(file)));
}

/** Reads the rules of a file. @throws {Error} for a malformed rule and for a duplicate number */
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
			throw new Error(`${file}: malformed rule: ${line}`);
		if (found.some((rule) => rule.id === id))
			throw new Error(`${file}: two rules have the number ${id}`);
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

/** Returns the rule numbers that a document cites: `(PR-3)`, `RM-1 to RM-5`. */
export function cited(text: string): string[] {
	return text.match(new RegExp(`\\b${ID}\\b`, "g")) ?? [];
}
