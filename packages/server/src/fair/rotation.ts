interface Lane<T> {
	items: T[];
	/** Index of the first item that has not been taken. */
	head: number;
	/** Cost that the owner may still use in this round. */
	credit: number;
}

/**
 * Queue that serves owners in rotation, with the same cost for each owner per round (deficit round robin). An owner
 * whose lane was empty goes once before the owners that had items waiting. A flood therefore delays the single item of
 * a different owner by at most one item. An expensive item waits until its owner has saved enough credit, or until no
 * other owner waits.
 *
 * Sources: Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit Round-Robin"; RFC 8290 section 4.2 for new
 * owners.
 */
export class Rotation<T> {
	readonly #quantum: number;
	readonly #costOf: (item: T) => number;
	readonly #lanes = new Map<string, Lane<T>>();
	/** `#fresh` holds owners whose lane was empty when they arrived, `#old` all others, each in order of their turns. */
	readonly #fresh = new Set<string>();
	readonly #old = new Set<string>();
	#size = 0;

	/**
	 * @param quantum cost that an owner may use per round
	 * @param costOf returns the cost of an item, in the same unit
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

	/** Returns the next item without removing it; undefined if the queue is empty. */
	peek(): T | undefined {
		const lane = this.#next();
		return lane?.items[lane.head];
	}

	/** Removes and returns the next item; undefined if the queue is empty. */
	shift(): T | undefined {
		const lane = this.#next();
		const item = lane?.items[lane.head];
		if (!lane || item === undefined) return undefined;
		lane.head++;
		lane.credit -= this.#costOf(item);
		this.#size--;
		// Taken items are dropped in bulk. Removing each one from the front would take time proportional to the lane's
		// length.
		if (lane.head * 2 > lane.items.length) {
			lane.items = lane.items.slice(lane.head);
			lane.head = 0;
		}
		return item;
	}

	/** Returns the lane whose first item is next. */
	#next(): Lane<T> | undefined {
		for (;;) {
			const list = this.#fresh.size > 0 ? this.#fresh : this.#old;
			const { done, value: owner } = list.values().next();
			const lane = done ? undefined : this.#lanes.get(owner);
			if (done || !lane) return undefined;
			const item = lane.items[lane.head];
			if (item !== undefined && this.#costOf(item) <= lane.credit) return lane;
			list.delete(owner);
			// An owner whose lane becomes empty keeps its place among the old owners for a round. Otherwise an owner
			// that sends one item after the other would count as new each time.
			if (item === undefined && (list === this.#old || this.#old.size === 0)) {
				this.#lanes.delete(owner);
				continue;
			}
			if (item !== undefined) lane.credit += this.#quantum;
			this.#old.add(owner);
		}
	}
}
