const EVERY_MS = 100;
/** Interval, in milliseconds, when the output is not a terminal and keeps every line, such as a journal. */
const LINE_EVERY_MS = 10_000;

interface ProgressOutput {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

/**
 * Progress of a long command on standard error: a line that it overwrites on a terminal, a line at intervals elsewhere.
 */
export class Progress {
	readonly #command: string;
	readonly #output: ProgressOutput;
	readonly #now: () => number;
	#dueAt: number;
	#shown = false;

	constructor(
		command: string,
		output: ProgressOutput = process.stderr,
		now: () => number = () => performance.now(),
	) {
		this.#command = command;
		this.#output = output;
		this.#now = now;
		this.#dueAt = now() + (output.isTTY ? 0 : LINE_EVERY_MS);
	}

	/** Shows the current step. @param share completed share, from 0 to 1 */
	readonly show = (doing: string, share?: number): void => {
		const at = this.#now();
		if (at < this.#dueAt) return;
		const watched = this.#output.isTTY === true;
		this.#dueAt = at + (watched ? EVERY_MS : LINE_EVERY_MS);
		const percent =
			share === undefined ? "..." : ` ${Math.floor(100 * share)} %`;
		const text = `secureconnect ${this.#command}: ${doing}${percent}`;
		this.#output.write(watched ? `\r\u001b[K${text}` : `${text}\n`);
		this.#shown = watched;
	};

	clear(): void {
		if (this.#shown) this.#output.write("\r\u001b[K");
	}
}
