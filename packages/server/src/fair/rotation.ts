interface Lane<T> {
	items: T[];
	/** Items before this index have been taken. */
	head: number;
	/** Cost that the owner may still cause in this round. */
	credit: number;
}

/**
 * A queue that serves owners in rotation, each with the same cost in a round (deficit round robin). An owner that had
 * nothing waiting goes before those that had, once: a flood delays another owner's single item by one item at most, and
 * an expensive item waits until its owner has saved up for it, or nobody else waits.
 *
 * Sources: Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit Round-Robin"; RFC 8290 section 4.2 for new
 * owners.
 */
export class Rotation<T> {
	readonly #quantum: number;
	readonly #costOf: (item: T) => number;
	readonly #lanes = new Map<string, Lane<T>>();
	/** Owners that had nothing waiting when they came, and all others, each in the order of their turns. */
	readonly #fresh = new Set<string>();
	readonly #old = new Set<string>();
	#size = 0;

	/**
	 * @param quantum what an owner may cost in a round
	 * @param costOf the cost of an item, in the same unit
	 */
	constructor(quantum = 1, costOf: (item: T) => number = () => 1) {
		this.#quantum = quantum;
		this.#costOf = costOf;
	}

	get size(): number {
		return this.#size;
	}

	push(owner: string, item: T): void {
		const lane = this.#lanes.get(owner);
		if (lane) lane.items.push(item);
		else {
			this.#lanes.set(owner, {
				items: [item],
				head: 0,
				credit: this.#quantum,
			});
			this.#fresh.add(owner);
		}
		this.#size++;
	}

	/** The next item, which stays in the queue; undefined if there is none. */
	peek(): T | undefined {
		const lane = this.#next();
		return lane?.items[lane.head];
	}

	/** Takes the next item; undefined if there is none. */
	shift(): T | undefined {
		const lane = this.#next();
		const item = lane?.items[lane.head];
		if (!lane || item === undefined) return undefined;
		lane.head++;
		lane.credit -= this.#costOf(item);
		this.#size--;
		// Taken items are dropped in bulk: removing each from the front would cost time in the length of the lane.
		if (lane.head * 2 > lane.items.length) {
			lane.items = lane.items.slice(lane.head);
			lane.head = 0;
		}
		return item;
	}

	/** The lane whose first item is next. */
	#next(): Lane<T> | undefined {
		for (;;) {
			const list = this.#fresh.size > 0 ? this.#fresh : this.#old;
			const { done, value: owner } = list.values().next();
			const lane = done ? undefined : this.#lanes.get(owner);
			if (done || !lane) return undefined;
			const item = lane.items[lane.head];
			if (item !== undefined && this.#costOf(item) <= lane.credit) return lane;
			list.delete(owner);
			// An owner that leaves nothing waiting keeps its place among the old for a round, so that sending one item after
			// the other does not make it new each time.
			if (item === undefined && (list === this.#old || this.#old.size === 0)) {
				this.#lanes.delete(owner);
				continue;
			}
			if (item !== undefined) lane.credit += this.#quantum;
			this.#old.add(owner);
		}
	}
}
