/**
 * A database in a directory that is either there as a whole or not at all, whenever its writing is interrupted: it is
 * written under another name, flushed, and renamed last.
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

/** What is not complete yet. A directory that has it is neither a backup nor a data directory. */
const PARTIAL_FILE = `${DATABASE_FILE}.partial`;
/** As `sha256sum` writes and checks it, so that a backup can be checked where this program is not. */
export const CHECKSUM_FILE = "SHA256SUMS";

/** What is being done, and how much of that, from 0 to 1, where it can be told. */
export type OnProgress = (doing: string, share?: number) => void;

function isPartial(directory: string): boolean {
	return existsSync(join(directory, PARTIAL_FILE));
}

/**
 * A server would begin an empty log beside an unfinished one, and change a backup so that its checksum is wrong.
 * @throws {StartupError}
 */
export function assertServable(directory: string): void {
	if (isPartial(directory))
		throw new StartupError(
			`${directory} holds what an interrupted backup or restore left: remove it and restore again, or choose another --data`,
		);
	assertFile(join(directory, DATABASE_FILE));
	if (existsSync(join(directory, CHECKSUM_FILE)))
		throw new StartupError(
			`${directory} is a backup: put it into a data directory with "secureconnect restore ${directory} --data ...", or choose another --data`,
		);
}

/**
 * Fills a directory that is empty or not there, with a database and what goes beside it.
 * @param write gets the file to write, which is there and empty; resolves once everything is in it.
 * @param signal on abort what was written is removed at once, before the listener returns.
 * @throws {StartupError} when the directory has something in it, or cannot be written; nothing is left then.
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
			`the directory ${directory} cannot be made (${reasonOf(error)}): choose another`,
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
			// What stays behind is refused by its name; why it came to this tells more.
		}
	};
	try {
		assertEmpty(directory);
		// Its owner's alone, whatever the umask and whoever made the directory.
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
				`a server was started on ${directory} meanwhile: stop it, or choose another directory`,
			);
		renameSync(partial, whole);
		written.push(DATABASE_FILE);
		flush(directory);
	} catch (error) {
		removeAll();
		if (error instanceof StartupError) throw error;
		throw new StartupError(
			`${directory} could not be written (${reasonOf(error)}): nothing is left of it; mend that, or choose another directory`,
		);
	} finally {
		signal?.removeEventListener("abort", removeAll);
	}
}

/** The directories that were made, from the innermost to `outermost`; none where nothing was. */
function levelsOf(directory: string, outermost: string | undefined): string[] {
	if (outermost === undefined) return [];
	const levels = [resolve(directory)];
	for (let at = levels[0] ?? ""; at.length > resolve(outermost).length; ) {
		at = dirname(at);
		levels.push(at);
	}
	return levels;
}

/** @throws {StartupError} */
function assertEmpty(directory: string): void {
	if (isPartial(directory))
		throw new StartupError(
			`${directory} holds what an interrupted backup or restore left, or one under way: remove it, or choose another directory`,
		);
	if (readdirSync(directory).length > 0)
		throw new StartupError(
			`${directory} is not empty: choose a directory that is empty or not there`,
		);
}

/** Onto the disk: of a directory, the names in it. */
function flush(path: string): void {
	const handle = openSync(path, "r");
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

/** In hexadecimal. `onChunk` gets every part of the file in order, and how far it reaches. */
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
 * The log of a directory, to be read, whether or not a server runs on it.
 * @throws {StartupError} when there is none or it cannot be read.
 * @throws what SQLite throws when it is damaged: {@link isDamage}.
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

/** @throws {StartupError} */
export function assertWhole(directory: string): void {
	if (isPartial(directory))
		throw new StartupError(
			`${directory} holds what an interrupted backup or restore left, or one under way: it is not whole; choose another directory`,
		);
	if (!existsSync(join(directory, DATABASE_FILE)))
		throw new StartupError(
			`there is no message log in ${directory} (no ${DATABASE_FILE}): check the name of the directory`,
		);
	assertFile(join(directory, DATABASE_FILE));
}

/**
 * Reading a named pipe or a device would wait for ever, and no signal would end that.
 * @throws {StartupError} if something is there that is not a file
 */
export function assertFile(path: string): void {
	if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
		throw new StartupError(
			`${path} is not a regular file: name a directory that "secureconnect backup" or the server wrote`,
		);
}

/** Whether it is what SQLite says of a file that is not as it was written. */
export function isDamage(error: unknown): boolean {
	const [SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB] = [1, 11, 26];
	return (
		error instanceof Error &&
		"errcode" in error &&
		typeof error.errcode === "number" &&
		// A table or a column that is not there is an ERROR.
		[SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB].includes(error.errcode & 0xff)
	);
}

/** Why a file could not be used: the system's or SQLite's word for it. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { code } = error as NodeJS.ErrnoException;
	// SQLite's errors all have the same code; what it says tells more.
	return code === undefined || code.startsWith("ERR_") ? error.message : code;
}
