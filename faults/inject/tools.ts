/** Programs of the machine that faults need. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian's directories of programs for root. */
const PATH = `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`;

/** Runs a program to its end. @throws with its output if it fails */
export async function tool(name: string, ...args: string[]): Promise<string> {
	const { stdout } = await run(name, args, { env: { ...process.env, PATH } });
	return stdout.trim();
}

/** Returns the reason why this machine cannot produce a fault: a missing system or program. */
export function missingTools(...names: readonly string[]): string | undefined {
	if (process.platform !== "linux") return "needs Linux";
	const absent = names.filter((name) => !isThere(name));
	return absent.length === 0
		? undefined
		: `${absent.join(" and ")} not installed`;
}

/** The same, and root is required. */
export function missingRoot(...names: readonly string[]): string | undefined {
	return process.getuid?.() === 0 ? missingTools(...names) : "needs root";
}

function isThere(name: string): boolean {
	return PATH.split(delimiter).some((directory) => {
		try {
			accessSync(join(directory, name), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
