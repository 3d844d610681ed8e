/** Which core and which priority each process gets. README.md says why. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

export type Role = "server" | "pair" | "abuser";

const SERVER_CORE = 0;
/** The other core, or the same where there is one only: enough to see that everything works. */
const LOAD_CORE = Math.min(1, availableParallelism() - 1);

/**
 * The command that runs a command in its place: the server on a core of its own; pair and abuser on the other, where
 * the abuser gets only the time that the pair leaves (SCHED_IDLE, which needs no root).
 */
export function placed(role: Role, command: readonly string[]): string[] {
	const core = String(role === "server" ? SERVER_CORE : LOAD_CORE);
	const priority = role === "abuser" ? ["chrt", "--idle", "0"] : [];
	return ["taskset", "--cpu-list", core, ...priority, ...command];
}

/** Moves this process, which only waits and samples, away from the server's core. */
export function placeSelf(): void {
	const args = ["--cpu-list", "--all-tasks", "--pid"];
	execFileSync("taskset", [...args, String(LOAD_CORE), String(process.pid)], {
		stdio: "ignore",
	});
}
