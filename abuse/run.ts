/** `npm run abuse`: measures the effect of each kind of abuse on a healthy pair. See README.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { circumstances } from "../bench/machine.ts";
import { type Figures, type Latency, ownLatency } from "./figures.ts";
import { KINDS, kindNamed } from "./kinds/kinds.ts";
import { measure } from "./measure.ts";
import { placeSelf } from "./placement.ts";
import { type Results, type Run, report, section } from "./report.ts";
import { closeAll } from "./server.ts";
import { verdict } from "./verdict.ts";

const KEPT = join(import.meta.dirname, "results.json");
const RESULTS = join(import.meta.dirname, "RESULTS.md");

const { values: flags } = parseArgs({
	options: {
		kind: { type: "string", multiple: true },
		seconds: { type: "string", default: "10" },
		heap: { type: "string" },
		write: { type: "boolean", default: false },
	},
});
const seconds = Number(flags.seconds);
const heapMiB = flags.heap === undefined ? undefined : Number(flags.heap);
if (!(seconds > 0)) fail("--seconds must be a number above 0");
if (heapMiB !== undefined && !(heapMiB >= 64))
	fail("--heap must be a number of MiB from 64 up");
if (flags.write && flags.kind)
	fail("--write needs a run of every kind: leave --kind out");

let isComplete = true;
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => void closeAll().then(() => process.exit(1)));
const command = ["npm run abuse --", ...process.argv.slice(2)].join(" ");
const around = circumstances();
placeSelf();
const run = await measureAll();
console.log(section(run));
if (flags.write && isComplete) write(run);
const isGood =
	isComplete && run.figures.every((it) => verdict(it, run.own).length === 0);
process.exit(isGood ? 0 : 1);

async function measureAll(): Promise<Run> {
	const figures: Figures[] = [];
	for (const kind of flags.kind?.map(kindNamed) ?? KINDS)
		try {
			const measured = await measure(kind, { seconds, heapMiB });
			figures.push(measured);
			const found = verdict(measured, ownOf(figures));
			console.error(`${kind.name}: ${found.join("; ") || "good"}`);
		} catch (error) {
			console.error(`${kind.name}: not measured: ${String(error)}`);
			isComplete = false;
		}
	return { command, circumstances: around, own: ownOf(figures), figures };
}

function ownOf(figures: readonly Figures[]): Latency {
	return ownLatency(figures.map(({ alone }) => alone));
}

/** Replaces the run with the same heap, and keeps the others. */
function write(measured: Run): void {
	const kept = existsSync(KEPT)
		? (JSON.parse(readFileSync(KEPT, "utf8")) as Results)
		: {};
	const all: Results = { ...kept, [flags.heap ?? "default"]: measured };
	writeFileSync(KEPT, `${JSON.stringify(all, undefined, "\t")}\n`);
	writeFileSync(RESULTS, report(all));
}

function fail(why: string): never {
	console.error(why);
	process.exit(1);
}
