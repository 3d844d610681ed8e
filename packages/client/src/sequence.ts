/** Place of an arrived entry in the order. */
export type Place =
	| { readonly kind: "next" }
	/** The entry was received before. */
	| { readonly kind: "repeat" }
	/** Earlier entries are missing: request the entries after the last one received. */
	| { readonly kind: "gap" }
	/** Earlier entries are missing although they were requested: the server no longer has them. */
	| { readonly kind: "hole"; readonly from: number; readonly to: number };

/** Position in one conversation's order of entries. */
export class Sequence {
	#last: number | undefined;
	#lastId: string | undefined;
	#askedAgainAfter: number | undefined;
	#first = 0;

	/** The newest entry's `seq`, 0 before the first entry; undefined if unknown. */
	get last(): number | undefined {
		return this.#last;
	}
	/**
	 * The newest entry's `message_id`, if it was received. After a restore a number can name a different entry; an
	 * id cannot.
	 */
	get lastId(): string | undefined {
		return this.#lastId;
	}
	/** First `seq` of the live entries. The history contains all earlier entries. */
	get first(): number {
		return this.#first;
	}

	/**
	 * Starts after an entry: on a new connection without a cursor, or with a cursor that the server rejected.
	 * @returns the entry's `seq`
	 */
	beginAfter(seq: number): number {
		this.#last = seq;
		this.#lastId = this.#askedAgainAfter = undefined;
		this.#first = seq + 1;
		return seq;
	}

	/** Forgets the position, because the server does not know it. The order continues with the next entry. */
	forget(): void {
		this.#last = this.#lastId = undefined;
	}

	/** Returns the place of an entry. `next` and `hole` advance the position. */
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
