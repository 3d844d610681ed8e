import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";

/**
 * Holds a data directory for one process. Node has no file lock, SQLite has: a reserved lock on a database of its own
 * ends with the process, however it ends, and lets others read who holds it. A second writer on the messages would not
 * corrupt them, but it would hand out sequence numbers behind the first one's back.
 * @throws {StartupError} when another process holds it.
 */
export function lockDirectory(directory: string): DatabaseSync {
	const lock = new DatabaseSync(join(directory, "lock.db"));
	lock.exec("PRAGMA busy_timeout = 0");
	try {
		lock.exec("CREATE TABLE IF NOT EXISTS holder (pid INTEGER)");
		lock.exec(
			`BEGIN; DELETE FROM holder; INSERT INTO holder VALUES (${process.pid}); COMMIT`,
		);
		lock.exec("BEGIN IMMEDIATE");
		return lock;
	} catch (error) {
		if (!isBusy(error)) throw error;
		const pid = holder(lock);
		lock.close();
		throw new StartupError(
			`another SecureConnect server${pid} uses the data directory ${directory}: stop it, or choose another --data`,
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

function holder(lock: DatabaseSync): string {
	try {
		if (lock.isTransaction) lock.exec("ROLLBACK");
		return ` (process ${lock.prepare("SELECT pid FROM holder").get()?.pid})`;
	} catch {
		return "";
	}
}
