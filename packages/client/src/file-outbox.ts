/** Outbox store for Node programs: a file keeps unacknowledged messages when the process ends. */
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

/** Number of removed messages after which the file is rewritten. */
const COMPACT_AFTER = 1000;

/**
 * Opens an outbox store in one file, with one line per change. Each line is on disk before the call resolves. Only
 * one process at a time can use the file. Call `close()` after the client's own `close()` to release it.
 * @param path path of the file, created if missing; `path.lock` is created beside it
 * @throws {Error} if the file is not available: no permission, or a different process uses it
 * @example
 * ```ts
 * const outbox = fileOutbox("./chat-outbox.jsonl");
 * const client = createClient({ url: "http://localhost:8082", token, outbox });
 * ```
 */
export function fileOutbox(path: string): OutboxStore & { close(): void } {
	const release = lock(`${path}.lock`);
	const kept = read(path);
	let gone = 0;
	let file = rewrite(path, kept);
	let isClosed = false;
	/** Length of the complete lines, in bytes. */
	let size = fstatSync(file).size;
	let isTorn = false;
	const write = (line: Line): void => {
		// After `close()` the descriptor may belong to a different file.
		if (isClosed) throw new Error(`the outbox ${path} was closed`);
		// A line appended to an incomplete one would be lost with it.
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
		// The lock on the file already grants the sole right to send.
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

/** Reads the file. An incomplete last line comes from a crash; its `add` never resolved, so it is dropped. */
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

/**
 * Writes all records to a new file and replaces the old file in one step. Returns the descriptor, open for
 * appending.
 */
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
 * Writes bytes at a position in a file. A full disk accepts some bytes without an error and fails at the next call,
 * so this function writes until all bytes are written.
 * @returns the number of bytes
 */
function writeAll(file: number, at: number, bytes: Buffer): number {
	for (let done = 0; done < bytes.length; )
		done += writeSync(file, bytes, done, bytes.length - done, at + done);
	return bytes.length;
}

/**
 * Locks that this process holds. After a container restart, the process id in an old lock file may equal this
 * process's id.
 */
const held = new Set<string>();

/** Creates a lock file with this process's id. Replaces a lock file whose process has ended. */
function lock(path: string): () => void {
	const outbox = path.replace(/\.lock$/, "");
	const own = `${path}.${process.pid}`;
	writeFileSync(own, String(process.pid), { mode: 0o600 });
	try {
		for (;;) {
			try {
				// A link to a complete file never shows a lock file without a process id; creating the file and
				// then writing it would.
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
