/** Part of a conversation that is loaded without a gap: the entries `from` to `to`, both included. */
export interface Range {
	readonly from: number;
	/** `Infinity`: entries that arrive live continue the part. */
	readonly to: number;
}

/** Loaded parts of a conversation, of which one is shown. Parts that meet become one. */
export class Ranges {
	/** Disjoint parts with gaps between them, in any order. */
	#all: readonly Range[];
	#shown: Range;

	/** @param from first entry of the part that arrives live */
	constructor(from: number) {
		this.#shown = { from, to: Number.POSITIVE_INFINITY };
		this.#all = [this.#shown];
	}

	get shown(): Range {
		return this.#shown;
	}

	/** Returns the part that contains an entry; `Infinity` stands for entries to come. */
	find(seq: number): Range | undefined {
		return this.#all.find(({ from, to }) => from <= seq && seq <= to);
	}

	/** Adds a part that was loaded. Returns the part that contains it now. */
	add(added: Range): Range {
		let { from, to } = added;
		const met: Range[] = [];
		const rest = this.#all.filter((part) => {
			if (part.from > added.to + 1 || added.from > part.to + 1) return true;
			from = Math.min(from, part.from);
			to = Math.max(to, part.to);
			met.push(part);
			return false;
		});
		const joined = { from, to };
		this.#all = [...rest, joined];
		if (met.includes(this.#shown)) this.#shown = joined;
		return joined;
	}

	show(part: Range): void {
		this.#shown = part;
	}
}
