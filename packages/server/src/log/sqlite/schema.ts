/** Defines the tables and indexes that a database must have. It may have no others. */
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";
import { MIGRATIONS } from "./migrations.ts";

interface SchemaObject {
	readonly type: string;
	readonly name: string;
	readonly sql: string;
}

/** Table that the server creates at every start to test the disk. */
const PROBE = "durable_probe";

/** Returns the objects that the migrations up to a version create. */
export function schemaOf(version: number): SchemaObject[] {
	const made = new DatabaseSync(":memory:");
	try {
		for (const { sql } of MIGRATIONS.slice(0, version)) made.exec(sql);
		return objectsIn(made);
	} finally {
		made.close();
	}
}

/** Returns every object in a database that has a definition, except {@link PROBE} and SQLite's own objects. */
export function objectsIn(db: DatabaseSync): SchemaObject[] {
	return db
		.prepare(
			`SELECT type, name, sql FROM sqlite_schema
			 WHERE sql IS NOT NULL AND name <> ? AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
		)
		.all(PROBE)
		.map((it) => ({
			type: String(it.type),
			name: String(it.name),
			sql: String(it.sql),
		}));
}

/** Returns the objects of a database that no migration creates. */
export function unknownObjects(
	db: DatabaseSync,
	version: number,
): SchemaObject[] {
	const known = new Set(schemaOf(version).map(({ name }) => name));
	return objectsIn(db).filter(({ name }) => !known.has(name));
}

/**
 * Refuses a database with an unknown trigger, view, table or index: a trigger would run with every message.
 * @param version version of the database's schema
 * @param what name of the database in the error
 * @throws {StartupError} that names the first unknown object
 */
export function assertKnownObjects(
	db: DatabaseSync,
	version: number,
	what: string,
): void {
	const [unknown] = unknownObjects(db, version);
	if (unknown)
		throw new StartupError(
			`${what} has the ${unknown.type} "${unknown.name}", which SecureConnect did not create: find out who added it, and restore a backup without it`,
		);
}
