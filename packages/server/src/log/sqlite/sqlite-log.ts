import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { StartupError } from "../../startup-error.ts";
import {
	type Device,
	type InTurn,
	type ListPlace,
	LogUnavailable,
	type MessageLog,
	type Outcome,
	type PageCursor,
	type TimelinePart,
	type Write,
} from "../contract.ts";
import { DATABASE_FILE, openForReading } from "./database.ts";
import { packed, storedAsWritten } from "./packing.ts";
import { Reader } from "./reader.ts";
import type { FromWriter, ToWriter, WriterData } from "./writer.ts";

/**
 * Message log in one SQLite file. A separate thread writes one batch at a time. Reads run on the caller's thread from
 * the page cache, which costs less than passing them to a different thread.
 */
export class SqliteLog implements MessageLog {
	readonly failed: Promise<never>;
	readonly epoch: string;
	readonly #worker: Worker;
	readonly #port: MessagePort;
	readonly #db: DatabaseSync;
	readonly #reader: Reader;
	#fail: (error: Error) => void = () => {};
	readonly #waiting: {
		resolve(answer: FromWriter): void;
		reject(error: Error): void;
	}[] = [];
	#broken: Error | undefined;
	#closing = false;

	/**
	 * Opens a log.
	 * @param directory created if it does not exist; locked for this process until {@link close}
	 * @param onMigrating takes the progress of a long migration, from 0 to 1
	 * @throws {StartupError} if the directory is in use, cannot be written, or is from a newer version
	 */
	static async open(
		directory: string,
		onMigrating: (share: number) => void = () => {},
	): Promise<SqliteLog> {
		try {
			mkdirSync(directory, { recursive: true, mode: 0o700 });
		} catch (error) {
			throw new StartupError(
				`the data directory ${directory} cannot be created (${reason(error)}): choose another --data`,
			);
		}
		// The path is resolved at run time, so that the same line works in the sources and in the build. The worker gets
		// its own port, because Node's watch mode sends messages over the workers' default port.
		const { port1: port, port2 } = new MessageChannel();
		const workerData: WriterData = { directory, port: port2 };
		const worker = new Worker(new URL(import.meta.resolve("#sqlite-writer")), {
			workerData,
			transferList: [port2],
		});
		const first = await new Promise<FromWriter>((resolve, reject) => {
			port.on("message", (message: FromWriter) => {
				if (message.kind === "migrating") onMigrating(message.share);
				else resolve(message);
			});
			worker.once("error", reject);
		});
		port.removeAllListeners("message");
		if (first.kind !== "ready") {
			await worker.terminate();
			const why = first.kind === "refused_start" ? first.why : first.kind;
			throw new StartupError(
				first.kind === "refused_start" && first.expected
					? why
					: `the message log in ${directory} cannot be opened (${why}): check that the directory is writable and on a local disk, or choose another --data`,
			);
		}
		return new SqliteLog(
			worker,
			port,
			openForReading(join(directory, DATABASE_FILE)),
		);
	}

	private constructor(worker: Worker, port: MessagePort, db: DatabaseSync) {
		this.#worker = worker;
		this.#port = port;
		this.#db = db;
		this.#reader = new Reader(db);
		this.epoch = this.#reader.epoch();
		this.failed = new Promise((_, reject) => {
			this.#fail = reject;
		});
		// The composition root handles this rejection. Without a handler here, an unused log would end the process.
		this.failed.catch(() => {});
		port.on("message", (answer: FromWriter) => {
			this.#waiting.shift()?.resolve(answer);
		});
		worker.on("error", (error) => this.#break(error));
		worker.on("exit", (code) => {
			const error = new Error(`the log's writer ended with code ${code}`);
			if (this.#closing) this.#rejectWaiting(error);
			else this.#break(error);
		});
	}

	async append(batch: readonly Write[]): Promise<readonly (Outcome | Error)[]> {
		if (this.#broken) throw this.#broken;
		if (this.#closing) throw new Error("the log is closed");
		const answer = await this.#ask({
			kind: "append",
			batch: packed(batch),
		});
		switch (answer.kind) {
			case "committed":
				return answer.outcomes.map((outcome, i) => {
					if (typeof outcome === "number")
						return storedAsWritten(outcome, batch[i]);
					switch (outcome.kind) {
						case "unstorable":
							return new Error(outcome.why);
						case "unavailable":
							return new LogUnavailable(outcome.why);
						default:
							return outcome;
					}
				});
			case "unavailable":
				throw new LogUnavailable(answer.why);
			default: {
				const error = new Error(
					answer.kind === "failed" ? answer.why : answer.kind,
				);
				this.#break(error);
				throw error;
			}
		}
	}

	async probe(bytes: number): Promise<void> {
		if (this.#broken) throw this.#broken;
		if (this.#closing) throw new Error("the log is closed");
		const answer = await this.#ask({ kind: "probe", bytes });
		if (answer.kind === "unavailable") throw new LogUnavailable(answer.why);
		if (answer.kind === "committed") return;
		const error = new Error(
			answer.kind === "failed" ? answer.why : answer.kind,
		);
		this.#break(error);
		throw error;
	}

	async head(conversationId: string) {
		return this.#reader.head(conversationId);
	}
	async admission(conversationId: string, userId: string) {
		return this.#reader.admission(conversationId, userId);
	}
	async summary(conversationId: string, userId: string) {
		return this.#reader.summary(conversationId, userId);
	}
	async nameOf(userId: string) {
		return this.#reader.nameOf(userId);
	}
	async seqOf(conversationId: string, messageId: string) {
		return this.#reader.seqOf(conversationId, messageId);
	}
	async page(
		conversationId: string,
		userId: string,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	) {
		return this.#reader.page(conversationId, userId, cursor, limit, maxBytes);
	}
	async timeline(
		conversationId: string,
		userId: string,
		part: TimelinePart,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	) {
		return this.#reader.timeline(
			conversationId,
			userId,
			part,
			cursor,
			limit,
			maxBytes,
		);
	}
	async range(conversationId: string, fromSeq: number, toSeq: number) {
		return this.#reader.range(conversationId, fromSeq, toSeq);
	}
	async conversation(conversationId: string) {
		return this.#reader.conversation(conversationId);
	}
	async conversationsOf(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
		inTurn: InTurn,
	) {
		return this.#reader.conversationsOf(userId, limit, maxBytes, after, inTurn);
	}
	async recentOf(userId: string, limit: number, inTurn: InTurn) {
		return this.#reader.recentOf(userId, limit, inTurn);
	}
	async unreadOf(userId: string, now: number, inTurn: InTurn) {
		return this.#reader.unreadOf(userId, now, inTurn);
	}
	async rowsOf(conversationId: string, userIds: readonly string[]) {
		return this.#reader.rowsOf(conversationId, userIds);
	}
	async participantIds(conversationId: string, atMost: number) {
		return this.#reader.participantIds(conversationId, atMost);
	}
	async erasedParticipantIds(
		conversationId: string,
		after: string | undefined,
		limit: number,
	) {
		return this.#reader.erasedParticipantIds(conversationId, after, limit);
	}
	async blocksOf(userId: string) {
		return this.#reader.blocksOf(userId);
	}
	async watermarks(conversationId: string, limit: number) {
		return this.#reader.watermarks(conversationId, limit);
	}
	async deviceCursor(device: Device, now: number) {
		return this.#reader.deviceCursor(device, now);
	}
	async deliveries(conversationId: string, now: number, limit: number) {
		return this.#reader.deliveries(conversationId, now, limit);
	}

	async close(): Promise<void> {
		if (this.#closing) return;
		this.#closing = true;
		this.#db.close();
		// The writer handles all earlier requests before it closes.
		if (!this.#broken) await this.#ask({ kind: "close" }).catch(() => {});
		await this.#worker.terminate();
	}

	/** Sends a request to the writer, which answers in order. */
	#ask(message: ToWriter): Promise<FromWriter> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({ resolve, reject });
			this.#port.postMessage(message);
		});
	}

	#break(error: Error): void {
		if (this.#broken) return;
		this.#broken = error;
		this.#fail(error);
		this.#rejectWaiting(error);
	}

	#rejectWaiting(error: Error): void {
		for (const { reject } of this.#waiting.splice(0)) reject(error);
	}
}

function reason(error: unknown): string {
	return error instanceof Error && "code" in error
		? String(error.code)
		: String(error);
}
