/** Backs up the message log of a data directory, whether or not a server runs on it, and restores backups. */
import { randomUUID } from "node:crypto";
import {
	closeSync,
	openSync,
	readFileSync,
	statSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";
import { DATABASE_FILE, knownVersion, pragma } from "./database.ts";
import { assertNotHeld } from "./lock.ts";
import { assertKnownObjects } from "./schema.ts";
import {
	assertFile,
	assertWhole,
	CHECKSUM_FILE,
	type OnProgress,
	openWhole,
	reasonOf,
	sha256Of,
	writeWhole,
} from "./whole-file.ts";

/** Pages copied between two progress reports: 4 MiB. */
const PAGES_PER_STEP = 1024;

export interface Copied {
	readonly conversations: number;
	readonly entries: number;
	readonly bytes: number;
}

/**
 * Copies the log of a data directory into a separate directory, in its state at one moment. The copy contains
 * everything that was acknowledged before the call.
 * @param target directory that is empty or does not exist
 * @param signal on abort, the written files are removed immediately and the call fails
 * @throws {StartupError}
 */
export async function backUp(
	dataDirectory: string,
	target: string,
	onProgress: OnProgress,
	signal?: AbortSignal,
): Promise<Copied> {
	const { source, ...counted } = openSnapshot(dataDirectory);
	try {
		await writeWhole(
			target,
			async (partial) => {
				await backup(source, partial, {
					rate: PAGES_PER_STEP,
					progress({ totalPages, remainingPages }) {
						onProgress("copying", 1 - remainingPages / totalPages);
					},
				});
				closeJournal(partial);
				const { size } = statSync(partial);
				const sum = await sha256Of(partial, (_chunk, done) =>
					onProgress("checksum", done / size),
				);
				writeFileSync(
					join(target, CHECKSUM_FILE),
					`${sum}  ${DATABASE_FILE}\n`,
					{ mode: 0o600, flush: true },
				);
			},
			signal,
		);
		const { size: bytes } = statSync(join(target, DATABASE_FILE));
		return { ...counted, bytes };
	} finally {
		source.close();
	}
}

/**
 * Restores a backup into a data directory.
 * @param dataDirectory directory that is empty or does not exist
 * @throws {StartupError} also if the backup is incomplete, was changed, or is from a newer version
 */
export async function restore(
	backupDirectory: string,
	dataDirectory: string,
	onProgress: OnProgress,
	signal?: AbortSignal,
): Promise<Copied> {
	assertWhole(backupDirectory);
	const expected = checksumOf(backupDirectory);
	if (expected === undefined)
		throw new StartupError(
			`${backupDirectory} has no ${CHECKSUM_FILE}, so "secureconnect backup" did not write it: give the directory of a backup`,
		);
	assertNotHeld(dataDirectory);
	const file = join(backupDirectory, DATABASE_FILE);
	const { size: bytes } = statSync(file);
	let counted = { conversations: 0, entries: 0 };
	await writeWhole(
		dataDirectory,
		async (partial) => {
			const copy = openSync(partial, "w");
			try {
				const sum = await sha256Of(file, (chunk, done) => {
					writeAll(copy, chunk);
					onProgress("copying", done / bytes);
				});
				if (sum !== expected)
					throw new StartupError(
						`${file} has changed since the backup (its SHA-256 differs): use another backup`,
					);
			} finally {
				closeSync(copy);
			}
			counted = countIn(partial, backupDirectory);
			renewEpoch(partial);
		},
		signal,
	);
	return { ...counted, bytes };
}

/**
 * Returns the checksum stored with a backup; undefined if the directory is not a backup.
 * @throws {StartupError} if the checksum exists and cannot be read
 */
export function checksumOf(directory: string): string | undefined {
	let text: string;
	assertFile(join(directory, CHECKSUM_FILE));
	try {
		text = readFileSync(join(directory, CHECKSUM_FILE), "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw new StartupError(
			`${join(directory, CHECKSUM_FILE)} cannot be read (${reasonOf(error)}): run as the user who owns it`,
		);
	}
	// Text that is not a checksum matches no checksum.
	return text.split(" ")[0] ?? "";
}

/**
 * Opens the log in its present state and keeps that state for as long as it is open. Without an open transaction SQLite
 * restarts a backup at every commit of a different process, so under load the backup would never end. The price: the
 * server cannot truncate its write-ahead log during the backup, so that log grows.
 */
function openSnapshot(directory: string) {
	let source: DatabaseSync | undefined;
	try {
		source = openWhole(directory);
		source.exec("BEGIN");
		return { source, ...count(source) };
	} catch (error) {
		source?.close();
		if (error instanceof StartupError) throw error;
		throw new StartupError(
			`the message log in ${directory} cannot be read (${reasonOf(error)}): run "secureconnect verify ${directory}" for details`,
		);
	}
}

/**
 * Leaves one file that can be read from read-only storage. In WAL mode even a reader creates files beside the database.
 */
function closeJournal(partial: string): void {
	const copy = new DatabaseSync(partial);
	try {
		copy.exec("PRAGMA journal_mode = DELETE");
	} finally {
		copy.close();
	}
}

function countIn(partial: string, backupDirectory: string) {
	const copy = new DatabaseSync(partial, { readOnly: true });
	try {
		const version = knownVersion(copy, backupDirectory);
		assertKnownObjects(copy, version, backupDirectory);
		return count(copy);
	} finally {
		copy.close();
	}
}

/**
 * Gives the restored log a new epoch, because it differs from the log that its clients know: entries after the backup
 * are gone, and different entries may get their numbers. A backup from a version without epochs gets one when a server
 * opens it.
 */
function renewEpoch(partial: string): void {
	const copy = new DatabaseSync(partial);
	try {
		const [FIRST_WITH_EPOCH, version] = [4, pragma(copy, "user_version")];
		if (version >= FIRST_WITH_EPOCH)
			copy.prepare("UPDATE store SET epoch = ?").run(randomUUID());
	} finally {
		copy.close();
	}
}

function count(db: DatabaseSync): { conversations: number; entries: number } {
	const row = db
		.prepare("SELECT count(*) AS n, total(head_seq) AS e FROM conversations")
		.get();
	return { conversations: Number(row?.n), entries: Number(row?.e) };
}

function writeAll(handle: number, chunk: Buffer): void {
	for (let at = 0; at < chunk.length; )
		at += writeSync(handle, chunk, at, chunk.length - at);
}
