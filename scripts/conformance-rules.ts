/** packages/conformance/src/rules.ts: the specification's rules, as a program has them. */
import { rules } from "./rules.ts";

/** The file, as it should be. */
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
	/** Where to read it. */
	readonly link: string;
}

export const RULES = {
${entries.join("\n")}
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
`;
}

/** As the formatter has it: in the quotes of which the text has none. */
function literal(text: string): string {
	return text.includes('"') && !text.includes("'")
		? `'${text}'`
		: JSON.stringify(text);
}
