/** Writes RESULTS.md from the results. */
import {
	distinguishable,
	type Measured,
	measured,
	type Results,
	type WorkloadResults,
} from "./results.ts";
import { targets } from "./targets.ts";

interface Column {
	readonly title: string;
	readonly figure: string;
	readonly digits: number;
	readonly factor?: number;
}

const COLUMNS: readonly Column[] = [
	{ title: "deliveries/s", figure: "deliveriesPerSecond", digits: 0 },
	{ title: "delivered %", figure: "deliveredShare", digits: 2, factor: 100 },
	{ title: "CPU us/delivery", figure: "cpuMicrosPerDelivery", digits: 2 },
	{ title: "CPU us/message", figure: "cpuMicrosPerMessage", digits: 1 },
	{ title: "p50 ms", figure: "p50", digits: 1 },
	{ title: "p95 ms", figure: "p95", digits: 1 },
	{ title: "p99 ms", figure: "p99", digits: 1 },
	{ title: "p99.9 ms", figure: "p999", digits: 1 },
	{ title: "RSS MiB", figure: "rssMiB", digits: 0 },
	{ title: "queued KiB", figure: "queuedKiB", digits: 0 },
	{ title: "server core %", figure: "serverBusy", digits: 0, factor: 100 },
	{ title: "load core %", figure: "loadBusy", digits: 0, factor: 100 },
	{ title: "RSS KiB/connection", figure: "rssKiBPerConnection", digits: 1 },
	{ title: "CPU us/accept", figure: "cpuMicrosPerAccept", digits: 0 },
	{ title: "accepted/s", figure: "acceptedPerSecond", digits: 0 },
	{ title: "all back ms", figure: "allBackMs", digits: 0 },
	{ title: "newest of 1,000", figure: "shortNewest", digits: 0 },
	{ title: "middle of 1,000", figure: "shortMiddle", digits: 0 },
	{ title: "newest of 1,000,000", figure: "longNewest", digits: 0 },
	{ title: "middle of 1,000,000", figure: "longMiddle", digits: 0 },
];

/** Figure by which a table compares its subjects, for each workload. */
const COMPARED: Readonly<Record<string, string>> = {
	a: "cpuMicrosPerAccept",
	b: "cpuMicrosPerDelivery",
	c: "deliveriesPerSecond",
	d: "p50",
	e: "deliveriesPerSecond",
	f: "deliveriesPerSecond",
	g: "allBackMs",
	m: "cpuMicrosPerDelivery",
};

export function report(results: Results): string {
	const sections = Object.entries(results)
		.sort(([a], [b]) => a.localeCompare(b))
		.map(([letter, workload]) => section(letter, workload));
	return `# Results

\`npm run bench\` writes this file from [results.json](results.json). The [README](README.md) describes the measurements.
Every figure is the median of the runs, with the lowest and the highest in brackets.

## Targets

${targetTable(results)}

${sections.join("\n\n")}
`;
}

export function targetTable(results: Results): string {
	return table(
		["workload", "what", "wanted", "got", ""],
		targets(results).map(({ workload, what, wanted, got, reached }) => [
			workload,
			what,
			wanted,
			got,
			reached ? "reached" : "**not reached**",
		]),
	);
}

export function section(letter: string, workload: WorkloadResults): string {
	const { title, circumstances, runs } = workload;
	const subjects = Object.keys(runs);
	const columns = COLUMNS.filter(({ figure }) =>
		subjects.some((subject) => measured(workload, subject, figure)),
	);
	const compared = COMPARED[letter];
	const rows = subjects.map((subject) => [
		subject,
		...columns.map((column) =>
			cell(measured(workload, subject, column.figure), column),
		),
		...(compared ? [against(workload, subject, compared)] : []),
	]);
	const label = columns.find(({ figure }) => figure === compared)?.title;
	const { date, machine, versions, loadAverageBefore, commitMs } =
		circumstances;
	return `## (${letter}) ${title}

${table(["", ...columns.map((column) => column.title), ...(compared ? [`${label} of ours`] : [])], rows)}

${date} UTC, \`npm run bench -- ${letter}\`, ${runs[subjects[0] ?? ""]?.length} runs, interleaved. ${machine}. ${versions}.
Load average before: ${loadAverageBefore.toFixed(1)}. A commit of one row: ${commitMs.p50.toFixed(2)} ms, p99 ${commitMs.p99.toFixed(2)} ms.`;
}

function cell(value: Measured | undefined, column: Column): string {
	if (!value) return "";
	const { digits, factor = 1 } = column;
	const show = (n: number): string => (n * factor).toFixed(digits);
	return `${show(value.median)} (${show(value.low)}-${show(value.high)})`;
}

function against(
	workload: WorkloadResults,
	subject: string,
	figure: string,
): string {
	const ours = measured(workload, "secureconnect", figure);
	const theirs = measured(workload, subject, figure);
	if (!ours || !theirs || subject === "secureconnect") return "";
	return distinguishable(ours, theirs)
		? `${(ours.median / theirs.median).toFixed(2)} x`
		: "not distinguishable";
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
