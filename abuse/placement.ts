/** Which core and which priority each process gets. README.md says why. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

export type Role = "server" | "pair" | "abuser";

/** The second core, or the first where there is one only: enough to see that everything works. */
const LOAD_CORE = Math.min(1, availableParallelism() - 1);
/** Its threads may use the core that pair and abuser share: the abuser gives way. */
const SERVER_CORES = LOAD_CORE === 0 ? "0" : `0,${LOAD_CORE}`;

/**
 * The command that runs a command in its place: the server on two cores; pair and abuser on one of them, where the
 * abuser gets only the time that the others leave (SCHED_IDLE, which needs no root).
 */
export function placed(role: Role, command: readonly string[]): string[] {
	const cores = role === "server" ? SERVER_CORES : String(LOAD_CORE);
	const priority = role === "abuser" ? ["chrt", "--idle", "0"] : [];
	return ["taskset", "--cpu-list", cores, ...priority, ...command];
}

/** Moves this process, which only waits and samples, away from the server's main thread. */
export function placeSelf(): void {
	const args = ["--cpu-list", "--all-tasks", "--pid"];
	execFileSync("taskset", [...args, String(LOAD_CORE), String(process.pid)], {
		stdio: "ignore",
	});
}
