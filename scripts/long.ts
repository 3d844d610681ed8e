/**
 * Runs long forms of tests, those with most value first, until the time is used up:
 * `npm run test:long-within -- MINUTES`. The whole long form is `npm run test:long`. A part does not begin when too
 * little time is left for it, and is stopped when the time is used up all the same. Neither is a failure.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

interface Part {
	readonly name: string;
	readonly project: "unit" | "process";
	readonly files: readonly string[];
	/** Minutes that it may take on a slow machine: some three times what it takes on two quiet cores. */
	readonly minutes: number;
	/** Pattern of the titles to run; all unless given. */
	readonly titles?: string;
}

const PARTS: readonly Part[] = [
	{
		name: "random bytes, frames and deliveries",
		minutes: 6,
		project: "unit",
		files: [
			"packages/server/test/frame-reader.test.ts",
			"packages/server/test/robustness.test.ts",
			"packages/server/test/raw-frames.test.ts",
			"packages/server/test/delivery-model.test.ts",
		],
	},
	{
		name: "full and failing disks, bad networks",
		minutes: 12,
		project: "process",
		files: ["faults/test/faults.process.test.ts"],
		// Without the kills, power cuts, planted faults and recorded cases, which take longer than a part may.
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

/** Returns the milliseconds that are left. */
function left(): number {
	return Math.max(0, end - performance.now());
}

/** Runs a part; returns whether it passed, or was stopped because the time is used up. */
async function runPart({
	project,
	files,
	titles,
}: Part): Promise<"passed" | "failed" | "stopped"> {
	const child = spawn(
		process.execPath,
		[
			join(root, "node_modules/vitest/vitest.mjs"),
			// Without this repository's reporter: its closing line is that of a whole run.
			...["run", "--reporter=default", "--project", project, ...files],
			...(titles === undefined ? [] : ["-t", titles]),
		],
		{
			cwd: root,
			env: { ...process.env, TEST_LONG: "1" },
			stdio: "inherit",
			// A group of its own: what the tests have started ends with it.
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
	const result = isTooLate ? "not begun, no time left" : await runPart(part);
	console.log(`long form, ${part.name}: ${result}`);
	if (result === "failed") process.exit(1);
	if (result === "stopped") break;
}
