import { expect, test } from "vitest";
import { type Figures, latencyOf } from "../figures.ts";
import { type Results, report } from "../report.ts";

const FIGURES: Figures = {
	kind: "typing",
	does: "typing flat out",
	alone: { p50: 2, p99: 8, max: 12 },
	beside: { p50: 3, p99: 40, max: 300 },
	sent: 200,
	lost: 0,
	disordered: 0,
	ownDelayMs: 1,
	rssMiB: { before: 140, peak: 396, after: 268 },
	settledSeconds: 1,
	diskMiB: { before: 1, after: 2 },
	logKiB: 0,
	cpuSeconds: 9,
	counts: { "101": 1, bytes: 2_000_000, "frames sent": 1000 },
	notes: [],
};
const RESULTS: Results = {
	"512": {
		command: "npm run abuse -- --heap 512 --write",
		circumstances: {
			date: "2026-01-01T00:00",
			machine: "2 x a core",
			versions: "Node 24",
			loadAverageBefore: 0.1,
			commitMs: { p50: 0.2, p99: 1 },
		},
		own: FIGURES.alone,
		figures: [
			FIGURES,
			{
				...FIGURES,
				kind: "pages",
				beside: latencyOf([]),
				exit: "SIGABRT: <--- Last few GCs --->\nFATAL ERROR: heap limit\nmore",
			},
		],
	},
};

test("the report of stored results has a row per kind with its verdict, and the exit of a server", () => {
	const kept = JSON.parse(JSON.stringify(RESULTS)) as Results;
	const text = report(kept);
	expect(text).toBe(report(RESULTS));
	expect(text).toContain("## Heap: 512");
	expect(text).toContain(
		"| typing | 3.0 | 40.0 | 300 | 5.0 | 8.0 | 1.0 | 0/200 | 140, 396, 268 | 1 | 1, 2 | 0 | 9.0 | good |",
	);
	expect(text).toContain("101: 1, 2 MB, frames sent: 1,000");
	expect(text).toContain("the server ended; no message arrived");
	expect(text).toContain("the server ended: FATAL ERROR: heap limit |");
});
