/** What to do with an entry that arrived. */
export type Place =
	| { readonly kind: "next" }
	/** Had already. */
	| { readonly kind: "repeat" }
	/** Entries before it are missing: to be asked for again, from after this one. */
	| { readonly kind: "gap" }
	/** Entries before it are missing though they were asked for: the server has them no more. */
	| { readonly kind: "hole"; readonly from: number; readonly to: number };

/** One conversation's place in the order of its entries. */
export class Sequence {
	#last: number | undefined;
	#lastId: string | undefined;
	#askedAgainAfter: number | undefined;
	#first = 0;

	/** The newest entry's `seq`, 0 before the first; undefined where there is no telling. */
	get last(): number | undefined {
		return this.#last;
	}
	/** The newest entry's `message_id`, where it arrived here. A number can mean another entry after a restore, an id cannot. */
	get lastId(): string | undefined {
		return this.#lastId;
	}
	/** Where what arrives live begins: history has everything before it. */
	get first(): number {
		return this.#first;
	}

	/**
	 * Begins after an entry: a new connection without a cursor, or one whose cursor does not hold.
	 * @returns its `seq`
	 */
	beginAfter(seq: number): number {
		this.#last = seq;
		this.#lastId = this.#askedAgainAfter = undefined;
		this.#first = seq + 1;
		return seq;
	}

	/** The server does not know where this was: it goes on from what comes next. */
	forget(): void {
		this.#last = this.#lastId = undefined;
	}

	/** Where an entry belongs; `next` and `hole` take its place. */
	accept(seq: number, id: string | undefined): Place {
		const last = this.#last ?? this.beginAfter(seq - 1);
		if (seq <= last) return { kind: "repeat" };
		if (seq > last + 1 && this.#askedAgainAfter !== last) {
			this.#askedAgainAfter = last;
			return { kind: "gap" };
		}
		this.#last = seq;
		this.#lastId = id;
		return seq === last + 1
			? { kind: "next" }
			: { kind: "hole", from: last + 1, to: seq - 1 };
	}
}
