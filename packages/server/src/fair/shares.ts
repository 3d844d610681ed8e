/** Part of the total that one owner may hold. */
const EACH = 1 / 8;

/**
 * Counts the bytes that one kind of work holds in memory. It has a limit for the total and a share for each owner (a
 * user id), so that one user can exhaust only that user's share.
 */
export class Shares {
	readonly #total: number;
	readonly #held = new Map<string, number>();
	#used = 0;

	/** @param total bytes for all owners together */
	constructor(total: number) {
		this.#total = total;
	}

	/** Returns the bytes that all owners hold. */
	get used(): number {
		return this.#used;
	}

	/**
	 * Takes bytes for an owner if both limits allow it. An owner that holds nothing may exceed its share if the total
	 * allows it, so that a single large piece of work is possible.
	 * @returns whether the bytes were taken; the caller must give back each taken byte once
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
