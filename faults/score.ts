/** Writes SCORE.md: one line per fault and one per mutant, from the run that the line describes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Report } from "./campaign.ts";
import type { Finding } from "./oracle/record.ts";

/** Line of a table. A new line replaces the line with the same key. */
export type Line = readonly string[];

export interface Score {
	readonly faults: readonly Line[];
	readonly mutants: readonly Line[];
}

interface Table {
	readonly heading: string;
	readonly columns: Line;
	/** Number of columns, from the first, that form the key of a line. */
	readonly keys: number;
}

const FAULTS: Table = {
	heading: "## Faults",
	columns: [
		"fault",
		"cycles",
		"messages",
		"lost",
		"duplicated",
		"reordered",
		"other",
		"starts",
		"ready in ms: median",
		"longest",
		"seed",
		"date",
		"command",
	],
	keys: 1,
};
const MUTANTS: Table = {
	heading: "## Planted faults",
	columns: [
		"mutant",
		"fault",
		"result",
		"messages",
		"first finding",
		"seed",
		"date",
		"command",
	],
	keys: 2,
};

export interface Run {
	readonly seed: number;
	readonly command: string;
	readonly date: Date;
}

export function faultLine(name: string, report: Report, run: Run): Line {
	const count = (kind: Finding["kind"]): string =>
		String(report.findings.filter((it) => it.kind === kind).length);
	const ready = report.readyMs.toSorted((a, b) => a - b);
	const ms = (value: number | undefined): string =>
		value === undefined ? "" : String(Math.round(value));
	return [
		name,
		String(report.cycles.length),
		String(report.messages),
		count("lost"),
		count("duplicated"),
		count("reordered"),
		count("broken"),
		String(ready.length),
		ms(ready[Math.floor(ready.length / 2)]),
		ms(ready.at(-1)),
		...ending(run),
	];
}

export function mutantLine(
	mutant: string,
	fault: string,
	report: Report,
	run: Run,
): Line {
	const [first] = report.findings;
	const cycles = report.cycles.length;
	return [
		mutant,
		fault,
		first
			? `caught in cycle ${cycles}`
			: `not caught in ${cycles} cycle${cycles === 1 ? "" : "s"}`,
		String(report.messages),
		first ? `${first.kind}: ${shorter(first.what)}` : "",
		...ending(run),
	];
}

/** Returns the document with the new lines in place of those with the same keys. */
export function merge(document: string, score: Score, machine: string): string {
	return `# Score

\`npm run faults -- --score\` and \`npm run faults -- --mutants --score\` write this file. Each line comes from the run that
it describes. The [README](README.md) explains the columns.

${machine}

${table(FAULTS, document, score.faults)}

${table(MUTANTS, document, score.mutants)}
`;
}

export function writeScore(file: string, score: Score, machine: string): void {
	const before = existsSync(file) ? readFileSync(file, "utf8") : "";
	writeFileSync(file, merge(before, score, machine));
}

function table(
	{ heading, columns, keys }: Table,
	document: string,
	lines: readonly Line[],
): string {
	const keyOf = (line: Line): string => line.slice(0, keys).join(" ");
	const byKey = new Map(
		[...linesUnder(heading, document), ...lines].map((it) => [keyOf(it), it]),
	);
	return [
		heading,
		"",
		row(columns),
		row(columns.map(() => "---")),
		...[...byKey.values()].map(row),
	].join("\n");
}

function linesUnder(heading: string, document: string): Line[] {
	const [, after = ""] = document.split(`${heading}\n`);
	const [section = ""] = after.split("\n## ");
	return section
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.slice(2)
		.map((line) => line.slice(2, -2).split(" | "));
}

function row(cells: Line): string {
	return `| ${cells.join(" | ")} |`;
}

function ending({ seed, date, command }: Run): string[] {
	return [String(seed), date.toISOString().slice(0, 10), `\`${command}\``];
}

/** Removes ids, which differ in every run, and characters that would end a table cell. */
function shorter(what: string): string {
	return what
		.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "an id")
		.replaceAll("|", "/")
		.slice(0, 120);
}
