/**
 * Compares this server with its peers in one run.
 *
 *   npm run bench              everything, five interleaved runs of each; about 40 minutes
 *   npm run bench -- c e       these workloads only
 *   npm run bench -- quick     a first look, within three minutes; writes nothing
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { broadcastChart } from "./chart.ts";
import { circumstances } from "./machine.ts";
import { peersInstalled } from "./peers.ts";
import { pinLoad } from "./process.ts";
import { report, section, targetTable } from "./report.ts";
import type { Results, WorkloadResults } from "./results.ts";
import { type Figures, type Scale, WORKLOADS } from "./workloads.ts";

const here = import.meta.dirname;
const KEPT = join(here, "results.json");

async function measureAll(
	letters: readonly string[],
	scale: Scale,
): Promise<Results> {
	const results: Record<string, WorkloadResults> = {};
	for (const letter of letters) {
		const workload = WORKLOADS[letter];
		if (!workload) throw new Error(`unknown workload ${letter}`);
		console.error(`(${letter}) ${workload.title}`);
		const around = circumstances(["ws", "socket.io", "bun"]);
		const subjects = workload.subjects(scale);
		const measured: Record<string, Figures[]> = Object.fromEntries(
			subjects.map((subject) => [subject, []]),
		);
		const { run, stop } = await workload.prepare(scale);
		try {
			const runs = scale === "full" ? (workload.runs ?? 5) : 1;
			for (let i = 1; i <= runs; i++)
				for (const subject of subjects) {
					const figures = await run(subject);
					measured[subject]?.push(figures);
					console.error(`  run ${i} ${subject}: ${brief(figures)}`);
				}
		} finally {
			await stop();
		}
		results[letter] = {
			title: workload.title,
			circumstances: around,
			runs: measured,
		};
	}
	return results;
}

function brief(figures: Figures): string {
	return Object.entries(figures)
		.map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
		.join(", ");
}

/** Checks that every server delivered every message. @throws {Error} if one did not */
function checkDelivered(results: Results): void {
	for (const [letter, { runs }] of Object.entries(results))
		for (const [subject, figures] of Object.entries(runs))
			for (const { deliveredShare } of figures)
				if (deliveredShare !== undefined && deliveredShare !== 1)
					throw new Error(
						`(${letter}) ${subject} delivered ${deliveredShare} of its messages`,
					);
}

const args = process.argv.slice(2);
const scale =
	(["quick", "smoke"] as const).find((word) => args.includes(word)) ?? "full";
const named = args.filter((arg) => arg in WORKLOADS);
const unknown = args.find((arg) => arg !== scale && !(arg in WORKLOADS));
if (unknown !== undefined) {
	console.error(
		`unknown workload ${unknown}: give some of ${Object.keys(WORKLOADS).join(", ")}, or quick`,
	);
	process.exit(1);
}
if (scale !== "smoke" && !peersInstalled())
	execFileSync("npm", ["ci", "--prefix", here], { stdio: "inherit" });
pinLoad();
const results = await measureAll(
	named.length > 0 ? named : Object.keys(WORKLOADS),
	scale,
);
if (scale === "full") {
	const kept = existsSync(KEPT)
		? (JSON.parse(readFileSync(KEPT, "utf8")) as Results)
		: {};
	const all = { ...kept, ...results };
	writeFileSync(KEPT, `${JSON.stringify(all, undefined, "\t")}\n`);
	writeFileSync(join(here, "RESULTS.md"), report(all));
	writeFileSync(join(here, "broadcast.svg"), broadcastChart(all));
} else if (scale === "quick") {
	for (const [letter, workload] of Object.entries(results))
		console.log(`${section(letter, workload)}\n`);
	console.log(targetTable(results));
}
checkDelivered(results);
process.exit(0);
