/** Verifies a log. Only reads, from the state of one moment, whether or not a server runs on it. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";
import { checksumOf } from "./backup.ts";
import { CHECKS, type Damage } from "./checks.ts";
import { DATABASE_FILE, knownVersion } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";
import {
	assertWhole,
	CHECKSUM_FILE,
	isDamage,
	type OnProgress,
	openWhole,
	reasonOf,
	sha256Of,
} from "./whole-file.ts";

/** Maximum number of damaged items that each check reports. More would not help the operator. */
const MAX_DAMAGE = 100;

interface CheckOutcome {
	readonly name: string;
	/** Number of items of `unit` that were checked. */
	readonly looked: number;
	readonly unit: string;
	/** At most the first hundred damaged items. */
	readonly damage: readonly Damage[];
	/** Number of further damaged items. */
	readonly more: number;
}

export interface Verification {
	readonly kind: "backup" | "data directory";
	readonly whole: boolean;
	readonly checks: readonly CheckOutcome[];
}

/**
 * Verifies a data directory or a backup.
 * @throws {StartupError} if it cannot be read; its state is then unknown
 */
export async function verify(
	directory: string,
	onProgress: OnProgress,
): Promise<Verification> {
	assertWhole(directory);
	try {
		const sum = checksumOf(directory);
		const checks =
			sum === undefined ? [] : [await checksum(directory, sum, onProgress)];
		checks.push(...lookThrough(directory, onProgress));
		return {
			kind: sum === undefined ? "data directory" : "backup",
			whole: checks.every(({ damage }) => damage.length === 0),
			checks,
		};
	} catch (error) {
		if (error instanceof StartupError) throw error;
		throw new StartupError(
			`the message log in ${directory} cannot be read (${reasonOf(error)}): run as the user who owns it, and check the disk`,
		);
	}
}

async function checksum(
	directory: string,
	expected: string,
	onProgress: OnProgress,
): Promise<CheckOutcome> {
	const file = join(directory, DATABASE_FILE);
	const { size } = statSync(file);
	const sum = await sha256Of(file, (_chunk, done) =>
		onProgress("checksum", done / size),
	);
	const what = `${DATABASE_FILE} has changed since the backup: its SHA-256 differs from the one in ${CHECKSUM_FILE}`;
	return {
		name: "checksum",
		looked: size,
		unit: "bytes",
		damage: sum === expected ? [] : [{ conversationId: null, what }],
		more: 0,
	};
}

function lookThrough(
	directory: string,
	onProgress: OnProgress,
): CheckOutcome[] {
	let db: DatabaseSync;
	try {
		db = openWhole(directory);
	} catch (error) {
		if (!isDamage(error)) throw error;
		return [
			outcome("file", "databases", () => {
				throw error;
			}),
		];
	}
	try {
		// All checks see the state of one moment, while a server may go on writing.
		db.exec("BEGIN");
		assertThisVersion(db, directory);
		return CHECKS.map(({ name, unit, run }) => {
			onProgress(name);
			return outcome(name, unit, (found) =>
				run({
					db,
					found,
					progress: (share) => onProgress(name, share),
				}),
			);
		});
	} finally {
		db.close();
	}
}

function assertThisVersion(db: DatabaseSync, directory: string): void {
	const version = knownVersion(db, directory);
	if (version < MIGRATIONS.length)
		throw new StartupError(
			`${directory} was written by an older version (schema ${version}, the current one is ${MIGRATIONS.length}): start the server on it once to upgrade it`,
		);
}

/** Returns the result of one check. A database that is too damaged to query is a result too. */
function outcome(
	name: string,
	unit: string,
	run: (found: (conversationId: unknown, what: string) => void) => number,
): CheckOutcome {
	const damage: Damage[] = [];
	let [more, looked] = [0, 0];
	const found = (conversationId: unknown, what: string): void => {
		if (damage.length === MAX_DAMAGE) more++;
		else
			damage.push({
				conversationId:
					typeof conversationId === "string" ? conversationId : null,
				what,
			});
	};
	try {
		looked = run(found);
	} catch (error) {
		if (!isDamage(error)) throw error;
		found(null, `SQLite cannot continue: ${reasonOf(error)}`);
	}
	return { name, looked, unit, damage, more };
}
