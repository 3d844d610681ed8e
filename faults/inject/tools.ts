/** Programs of the machine that faults are made with. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where Debian has what only root is expected to run. */
const PATH = `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`;

/** Runs a program to its end. @throws with what it said, if it fails. */
export async function tool(name: string, ...args: string[]): Promise<string> {
	const { stdout } = await run(name, args, { env: { ...process.env, PATH } });
	return stdout.trim();
}

/** Why a fault cannot be done here: what it wants and this machine has not. */
export function missingTools(...names: readonly string[]): string | undefined {
	if (process.platform !== "linux") return "it wants Linux";
	const absent = names.filter((name) => !isThere(name));
	return absent.length === 0
		? undefined
		: `there is no ${absent.join(" and no ")} here`;
}

/** The same, and root. */
export function missingRoot(...names: readonly string[]): string | undefined {
	return process.getuid?.() === 0 ? missingTools(...names) : "it wants root";
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
