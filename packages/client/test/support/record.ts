/** Writes the figures of long runs into the documents that people read. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../../CHAOS.md", import.meta.url));
const HEAD = `# Faults that the client survives

\`npm run test:long\` writes this file. Each section has the figures of the last run of its test.
`;

export const LONG = process.env.TEST_LONG === "1";

/** Replaces a section of the document in a long run; only prints it in a short one. */
export function record(title: string, lines: readonly string[]): void {
	const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores`;
	const section = `## ${title}\n\n${lines.join("\n")}\n\n${machine}.\n`;
	console.log(section);
	if (!LONG) return;
	const text = existsSync(FILE) ? readFileSync(FILE, "utf8") : HEAD;
	const [head = HEAD, ...sections] = text.split(/\n(?=## )/);
	const others = sections
		.map((it) => `${it.trimEnd()}\n`)
		.filter((it) => !it.startsWith(`## ${title}\n`));
	const all = [...others, section].sort();
	writeFileSync(FILE, `${head.trimEnd()}\n\n${all.join("\n")}`);
}

/** Formats a table of two columns. */
export function table(figures: Readonly<Record<string, unknown>>): string[] {
	return [
		"| | |",
		"|---|---|",
		...Object.entries(figures).map(([name, value]) => `| ${name} | ${value} |`),
	];
}
