import {
	LogUnavailable,
	type MessageLog,
	type Outcome,
	type Write,
} from "./contract.ts";

/** Bytes that a row of a write changes in addition to its text: pages of a table and of its indexes. */
const ROW_BYTES = 4 * 4096;
/** Milliseconds between two probes while the log cannot write. */
const PROBE_MS = 1000;

/**
 * Tracks whether the log can write, from the log's answers. While the log refuses writes, a probe runs every second, so
 * that a server without traffic also notices when the disk has room again. An almost full disk accepts a short message
 * after it has refused a long batch. The log therefore counts as available only after it has stored as many bytes as it
 * had refused.
 */
export class LogHealth implements Pick<MessageLog, "append"> {
	readonly #log: Pick<MessageLog, "append" | "probe">;
	readonly #onChange: (why: string | undefined) => void;
	#why: string | undefined;
	/** Bytes of the longest write that was refused since the log last accepted writes. */
	#refusedBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	/** Number of times that the log stopped accepting writes. */
	failures = 0;

	/**
	 * @param onChange receives the reason when the log stops accepting writes, and undefined when it accepts writes again
	 */
	constructor(
		log: Pick<MessageLog, "append" | "probe">,
		onChange: (why: string | undefined) => void,
	) {
		this.#log = log;
		this.#onChange = onChange;
	}

	get takesWrites(): boolean {
		return this.#why === undefined;
	}

	async append(batch: readonly Write[]): Promise<readonly (Outcome | Error)[]> {
		const outcomes = await this.#log.append(batch).catch((error: unknown) => {
			this.#refused(error, batch);
			throw error;
		});
		const refused = batch.filter(
			(_, i) => outcomes[i] instanceof LogUnavailable,
		);
		if (refused.length > 0)
			this.#refused(
				outcomes.find((it) => it instanceof LogUnavailable),
				refused,
			);
		else if (!this.takesWrites && bytesOf(batch) >= this.#refusedBytes)
			this.#note(undefined);
		return outcomes;
	}

	close(): void {
		clearInterval(this.#timer);
	}

	async #probe(): Promise<void> {
		try {
			await this.#log.probe(this.#refusedBytes);
			this.#note(undefined);
		} catch (error) {
			this.#note(error);
		}
	}

	#refused(error: unknown, writes: readonly Write[]): void {
		this.#refusedBytes = Math.max(this.#refusedBytes, bytesOf(writes));
		this.#note(error);
	}

	#note(error: unknown): void {
		// Any other error concerns one write, or ends the process.
		const why = error instanceof LogUnavailable ? error.message : undefined;
		if ((why === undefined) === this.takesWrites) return;
		this.#why = why;
		this.#onChange(why);
		if (why === undefined) {
			this.#refusedBytes = 0;
			clearInterval(this.#timer);
			return;
		}
		this.failures++;
		this.#timer = setInterval(() => void this.#probe(), PROBE_MS);
		this.#timer.unref();
	}
}

/** Estimates the bytes that these writes add to the log's file. */
function bytesOf(writes: readonly Write[]): number {
	let bytes = 0;
	for (const write of writes)
		bytes +=
			Buffer.byteLength(JSON.stringify(write)) + rowsOf(write) * ROW_BYTES;
	return bytes;
}

function rowsOf(write: Write): number {
	switch (write.kind) {
		case "create":
			return 1 + write.participantIds.length;
		case "add":
			return 1 + write.userIds.length;
		default:
			return 1;
	}
}
