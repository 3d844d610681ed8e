import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";
import { MIGRATIONS } from "./migrations.ts";
import { assertKnownObjects } from "./schema.ts";

export const DATABASE_FILE = "messages.db";

/** Opens the database for its one writer, up to date and as durable as SQLite can be. */
export function openForWriting(path: string): DatabaseSync {
	const db = new DatabaseSync(path, { enableForeignKeyConstraints: true });
	// The journal mode is set first: a later synchronous=FULL then holds for the WAL, where the default syncs only at
	// checkpoints and a power cut could lose what was acknowledged.
	db.exec("PRAGMA journal_mode = WAL");
	db.exec("PRAGMA synchronous = FULL");
	// Where fsync does not reach the platter (macOS), SQLite knows a call that does; elsewhere this says nothing.
	db.exec("PRAGMA fullfsync = ON");
	// Nobody else writes; where somebody does by hand, senders are told within a second rather than kept waiting.
	db.exec("PRAGMA busy_timeout = 500");
	db.exec("PRAGMA cache_size = -32768");
	db.exec("PRAGMA journal_size_limit = 67108864");
	migrate(db);
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

function migrate(db: DatabaseSync): void {
	const what = "the data directory";
	const version = knownVersion(db, what);
	assertKnownObjects(db, version, what);
	if (version === MIGRATIONS.length) return;
	// A table that others refer to cannot be replaced while SQLite enforces that, which it stops only outside a transaction.
	db.exec("PRAGMA foreign_keys = OFF");
	for (const [i, sql] of MIGRATIONS.entries()) {
		if (i < version) continue;
		db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`);
	}
	db.exec("PRAGMA foreign_keys = ON");
}

/** @throws {StartupError} when the database is from a newer version than this one. */
export function knownVersion(db: DatabaseSync, what: string): number {
	const version = pragma(db, "user_version");
	if (version > MIGRATIONS.length)
		throw new StartupError(
			`${what} was written by a newer SecureConnect (schema ${version}, this one knows ${MIGRATIONS.length}): upgrade, or choose another --data`,
		);
	return version;
}

/** Reads the pragmas back after a write has been made: some builds and file systems only then show what they do. */
function assertDurable(db: DatabaseSync): void {
	// Earlier versions made this table for one number, and go on with one that takes anything.
	db.exec(
		`BEGIN IMMEDIATE; DROP TABLE IF EXISTS durable_probe; CREATE TABLE durable_probe (bytes ANY) STRICT; COMMIT`,
	);
	const FULL = 2;
	const mode = db.prepare("PRAGMA journal_mode").get()?.journal_mode;
	if (mode !== "wal" || pragma(db, "synchronous") !== FULL)
		throw new StartupError(
			`this file system does not give SQLite a write-ahead log with synchronous=FULL (it has ${String(mode)}): put --data on a local disk`,
		);
}

/** A pragma's number. */
export function pragma(db: DatabaseSync, name: string): number {
	return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
