/**
 * Writes a database into a directory completely or not at all, even if writing is interrupted: it writes under a
 * temporary name, flushes, and renames last.
 */
import { createHash } from "node:crypto";
import {
	closeSync,
	createReadStream,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readdirSync,
	renameSync,
	rmdirSync,
	rmSync,
	statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../startup-error.ts";
import { DATABASE_FILE, openForReading } from "./database.ts";

/** Name of an incomplete database. A directory that contains it is neither a backup nor a data directory. */
const PARTIAL_FILE = `${DATABASE_FILE}.partial`;
/** File in the format of `sha256sum`, so that a backup can be checked on machines without this program. */
export const CHECKSUM_FILE = "SHA256SUMS";

/** Reports the present step and, if known, its progress from 0 to 1. */
export type OnProgress = (doing: string, share?: number) => void;

function isPartial(directory: string): boolean {
	return existsSync(join(directory, PARTIAL_FILE));
}

/**
 * Refuses an incomplete database or a backup. A server would create an empty log beside the former and change the
 * latter, so that its checksum becomes wrong.
 * @throws {StartupError}
 */
export function assertServable(directory: string): void {
	if (isPartial(directory))
		throw new StartupError(
			`${directory} contains an incomplete copy from an interrupted backup or restore: remove it and restore again, or choose another --data`,
		);
	assertFile(join(directory, DATABASE_FILE));
	if (existsSync(join(directory, CHECKSUM_FILE)))
		throw new StartupError(
			`${directory} is a backup: put it into a data directory with "secureconnect restore ${directory} --data ...", or choose another --data`,
		);
}

/**
 * Fills a directory that is empty or does not exist with a database and the files beside it.
 * @param write receives the path of an existing empty file; resolves when the file is complete
 * @param signal on abort, the written files are removed immediately, before the listener returns
 * @throws {StartupError} if the directory is not empty or cannot be written; no file is left then
 */
export async function writeWhole(
	directory: string,
	write: (partial: string) => Promise<void>,
	signal?: AbortSignal,
): Promise<void> {
	let made: string | undefined;
	try {
		made = mkdirSync(directory, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new StartupError(
			`the directory ${directory} cannot be created (${reasonOf(error)}): choose another`,
		);
	}
	const levels = levelsOf(directory, made);
	const partial = join(directory, PARTIAL_FILE);
	const written = [PARTIAL_FILE, `${PARTIAL_FILE}-journal`, CHECKSUM_FILE];
	const removeAll = (): void => {
		try {
			for (const name of written)
				rmSync(join(directory, name), { force: true });
			for (const level of levels) rmdirSync(level);
		} catch {
			// A later start refuses files that remain, by their name. The original error tells more than an error of the
			// removal.
		}
	};
	try {
		assertEmpty(directory);
		// Only its owner may read the file, whatever the umask and the permissions of the directory.
		closeSync(openSync(partial, "wx", 0o600));
	} catch (error) {
		if (error instanceof StartupError) throw error;
		throw new StartupError(
			`the directory ${directory} cannot be written (${reasonOf(error)}): choose another`,
		);
	}
	signal?.addEventListener("abort", removeAll);
	try {
		await write(partial);
		for (const path of [partial, directory, ...levels.map((it) => dirname(it))])
			flush(path);
		const whole = join(directory, DATABASE_FILE);
		if (existsSync(whole))
			throw new StartupError(
				`a server was started on ${directory} at the same time: stop it, or choose another directory`,
			);
		renameSync(partial, whole);
		written.push(DATABASE_FILE);
		flush(directory);
	} catch (error) {
		removeAll();
		if (error instanceof StartupError) throw error;
		throw new StartupError(
			`${directory} could not be written (${reasonOf(error)}): the incomplete copy was removed; correct the cause, or choose another directory`,
		);
	} finally {
		signal?.removeEventListener("abort", removeAll);
	}
}

/** Returns the directories that were created, from the innermost to `outermost`; empty if none was created. */
function levelsOf(directory: string, outermost: string | undefined): string[] {
	if (outermost === undefined) return [];
	const levels = [resolve(directory)];
	for (let at = levels[0] ?? ""; at.length > resolve(outermost).length; ) {
		at = dirname(at);
		levels.push(at);
	}
	return levels;
}

/**
 * Checks that a directory is empty or does not exist.
 * @throws {StartupError}
 */
function assertEmpty(directory: string): void {
	if (isPartial(directory))
		throw new StartupError(
			`${directory} contains an incomplete copy from a backup or restore that was interrupted or is in progress: remove it, or choose another directory`,
		);
	if (readdirSync(directory).length > 0)
		throw new StartupError(
			`${directory} is not empty: choose a directory that is empty or does not exist`,
		);
}

/** Flushes a file to disk; for a directory, the names in it. */
function flush(path: string): void {
	const handle = openSync(path, "r");
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

/** Computes a checksum in hexadecimal. `onChunk` receives every part of the file in order, with its end position. */
export async function sha256Of(
	file: string,
	onChunk: (chunk: Buffer, done: number) => void,
): Promise<string> {
	const hash = createHash("sha256");
	let done = 0;
	const chunks: AsyncIterable<Buffer> = createReadStream(file, {
		highWaterMark: 1024 * 1024,
	});
	for await (const chunk of chunks) {
		hash.update(chunk);
		done += chunk.length;
		onChunk(chunk, done);
	}
	return hash.digest("hex");
}

/**
 * Opens the log of a directory for reading, whether or not a server runs on it.
 * @throws {StartupError} if there is none or it cannot be read
 * @throws errors of SQLite if it is damaged: {@link isDamage}
 */
export function openWhole(directory: string): DatabaseSync {
	assertWhole(directory);
	try {
		return openForReading(join(directory, DATABASE_FILE));
	} catch (error) {
		if (isDamage(error)) throw error;
		throw new StartupError(
			`the message log in ${directory} cannot be opened (${reasonOf(error)}): run as the user who owns it`,
		);
	}
}

/**
 * Checks that a directory holds a complete database.
 * @throws {StartupError}
 */
export function assertWhole(directory: string): void {
	if (isPartial(directory))
		throw new StartupError(
			`${directory} contains an incomplete copy from a backup or restore that was interrupted or is in progress: choose another directory`,
		);
	if (!existsSync(join(directory, DATABASE_FILE)))
		throw new StartupError(
			`there is no message log in ${directory} (no ${DATABASE_FILE}): check the name of the directory`,
		);
	assertFile(join(directory, DATABASE_FILE));
}

/**
 * Checks that a path is a file. Reading a named pipe or a device would block forever, and no signal would end that.
 * @throws {StartupError} if the path exists and is not a file
 */
export function assertFile(path: string): void {
	if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
		throw new StartupError(
			`${path} is not a regular file: name a directory that "secureconnect backup" or the server wrote`,
		);
}

/** Checks whether an error is one that SQLite reports for a damaged file. */
export function isDamage(error: unknown): boolean {
	const [SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB] = [1, 11, 26];
	return (
		error instanceof Error &&
		"errcode" in error &&
		typeof error.errcode === "number" &&
		// SQLite reports a missing table or column as ERROR.
		[SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB].includes(error.errcode & 0xff)
	);
}

/** Returns why a file could not be used, as the error code of the system or the message of SQLite. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { code } = error as NodeJS.ErrnoException;
	// All errors of SQLite have the same code, so the message tells more.
	return code === undefined || code.startsWith("ERR_") ? error.message : code;
}
