/** For programs on Node: unacknowledged messages outlive the process in a file. */
import {
	closeSync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	linkSync,
	openSync,
	readFileSync,
	renameSync,
	unlinkSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { OutboxRecord, OutboxStore } from "./outbox/store.ts";

type Line =
	| { readonly key: string; readonly add: OutboxRecord }
	| { readonly key: string; readonly remove: string };

/** Lines of messages that are gone before the file is written anew. */
const COMPACT_AFTER = 1000;

/**
 * Keeps the outbox in one file, a line per change, each on disk before it counts. One process at a time has the file; `close()` gives it
 * up, to be called after the client's own.
 * @param path of the file, which is made where there is none; beside it `path.lock`
 * @throws {Error} where the file cannot be had: no permission, or another process has it
 */
export function fileOutbox(path: string): OutboxStore & { close(): void } {
	const release = lock(`${path}.lock`);
	const kept = read(path);
	let gone = 0;
	let file = rewrite(path, kept);
	let isClosed = false;
	/** Bytes of complete lines. */
	let size = fstatSync(file).size;
	let isTorn = false;
	const write = (line: Line): void => {
		// The descriptor may be another file's by now.
		if (isClosed) throw new Error(`the outbox ${path} was closed`);
		// The next line, behind the beginning of one, would be lost with it.
		if (isTorn) ftruncateSync(file, size);
		isTorn = true;
		const written = writeAll(file, size, lineOf(line));
		fsyncSync(file);
		isTorn = false;
		size += written;
	};
	const of = (key: string): Map<string, OutboxRecord> => {
		const records = kept.get(key) ?? new Map<string, OutboxRecord>();
		kept.set(key, records);
		return records;
	};
	return {
		isDurable: true,
		async load(key) {
			return [...of(key).values()];
		},
		async add(key, record) {
			if (of(key).has(record.clientMessageId)) return;
			write({ key, add: record });
			of(key).set(record.clientMessageId, record);
		},
		async remove(key, { clientMessageId }) {
			if (!of(key).delete(clientMessageId)) return;
			write({ key, remove: clientMessageId });
			if (++gone < COMPACT_AFTER) return;
			gone = 0;
			const next = rewrite(path, kept);
			closeSync(file);
			file = next;
			size = fstatSync(file).size;
		},
		// The lock on the file is the lead.
		lead: async () => {},
		watch: () => () => {},
		close() {
			if (isClosed) return;
			isClosed = true;
			closeSync(file);
			release();
		},
	};
}

/** A line that was cut short by a crash was never promised to anybody. */
function read(path: string): Map<string, Map<string, OutboxRecord>> {
	const kept = new Map<string, Map<string, OutboxRecord>>();
	let text = "";
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	for (const json of text.split("\n").slice(0, -1)) {
		const line = parse(json);
		if (!line) continue;
		const records = kept.get(line.key) ?? new Map<string, OutboxRecord>();
		kept.set(line.key, records);
		if ("add" in line) records.set(line.add.clientMessageId, line.add);
		else records.delete(line.remove);
	}
	return kept;
}

function parse(json: string): Line | undefined {
	try {
		return JSON.parse(json) as Line;
	} catch {
		return undefined;
	}
}

/** Writes what is kept into a new file, which takes the old one's place in one step; returns it, open to be added to. */
function rewrite(
	path: string,
	kept: ReadonlyMap<string, ReadonlyMap<string, OutboxRecord>>,
): number {
	const next = `${path}.new`;
	const file = openSync(next, "w", 0o600);
	try {
		let size = 0;
		for (const [key, records] of kept)
			for (const add of records.values())
				size += writeAll(file, size, lineOf({ key, add }));
		fsyncSync(file);
	} catch (error) {
		closeSync(file);
		throw error;
	}
	renameSync(next, path);
	const directory = openSync(dirname(path), "r");
	fsyncSync(directory);
	closeSync(directory);
	return file;
}

function lineOf(line: Line): Buffer {
	return Buffer.from(`${JSON.stringify(line)}\n`);
}

/**
 * Writes bytes at a place in a file; a full disk takes some of them without an error and says so at the next call.
 * @returns how many
 */
function writeAll(file: number, at: number, bytes: Buffer): number {
	for (let done = 0; done < bytes.length; )
		done += writeSync(file, bytes, done, bytes.length - done, at + done);
	return bytes.length;
}

/** Locks that this process holds: after a restart in a container another process had the same number. */
const held = new Set<string>();

/** A file with this process's number; one left by a process that is gone is taken over. */
function lock(path: string): () => void {
	const outbox = path.replace(/\.lock$/, "");
	const own = `${path}.${process.pid}`;
	writeFileSync(own, String(process.pid), { mode: 0o600 });
	try {
		for (;;) {
			try {
				// Unlike creating it and then writing, this never shows a file without a number.
				linkSync(own, path);
				break;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			const holder = Number(readFileSync(path, "utf8"));
			if (holder === process.pid ? held.has(path) : isAlive(holder))
				throw new Error(
					`${outbox} is in use by process ${holder}; give each client a file of its own`,
				);
			unlinkSync(path);
		}
	} finally {
		unlinkSync(own);
	}
	held.add(path);
	return () => {
		held.delete(path);
		unlinkSync(path);
	};
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
