/**
 * Thread that owns the database for writing. SQLite's calls are synchronous, and a commit waits for the disk. On this
 * thread they delay only the next batch.
 */
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type MessagePort, workerData } from "node:worker_threads";
import { StartupError } from "../../startup-error.ts";
import type { Write } from "../contract.ts";
import { Applier } from "./apply.ts";
import { BUSY_TIMEOUT_MS, DATABASE_FILE, openForWriting } from "./database.ts";
import { lockDirectory } from "./lock.ts";
import {
	type PackedBatch,
	type PackedOutcome,
	packedOutcome,
	unpacked,
} from "./packing.ts";
import { assertServable } from "./whole-file.ts";

/** Write of a batch that failed, permanently or for now, while others could be stored. */
export interface Failure {
	readonly kind: "unstorable" | "unavailable";
	readonly why: string;
}

/** Result of a batch. */
type Answer =
	| {
			readonly kind: "committed";
			readonly outcomes: readonly (PackedOutcome | Failure)[];
	  }
	/** The batch stored nothing. The next batch may succeed. */
	| { readonly kind: "unavailable"; readonly why: string }
	/** It is unknown whether the batch is on disk. The caller must not retry it on this connection. */
	| { readonly kind: "failed"; readonly why: string };

export type FromWriter =
	| Answer
	| { readonly kind: "migrating"; readonly share: number }
	| { readonly kind: "ready" }
	| {
			readonly kind: "refused_start";
			readonly why: string;
			readonly expected: boolean;
	  }
	| { readonly kind: "closed" };

/** Data with which the thread is started. */
export interface WriterData {
	readonly directory: string;
	readonly port: MessagePort;
}

export type ToWriter =
	| { readonly kind: "append"; readonly batch: PackedBatch }
	| { readonly kind: "probe"; readonly bytes: number }
	| { readonly kind: "close" };

/**
 * SQLite's NOMEM, IOERR, CORRUPT, CANTOPEN and NOTADB. The state of the file is unknown. A failed fsync is never
 * retried.
 */
const FATAL = new Set([7, 10, 11, 14, 26]);
/** BUSY, LOCKED and FULL. The batch is valid and may succeed later. */
const PASSING = new Set([5, 6, 13]);
/**
 * IOERR_WRITE, the only IOERR that is temporary: a commit without its last page is void, and the next one overwrites
 * it.
 */
const WRITE_FAILED = 778;
/**
 * Number of pages in the write-ahead log at which they are moved into the database. The next commit waits for the move.
 * With a quarter of SQLite's default it takes 4 ms instead of 10 to 60, and the same time in total.
 */
const CHECKPOINT_PAGES = 250;

/** Milliseconds between two attempts to empty a write-ahead log that holds erased content. */
const ERASE_EVERY_MS = 1000;

class Writer {
	readonly #lock: ReturnType<typeof lockDirectory>;
	readonly #db: DatabaseSync;
	readonly #applier: Applier;
	readonly #walSize: StatementSync;
	readonly #checkpoint: StatementSync;
	readonly #truncate: StatementSync;
	/** Whether the write-ahead log may still hold content that was erased: an earlier process may have left some. */
	#hasErased = true;
	readonly #fillProbe: StatementSync;
	readonly #emptyProbe: StatementSync;

