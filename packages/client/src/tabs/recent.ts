import type { Start } from "./messages.ts";

/** An entry as the server sent it. */
interface Kept {
	readonly seq: number;
	readonly id: string | undefined;
	readonly text: string;
}

const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 128 * 1024;

/** The newest entries of a conversation, without a gap. They replace a replay for tabs that are a little behind. */
export class RecentEntries {
	#base: Start;
	readonly #entries: Kept[] = [];
	#characters = 0;

	/** @param base the place before the first entry */
	constructor(base: Start) {
		this.#base = base;
	}

	/** `seq` of the newest entry, if known. */
	get last(): number | undefined {
		return this.#newest.seq;
	}

	get #newest(): Start {
		return this.#entries.at(-1) ?? this.#base;
	}

	add(seq: number, id: string | undefined, text: string): void {
		const { last } = this;
		if (last !== undefined && seq <= last) return;
		if (last === undefined || seq > last + 1) {
			this.#entries.length = this.#characters = 0;
			// Of an unknown place, the first entry shows the number.
			const first = last === undefined ? this.#base.id : undefined;
			this.#base = { seq: seq - 1, id: first };
		}
		this.#entries.push({ seq, id, text });
		this.#characters += text.length;
		while (
			this.#entries.length > MAX_ENTRIES ||
			(this.#characters > MAX_CHARACTERS && this.#entries.length > 1)
		) {
			const oldest = this.#entries.shift();
			if (!oldest) return;
			this.#base = oldest;
			this.#characters -= oldest.text.length;
		}
	}

	/**
	 * Returns the entries after a place; undefined if only the server knows them. The id decides: after a restore from a
	 * backup, a number may name a different entry.
	 */
	after({ seq, id }: Start): readonly Kept[] | undefined {
		const places = [this.#base, ...this.#entries];
		const at = places.findIndex((place) =>
			id === undefined ? place.seq === seq : place.id === id,
		);
		return at < 0 || (id === undefined && seq === undefined)
			? undefined
			: this.#entries.slice(at);
	}
}
