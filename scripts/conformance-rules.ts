/** Generates packages/conformance/src/rules.ts: the rules of the specification as data. */
import { rules } from "./rules.ts";

/** Returns the content of the file. */
export function conformanceRules(): string {
	const entries = rules()
		.filter(({ level }) => level !== "guarantee")
		.map(
			({ id, level, text, file, anchor }) => `	"${id}": {
		level: "${level}",
		text: ${literal(text)},
		link: "${file}#${anchor}",
	},`,
		);
	return `/** Generated from spec/protocol.md: \`npm run docs\`. */

export type Level = "seed" | "durable" | "v1";

export interface Rule {
	readonly level: Level;
	readonly text: string;
	/** File and heading of the rule. */
	readonly link: string;
}

export const RULES = {
${entries.join("\n")}
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
`;
}

/** Quotes a text like the formatter: with the quotes that the text does not contain. */
function literal(text: string): string {
	return text.includes('"') && !text.includes("'")
		? `'${text}'`
		: JSON.stringify(text);
}
