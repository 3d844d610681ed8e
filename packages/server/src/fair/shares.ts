/** One owner may hold this part of the total. */
const EACH = 1 / 8;

/**
 * Counts the bytes that one kind of work holds in memory, against a total and a share of it for each owner (a user id).
 * One user can use up that user's share and nothing more.
 */
export class Shares {
	readonly #total: number;
	readonly #held = new Map<string, number>();
	#used = 0;

	/** @param total bytes for all owners together */
	constructor(total: number) {
		this.#total = total;
	}

	/** Bytes that all owners hold. */
	get used(): number {
		return this.#used;
	}

	/**
	 * Takes bytes for an owner if both bounds allow it. An owner that holds nothing gets more than its share where the
	 * total allows it, so that a single large piece of work is possible.
	 * @returns whether the bytes were taken; each taken byte must be given back once
	 */
	take(owner: string, bytes: number): boolean {
		const held = this.#held.get(owner) ?? 0;
		if (this.#used + bytes > this.#total) return false;
		if (held > 0 && held + bytes > this.#total * EACH) return false;
		this.#held.set(owner, held + bytes);
		this.#used += bytes;
		return true;
	}

	give(owner: string, bytes: number): void {
		const held = (this.#held.get(owner) ?? 0) - bytes;
		this.#used -= bytes;
		if (held > 0) this.#held.set(owner, held);
		else this.#held.delete(owner);
	}
}
