import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";
import { MIGRATIONS } from "./migrations.ts";
import { assertKnownObjects } from "./schema.ts";

export const DATABASE_FILE = "messages.db";
/** No other process normally writes. If a person does so by hand, senders get an answer within a second. */
export const BUSY_TIMEOUT_MS = 500;

/**
 * Opens the database for its only writer, migrated to the newest version and with SQLite's safest settings.
 * @param onMigrating takes the progress of a long migration, from 0 to 1
 */
export function openForWriting(
	path: string,
	onMigrating: (share: number) => void = () => {},
): DatabaseSync {
	const db = new DatabaseSync(path, { enableForeignKeyConstraints: true });
	// The journal mode comes first, so that synchronous=FULL applies to the WAL. The default syncs the WAL only at
	// checkpoints, and a power cut could lose acknowledged messages.
	db.exec("PRAGMA journal_mode = WAL");
	db.exec("PRAGMA synchronous = FULL");
	// On macOS fsync does not reach the disk. This pragma uses the call that does. It has no effect on other systems.
	db.exec("PRAGMA fullfsync = ON");
	db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
	db.exec("PRAGMA cache_size = -32768");
	db.exec("PRAGMA journal_size_limit = 67108864");
	// Overwrites what is deleted or replaced, so that erased messages are in no page of the file.
	db.exec("PRAGMA secure_delete = ON");
	migrate(db, onMigrating);
	assertDurable(db);
	return db;
}

/** Opens the database for reading beside the writer. */
export function openForReading(path: string): DatabaseSync {
	const db = new DatabaseSync(path, { readOnly: true });
	db.exec("PRAGMA busy_timeout = 5000");
	db.exec("PRAGMA cache_size = -32768");
	return db;
}

function migrate(db: DatabaseSync, onMigrating: (share: number) => void): void {
	const what = "the data directory";
	const version = knownVersion(db, what);
	assertKnownObjects(db, version, what);
	if (version === MIGRATIONS.length) return;
	// A migration cannot replace a table with references to it while SQLite enforces foreign keys. SQLite can disable
	// that only outside a transaction.
	db.exec("PRAGMA foreign_keys = OFF");
	for (const [i, { prepare, sql }] of MIGRATIONS.entries()) {
		if (i < version) continue;
		prepare?.(db, onMigrating);
		db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`);
	}
	db.exec("PRAGMA foreign_keys = ON");
}

/**
 * Reads the version of a database.
 * @throws {StartupError} if the database is from a newer version of the server
 */
export function knownVersion(db: DatabaseSync, what: string): number {
	const version = pragma(db, "user_version");
	if (version > MIGRATIONS.length)
		throw new StartupError(
			`${what} was written by a newer SecureConnect (schema ${version}, this version supports up to ${MIGRATIONS.length}): upgrade, or choose another --data`,
		);
	return version;
}

/** Reads the pragmas back after a write, because some builds and file systems report their real behaviour only then. */
function assertDurable(db: DatabaseSync): void {
	// Earlier versions created this table for one number. It also works with a table that holds any value.
	db.exec(
		`BEGIN IMMEDIATE; DROP TABLE IF EXISTS durable_probe; CREATE TABLE durable_probe (bytes ANY) STRICT; COMMIT`,
	);
	const FULL = 2;
	const mode = db.prepare("PRAGMA journal_mode").get()?.journal_mode;
	if (mode !== "wal" || pragma(db, "synchronous") !== FULL)
		throw new StartupError(
			`this file system does not support SQLite's write-ahead log with synchronous=FULL (it has ${String(mode)}): put --data on a local disk`,
		);
}

/** Returns the number that a pragma reports. */
export function pragma(db: DatabaseSync, name: string): number {
	return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
