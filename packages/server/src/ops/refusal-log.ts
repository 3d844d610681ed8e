/** Milliseconds between two lines for the same reason. */
const EVERY_MS = 60_000;
/**
 * Maximum number of reasons with a line in the last minute. A reason may contain text from the sender, so their number
 * is unbounded.
 */
const MAX_REASONS = 100;

interface Written {
	at: number;
	/** Number of refusals since the last line. */
	more: number;
}

/**
 * Logs why requests are refused, with at most one line per reason and minute and 100 lines a minute. Any client can
 * cause refusals, and thousands of lines a second would fill the disk.
 */
export class RefusalLog {
	readonly #write: (reason: string, more: number) => void;
	readonly #now: () => number;
	/** Reasons in the order in which their lines were written. */
	readonly #written = new Map<string, Written>();

	/**
	 * @param write writes a line; `more` is the number of refusals for this reason since its last line
	 * @param now returns the time in milliseconds
	 */
	constructor(
		write: (reason: string, more: number) => void,
		now: () => number,
	) {
		this.#write = write;
		this.#now = now;
	}

	note(reason: string): void {
		const now = this.#now();
		const written = this.#written.get(reason);
		if (written && now - written.at < EVERY_MS) {
			written.more++;
			return;
		}
		if (!written && !this.#hasRoom(now)) return;
		this.#written.delete(reason);
		this.#written.set(reason, { at: now, more: 0 });
		this.#write(reason, written?.more ?? 0);
	}

	/**
	 * Makes room for a further reason. Returns false if the maximum number of reasons had a line within the last minute.
	 */
	#hasRoom(now: number): boolean {
		if (this.#written.size < MAX_REASONS) return true;
		for (const [reason, { at }] of this.#written) {
			if (now - at < EVERY_MS) return false;
			this.#written.delete(reason);
			break;
		}
		return true;
	}
}
