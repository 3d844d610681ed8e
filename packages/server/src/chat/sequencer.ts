import type { Entry } from "@secureconnect/protocol";

type Entries = readonly [Entry, ...Entry[]];

/**
 * Turns the entries that the bus delivers into one ordered stream without gaps. The bus may deliver entries late,
 * twice, out of order or not at all. The sequencer reads missing entries from the log, once.
 */
export class Sequencer {
	readonly #readRange: (
		fromSeq: number,
		toSeq: number,
	) => Promise<readonly Entry[]>;
	readonly #emit: (entry: Entry) => void;
	readonly #onError: (error: unknown) => void;
	#nextSeq = 1;
	/** Batches that arrived before the head was known, or while the sequencer reads a gap. */
	#waiting: Entries[] | undefined = [];

	/**
	 * @param emit receives each entry once, in order of `seq`
	 * @param onError receives the error when a gap cannot be read; the next batch tries again
	 */
	constructor(
		readRange: (fromSeq: number, toSeq: number) => Promise<readonly Entry[]>,
		emit: (entry: Entry) => void,
		onError: (error: unknown) => void,
	) {
		this.#readRange = readRange;
		this.#emit = emit;
		this.#onError = onError;
	}

	/** Starts after `headSeq`. The caller reads the head from the log after it has subscribed to the bus. */
	start(headSeq: number): void {
		this.#nextSeq = headSeq + 1;
		this.#resume();
	}

	accept(entries: Entries): void {
		if (this.#waiting) this.#waiting.push(entries);
		else if (entries[0].seq > this.#nextSeq) void this.#fillGap(entries);
		else this.#emitNew(entries);
	}

	async #fillGap(after: Entries): Promise<void> {
		this.#waiting = [after];
		try {
			this.#emitNew(await this.#readRange(this.#nextSeq, after[0].seq - 1));
			if (this.#nextSeq < after[0].seq)
				throw new Error(
					`the log lacks entry ${this.#nextSeq}, which the bus announced`,
				);
		} catch (error) {
			// Continuing would emit later entries before earlier ones, so all of them wait for the next batch.
			this.#waiting = undefined;
			this.#onError(error);
			return;
		}
		this.#resume();
	}

	#resume(): void {
		const waiting = this.#waiting ?? [];
		this.#waiting = undefined;
		waiting.sort((a, b) => a[0].seq - b[0].seq);
		for (const entries of waiting) this.accept(entries);
	}

	#emitNew(entries: readonly Entry[]): void {
		for (const entry of entries) {
			if (entry.seq !== this.#nextSeq) continue;
			this.#nextSeq++;
			this.#emit(entry);
		}
	}
}
