import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";

/**
 * Holds a data directory for one process. Node has no file lock, SQLite has: a reserved lock on a database of its own
 * ends with the process, however it ends. A second writer on the messages would not corrupt them, but it would hand
 * out sequence numbers behind the first one's back.
 * @throws {StartupError} when another process holds it.
 */
export function lockDirectory(directory: string): { release(): void } {
	const holderFile = join(directory, "server.pid");
	const lock = new DatabaseSync(join(directory, "lock.db"));
	try {
		lock.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE");
	} catch (error) {
		lock.close();
		if (!isBusy(error)) throw error;
		throw new StartupError(
			`another SecureConnect server${named(holderFile)} uses the data directory ${directory}: stop it, or choose another --data`,
		);
	}
	writeFileSync(holderFile, `${process.pid}\n`);
	return {
		release() {
			rmSync(holderFile, { force: true });
			lock.close();
		},
	};
}

function isBusy(error: unknown): boolean {
	const SQLITE_BUSY = 5;
	return (
		error instanceof Error &&
		"errcode" in error &&
		error.errcode === SQLITE_BUSY
	);
}

function named(holderFile: string): string {
	try {
		return ` (process ${readFileSync(holderFile, "utf8").trim()})`;
	} catch {
		return "";
	}
}
