interface Lane<T> {
	items: T[];
	/** Items before this index have been taken. */
	head: number;
}

/**
 * A queue that serves owners in rotation: each {@link shift} returns the oldest item of the owner that has waited
 * longest for a turn. An owner with a thousand items delays another owner by one item.
 */
export class Rotation<T> {
	/** Owners with items, in the order of their turns. */
	readonly #lanes = new Map<string, Lane<T>>();
	#size = 0;

	get size(): number {
		return this.#size;
	}

	push(owner: string, item: T): void {
		const lane = this.#lanes.get(owner);
		if (lane) lane.items.push(item);
		else this.#lanes.set(owner, { items: [item], head: 0 });
		this.#size++;
	}

	/** The next item; undefined if there is none. */
	shift(): T | undefined {
		const [next] = this.#lanes;
		if (!next) return undefined;
		const [owner, lane] = next;
		const item = lane.items[lane.head++];
		this.#size--;
		this.#lanes.delete(owner);
		if (lane.head < lane.items.length) {
			// Taken items are dropped in bulk: removing each from the front would cost time in the length of the lane.
			if (lane.head * 2 > lane.items.length) {
				lane.items = lane.items.slice(lane.head);
				lane.head = 0;
			}
			this.#lanes.set(owner, lane);
		}
		return item;
	}
}
