import type { Entry } from "@secureconnect/protocol";

type Entries = readonly [Entry, ...Entry[]];

/**
 * Makes one gapless, ordered stream of a conversation's entries out of what the bus brings, which may be late, twice,
 * out of order or not at all. What is missing is read from the log, once.
 */
export class Sequencer {
	readonly #readRange: (
		fromSeq: number,
		toSeq: number,
	) => Promise<readonly Entry[]>;
	readonly #emit: (entry: Entry) => void;
	readonly #onError: (error: unknown) => void;
	#nextSeq = 1;
	/** Batches that arrived before the head was known, or while a gap is being read. */
	#waiting: Entries[] | undefined = [];

	/**
	 * @param emit gets each entry once, in order of `seq`.
	 * @param onError hears that a gap could not be read; the next batch tries again.
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

	/** Begins after `headSeq`, read from the log after the bus was subscribed to. */
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
			// Going on would show later entries before earlier ones: all of it waits for the next batch.
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
