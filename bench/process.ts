/** Starts server processes on a separate core and reads their figures from the kernel. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const SERVER_CORE = 0;
/** The other core, or the same one on a machine with one core, which is enough for a smoke run. */
const LOAD_CORE = Math.min(1, availableParallelism() - 1);

export interface ServerProcess {
	readonly pid: number;
	readonly port: number;
	/** Port of the metrics. Only for this server. */
	readonly adminPort: number | undefined;
	/** Returns the user and system time of all threads so far, in microseconds. */
	cpuMicros(): number;
	rssKiB(): number;
	stop(): Promise<void>;
}

/** Starts a server and waits for a line with `"port":N`, and `"adminPort":N` if the server has one. */
export async function startPinned(
	command: readonly string[],
	env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
	const child = spawn("taskset", ["-c", String(SERVER_CORE), ...command], {
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "inherit"],
	});
	const gone = new Promise<void>((resolve) =>
		child.once("exit", () => resolve()),
	);
	const pid = Number(child.pid);
	return {
		pid,
		...(await portsOf(child)),
		cpuMicros: () => cpuMicros(pid),
		rssKiB: () => rssKiB(pid),
		async stop() {
			child.kill(env.NODE_OPTIONS ? "SIGTERM" : "SIGKILL");
			await gone;
		},
	};
}

/** Moves this process, which is the load, to the other core. */
export function pinLoad(): void {
	execFileSync(
		"taskset",
		[
			"--cpu-list",
			"--all-tasks",
			"--pid",
			String(LOAD_CORE),
			String(process.pid),
		],
		{ stdio: "ignore" },
	);
}

async function portsOf(
	child: ChildProcess,
): Promise<Pick<ServerProcess, "port" | "adminPort">> {
	return new Promise((resolve, reject) => {
		let seen = "";
		child.stdout?.on("data", (chunk) => {
			seen += String(chunk);
			const found = /^.*"port":(\d+).*\n/m.exec(seen);
			const admin = /"adminPort":(\d+)/.exec(found?.[0] ?? "");
			if (found)
				resolve({
					port: Number(found[1]),
					adminPort: admin ? Number(admin[1]) : undefined,
				});
			seen = seen.slice(-2000);
		});
		child.once("exit", () => reject(new Error(`the server ended: ${seen}`)));
	});
}

/** proc(5): fields 14 and 15, in ticks of 10 ms. */
function cpuMicros(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.split(") ")[1]
		?.split(" ");
	return (Number(fields?.[11]) + Number(fields?.[12])) * 10_000;
}

function rssKiB(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}
