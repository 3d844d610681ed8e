import {
	LogUnavailable,
	type MessageLog,
	type Outcome,
	type Write,
} from "./contract.ts";

/** Milliseconds between two probes while the log takes no writes. */
const PROBE_MS = 1000;

/**
 * Knows whether the log takes writes. What the log answers tells; while it refuses, a probe asks every second, so that
 * a server without traffic finds out as well that the disk has room again.
 */
export class LogHealth implements Pick<MessageLog, "append"> {
	readonly #log: Pick<MessageLog, "append" | "probe">;
	readonly #onChange: (why: string | undefined) => void;
	#why: string | undefined;
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
			this.#note(error);
			throw error;
		});
		this.#note(outcomes.find((it) => it instanceof LogUnavailable));
		return outcomes;
	}

	close(): void {
		clearInterval(this.#timer);
	}

	async #probe(): Promise<void> {
		try {
			await this.#log.probe();
			this.#note(undefined);
		} catch (error) {
			this.#note(error);
		}
	}

	#note(error: unknown): void {
		// Any other error is about one write, or ends the process.
		const why = error instanceof LogUnavailable ? error.message : undefined;
		if ((why === undefined) === this.takesWrites) return;
		this.#why = why;
		this.#onChange(why);
		if (why === undefined) {
			clearInterval(this.#timer);
			return;
		}
		this.failures++;
		this.#timer = setInterval(() => void this.#probe(), PROBE_MS);
		this.#timer.unref();
	}
}
