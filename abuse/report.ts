/** Writes RESULTS.md from results.json: a section per heap size, each from the run that it describes. */
import type { Circumstances } from "../bench/machine.ts";
import type { Figures, Latency } from "./figures.ts";
import type { Counts } from "./load/tally.ts";
import { BOUNDS, verdict } from "./verdict.ts";

export interface Run {
	readonly command: string;
	readonly circumstances: Circumstances;
	/** The pair without an abuser: medians over the kinds of the run. */
	readonly own: Latency;
	readonly figures: readonly Figures[];
}

/** By heap: `default`, or `--max-old-space-size` in MiB. */
export type Results = Readonly<Record<string, Run>>;

export function report(results: Results): string {
	const sections = Object.entries(results).map(
		([heap, run]) => `## Heap: ${heap}\n\n${section(run)}`,
	);
	return `# Results

\`npm run abuse -- --write\` writes this file from [results.json](results.json). The [README](README.md) describes the
measurements.
Bounds: p99 at most ${BOUNDS.p99Ratio} x the pair's own and ${BOUNDS.p99Ms} ms; nothing lost, nothing out of order; memory (RSS) grows by at most
${BOUNDS.rssGrowthMiB} MiB, of which at most ${BOUNDS.rssRemainsMiB} MiB remain; the server does not end.

${sections.join("\n\n")}
`;
}

export function section(run: Run): string {
	const { command, own, figures } = run;
	const { date, machine, versions, loadAverageBefore, commitMs } =
		run.circumstances;
	const rows = figures.map((it) => [
		it.kind,
		milliseconds(it.beside.p50),
		milliseconds(it.beside.p99),
		milliseconds(it.beside.max),
		Number.isFinite(it.beside.p99) ? (it.beside.p99 / own.p99).toFixed(1) : "",
		milliseconds(it.alone.p99),
		milliseconds(it.ownDelayMs),
		`${it.lost}/${it.sent}`,
		[it.rssMiB.before, it.rssMiB.peak, it.rssMiB.after]
			.map((value) => value.toFixed(0))
			.join(", "),
		String(it.settledSeconds),
		`${it.diskMiB.before.toFixed(0)}, ${it.diskMiB.after.toFixed(0)}`,
		it.logKiB.toFixed(0),
		it.cpuSeconds.toFixed(1),
		verdict(it, own).join("; ") || "good",
	]);
	const columns = [
		"kind",
		"p50 ms",
		"p99 ms",
		"max ms",
		"x own p99",
		"alone p99 ms",
		"own delay ms",
		"lost",
		"RSS MiB before, peak, after",
		"settled s",
		"disk MiB before, after",
		"log KiB",
		"CPU s",
		"verdict",
	];
	const got = figures.map((it) => [
		it.kind,
		it.does,
		describeCounts(it.counts),
		[...it.notes, ...(it.exit === undefined ? [] : [ending(it.exit)])].join(
			"; ",
		),
	]);
	return `${date} UTC, \`${command}\`. ${machine}. ${versions}. Load average before: ${loadAverageBefore.toFixed(1)}.
A commit of one row: ${commitMs.p50.toFixed(2)} ms, p99 ${commitMs.p99.toFixed(2)} ms.
The pair alone, medians over the kinds: p50 ${milliseconds(own.p50)}, p99 ${milliseconds(own.p99)}, max ${milliseconds(own.max)} ms.

${table(columns, rows)}

${table(["kind", "does", "the abuser got", ""], got)}`;
}

/** Formats a figure. Returns an empty string if there was no message. */
function milliseconds(value: number): string {
	return Number.isFinite(value) ? value.toFixed(value < 100 ? 1 : 0) : "";
}

function describeCounts(counts: Counts): string {
	return Object.entries(counts)
		.map(([name, count]) =>
			name === "bytes"
				? `${(count / 1e6).toFixed(0)} MB`
				: `${name}: ${count.toLocaleString("en")}`,
		)
		.join(", ");
}

/** Returns the line with the reason of an exit, because V8 prints pages of output. */
function ending(exit: string): string {
	const [first = ""] = exit.split(":");
	return `the server ended: ${/FATAL ERROR[^\n]*/.exec(exit)?.[0] ?? first}`;
}

function table(
	head: readonly string[],
	rows: readonly (readonly string[])[],
): string {
	const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join(
		"\n",
	);
}
