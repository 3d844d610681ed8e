/** Assigns a core and a priority to each process. README.md has the reasons. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

export type Role = "server" | "pair" | "abuser";

/** The second core, or the first on a machine with one core, which is enough to check that the program works. */
const LOAD_CORE = Math.min(1, availableParallelism() - 1);
/** The server's threads may also use the core of pair and abuser, because the abuser yields it. */
const SERVER_CORES = LOAD_CORE === 0 ? "0" : `0,${LOAD_CORE}`;

/**
 * Returns the command that runs a command with its placement: the server on two cores, pair and abuser on one of them.
 * The abuser gets only the time that the others leave (SCHED_IDLE, which needs no root).
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
