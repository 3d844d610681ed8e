import {
	LogUnavailable,
	type MessageLog,
	type Outcome,
	type Write,
} from "./contract.ts";

/** Bytes that a row of a write changes beside its text: pages of a table and of its indexes. */
const ROW_BYTES = 4 * 4096;
/** Milliseconds between two probes while the log takes no writes. */
const PROBE_MS = 1000;

/**
 * Knows whether the log takes writes. What the log answers tells; while it refuses, a probe asks every second, so that
 * a server without traffic finds out as well that the disk has room again. An almost full disk takes a short message
 * where it refused a long batch: the log takes writes again only when it took as many bytes as it had refused.
 */
export class LogHealth implements Pick<MessageLog, "append"> {
	readonly #log: Pick<MessageLog, "append" | "probe">;
	readonly #onChange: (why: string | undefined) => void;
	#why: string | undefined;
	/** Of the longest write that was refused since the log took writes. */
	#refusedBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	/** Times that the log has stopped to take writes. */
	failures = 0;

	/** @param onChange gets the reason when the log takes no writes any more, and undefined when it does again */
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
		// Any other error is about one write, or ends the process.
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

/** About as many bytes as these writes add to the log's file. */
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