	constructor(directory: string, onMigrating: (share: number) => void) {
		assertServable(directory);
		this.#lock = lockDirectory(directory);
		this.#db = openForWriting(join(directory, DATABASE_FILE), onMigrating);
		this.#applier = new Applier(this.#db);
		this.#db.exec("PRAGMA wal_autocheckpoint = 0");
		this.#walSize = this.#db.prepare("PRAGMA wal_checkpoint(NOOP)");
		this.#checkpoint = this.#db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
		this.#truncate = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
		this.#fillProbe = this.#db.prepare(
			"INSERT INTO durable_probe VALUES (randomblob(?))",
		);
		this.#emptyProbe = this.#db.prepare("DELETE FROM durable_probe");
	}

	append(batch: readonly Write[]): Answer {
		try {
			return { kind: "committed", outcomes: this.#commit(batch) };
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			const severity = severityOf(error);
			if (severity !== undefined) return { kind: severity, why };
			return batch.length === 1
				? { kind: "committed", outcomes: [{ kind: "unstorable", why }] }
				: this.#oneByOne(batch);
		}
	}

	/**
	 * Writes `bytes` bytes and deletes them, in two commits: a single commit that does both would write none of the
	 * bytes. The bytes are random, so that no file system can compress them.
	 */
	probe(bytes: number): Answer {
		try {
			this.#transact(() => {
				this.#emptyProbe.run();
				this.#fillProbe.run(bytes);
			});
			this.#transact(() => this.#emptyProbe.run());
			return { kind: "committed", outcomes: [] };
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			return { kind: severityOf(error) ?? "failed", why };
		}
	}

	/**
	 * Moves pages from the write-ahead log into the database when it holds many. SQLite itself would do that at the end
	 * of a commit. The sender would wait for it, and a failed fsync would not be reported.
	 * @throws errors of SQLite, unless they are temporary
	 */
	checkpoint(): void {
		try {
			if (this.hasErased) this.#hasErased = !this.#truncateLog();
			const { log, checkpointed } = this.#walSize.get() ?? {};
			if (Number(log) - Number(checkpointed) >= CHECKPOINT_PAGES)
				this.#checkpoint.get();
		} catch (error) {
			if (severityOf(error) !== "unavailable") throw error;
		}
	}

	/** Returns whether the write-ahead log may hold content that was erased. */
	get hasErased(): boolean {
		if (this.#applier.takeErased()) this.#hasErased = true;
		return this.#hasErased;
	}

	/**
	 * Empties the write-ahead log, which may hold content that was erased.
	 * @returns false if a reader prevents it now; the next checkpoint tries again
	 */
	#truncateLog(): boolean {
		// Without this, senders would wait for a backup that is reading.
		this.#db.exec("PRAGMA busy_timeout = 0");
		try {
			return Number(this.#truncate.get()?.busy) === 0;
		} finally {
			this.#db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
		}
	}

	close(): void {
		this.#db.close();
		this.#lock.release();
	}

	/** Applies the writes one by one, so that a bad write does not make the others of its batch fail. */
	#oneByOne(batch: readonly Write[]): Answer {
		const outcomes: (PackedOutcome | Failure)[] = [];
		for (const write of batch) {
			const result = this.append([write]);
			if (result.kind === "failed") return result;
			outcomes.push(
				...(result.kind === "committed" ? result.outcomes : [result]),
			);
		}
		return { kind: "committed", outcomes };
	}

	#commit(batch: readonly Write[]): PackedOutcome[] {
		return this.#transact(() => this.#applier.applyAll(batch)).map(
			(outcome, i) => packedOutcome(outcome, batch[i]),
		);
	}

	#transact<T>(work: () => T): T {
		this.#db.exec("BEGIN IMMEDIATE");
		try {
			const result = work();
			this.#db.exec("COMMIT");
			return result;
		} catch (error) {
			try {
				if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
			} catch {
				// The first error tells more. If the transaction cannot be rolled back, the next batch fails too.
			}
			throw error;
		}
	}
}

/** Returns what an error says about the whole log; undefined if it concerns only the writes. */
function severityOf(error: unknown): "failed" | "unavailable" | undefined {
	const code =
		error instanceof Error &&
		"errcode" in error &&
		typeof error.errcode === "number"
			? error.errcode
			: 0;
	if (PASSING.has(code & 0xff) || code === WRITE_FAILED) return "unavailable";
	return FATAL.has(code & 0xff) ? "failed" : undefined;
}

function main(): void {
	const { directory, port } = workerData as WriterData;
	const send = (message: FromWriter): void => port.postMessage(message);
	let writer: Writer;
	try {
		writer = new Writer(directory, (share) =>
			send({ kind: "migrating", share }),
		);
	} catch (error) {
		send({
			kind: "refused_start",
			why: error instanceof Error ? error.message : String(error),
			expected: error instanceof StartupError,
		});
		return;
	}
	port.on("message", (message: ToWriter) => {
		if (message.kind === "probe") {
			send(writer.probe(message.bytes));
			return;
		}
		if (message.kind === "append") {
			const answer = writer.append(unpacked(message.batch));
			// Before the answer to a deletion, so that the content is in no file then, unless a reader has the files open.
			if (writer.hasErased) writer.checkpoint();
			send(answer);
			// An error here ends the thread and with it the process.
			writer.checkpoint();
			return;
		}
		clearInterval(erasing);
		writer.close();
		send({ kind: "closed" });
		port.close();
	});
	// A reader, such as a backup, may have prevented it after the last commit.
	const erasing = setInterval(() => {
		if (writer.hasErased) writer.checkpoint();
	}, ERASE_EVERY_MS);
	erasing.unref();
	send({ kind: "ready" });
}

main();
