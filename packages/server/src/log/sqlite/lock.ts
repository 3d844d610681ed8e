import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";

const LOCK_FILE = "lock.db";
const HOLDER_FILE = "server.pid";

/**
 * Holds a data directory for one process. Node has no file lock, SQLite has: a reserved lock on a database of its own
 * ends with the process, however it ends. A second writer on the messages would not corrupt them, but it would hand
 * out sequence numbers behind the first one's back.
 * @throws {StartupError} when another process holds it.
 */
export function lockDirectory(directory: string): { release(): void } {
	const holderFile = join(directory, HOLDER_FILE);
	const lock = acquire(directory);
	writeFileSync(holderFile, `${process.pid}\n`);
	return {
		release() {
			rmSync(holderFile, { force: true });
			lock.close();
		},
	};
}

/**
 * Takes nothing, and makes no file.
 * @throws {StartupError} when a process holds the directory.
 */
export function assertNotHeld(directory: string): void {
	if (!existsSync(join(directory, LOCK_FILE))) return;
	try {
		acquire(directory).close();
	} catch (error) {
		// What cannot be asked is not known to be held.
		if (error instanceof StartupError) throw error;
	}
}

function acquire(directory: string): DatabaseSync {
	const lock = new DatabaseSync(join(directory, LOCK_FILE));
	try {
		lock.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE");
		return lock;
	} catch (error) {
		lock.close();
		if (!isBusy(error)) throw error;
		throw new StartupError(
			`another SecureConnect server${named(join(directory, HOLDER_FILE))} uses the data directory ${directory}: stop it, or choose another --data`,
		);
	}
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
