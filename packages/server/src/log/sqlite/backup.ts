/** Copies of a message log: out of a data directory, whether or not a server runs on it, and back into one. */
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

/** How much of it is copied before progress is told: 4 MiB. */
const PAGES_PER_STEP = 1024;

export interface Copied {
	readonly conversations: number;
	readonly entries: number;
	readonly bytes: number;
}

/**
 * Copies the log of a data directory into a directory of its own, as it is at one moment: everything that was
 * acknowledged before the call is in it.
 * @param target empty, or not there.
 * @param signal on abort what was written is removed at once; the call itself goes on to fail.
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
 * Puts a backup into a data directory.
 * @param dataDirectory empty, or not there.
 * @throws {StartupError} also when the backup is not whole, not what was written, or from a newer version.
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
			`${backupDirectory} has no ${CHECKSUM_FILE}, so it is not from "secureconnect backup": name one that is`,
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
						`${file} is not what the backup wrote (its SHA-256 is another): take another backup`,
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
 * The checksum that a backup has; undefined for a directory that is none.
 * @throws {StartupError} when it is there and cannot be read.
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
	// What is no checksum equals none.
	return text.split(" ")[0] ?? "";
}

/**
 * The log as it is now, for as long as it is open. Without a transaction that stays open SQLite begins a backup anew at
 * every commit of another process: under load it would never end. The price is that the server's write-ahead log cannot
 * be cut short meanwhile, and grows.
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
			`the message log in ${directory} cannot be read (${reasonOf(error)}): "secureconnect verify ${directory}" says more`,
		);
	}
}

/** One file that can be read where nothing can be written: in WAL mode even a reader makes files beside it. */
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
 * The log that is restored is not the one that its readers knew: what came after the backup is gone, and other entries
 * may take its numbers. A backup from before there were epochs gets one when a server opens it.
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
