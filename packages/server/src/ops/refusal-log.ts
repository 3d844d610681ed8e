/** Milliseconds between two lines of one kind. */
const EVERY_MS = 60_000;
/** Reasons with a line in the last minute. A reason may be a text of the sender's, and there is no end of those. */
const MAX_REASONS = 100;

interface Written {
	at: number;
	/** Refusals since the line that was written. */
	more: number;
}

/**
 * Tells the operator why requests are refused, in at most one line per reason and minute and 100 lines a minute.
 * Anybody can cause refusals, and thousands of lines a second would fill the disk.
 */
export class RefusalLog {
	readonly #write: (reason: string, more: number) => void;
	readonly #now: () => number;
	/** In the order in which their lines were written. */
	readonly #written = new Map<string, Written>();

	/**
	 * @param write writes a line; `more` is how many refusals for this reason had no line since the last one
	 * @param now in milliseconds
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

	/** Makes room for another reason, unless as many as there may be have had a line within the minute. */
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
