import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";

const LOCK_FILE = "lock.db";
const HOLDER_FILE = "server.pid";

/**
 * Locks a data directory for one process. Node has no file lock, but SQLite has: a reserved lock on a separate database
 * ends with the process, however the process ends. A second writer would not corrupt the messages, but it would assign
 * sequence numbers that the first writer does not know.
 * @throws {StartupError} if a different process holds the directory
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
 * Checks that no process holds the directory. Takes no lock and creates no file.
 * @throws {StartupError} if a process holds the directory
 */
export function assertNotHeld(directory: string): void {
	if (!existsSync(join(directory, LOCK_FILE))) return;
	try {
		acquire(directory).close();
	} catch (error) {
		// If the lock cannot be read, the directory counts as free.
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
