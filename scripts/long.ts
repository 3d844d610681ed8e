/**
 * Runs the long form of tests within a time limit, the most valuable parts first:
 * `npm run test:long-within -- MINUTES`. `npm run test:long` runs the whole long form. The script does not start a part
 * for which too little time is left, and stops a part at the limit. Neither counts as a failure.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

interface Part {
	readonly name: string;
	readonly project: "unit" | "process";
	readonly files: readonly string[];
	/** Minutes on a slow machine: about three times the minutes on two quiet cores. */
	readonly minutes: number;
	/** Pattern of the titles to run. Default: all. */
	readonly titles?: string;
}

const PARTS: readonly Part[] = [
	{
		name: "random bytes, frames and deliveries",
		minutes: 3,
		project: "unit",
		files: [
			"packages/server/test/frame-reader.test.ts",
			"packages/server/test/robustness.test.ts",
			"packages/server/test/raw-frames.test.ts",
			"packages/server/test/delivery-model.test.ts",
			"packages/server/test/simulation.test.ts",
		],
	},
	{
		name: "full and failing disks, bad networks",
		minutes: 5,
		project: "process",
		files: ["faults/test/faults.process.test.ts"],
		// Excludes kills, power cuts, planted faults and recorded cases, which take longer than this part may.
		titles:
			"on a full disk|where writes fail|a failed fsync|half-closed connections",
	},
];

const root = join(import.meta.dirname, "..");
const minutes = Number(process.argv[2]);
if (!(minutes > 0)) {
	console.error("usage: npm run test:long-within -- MINUTES");
	process.exit(2);
}
const end = performance.now() + minutes * 60_000;

/** Returns the remaining time in milliseconds. */
function left(): number {
	return Math.max(0, end - performance.now());
}

/** Runs a part. Resolves with `stopped` if the time limit ended it. */
async function runPart({
	project,
	files,
	titles,
}: Part): Promise<"passed" | "failed" | "stopped"> {
	const child = spawn(
		process.execPath,
		[
			join(root, "node_modules/vitest/vitest.mjs"),
			// Not this repository's reporter, because CI reads its closing line as the result of the whole run.
			...["run", "--reporter=default", "--project", project, ...files],
			...(titles === undefined ? [] : ["-t", titles]),
		],
		{
			cwd: root,
			env: { ...process.env, TEST_LONG: "1" },
			stdio: "inherit",
			// A separate process group, so that processes started by the tests end with it.
			detached: true,
		},
	);
	let isStopped = false;
	const timer = setTimeout(() => {
		isStopped = true;
		stop(child);
	}, left());
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", resolve);
	});
	clearTimeout(timer);
	if (isStopped) return "stopped";
	return code === 0 ? "passed" : "failed";
}

function stop({ pid }: ChildProcess): void {
	if (pid !== undefined) process.kill(-pid, "SIGKILL");
}

for (const part of PARTS) {
	const isTooLate = left() < part.minutes * 60_000;
	const result = isTooLate
		? "not started, not enough time left"
		: await runPart(part);
	console.log(`long form, ${part.name}: ${result}`);
	if (result === "failed") process.exit(1);
	if (result === "stopped") break;
}
