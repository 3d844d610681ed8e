import type { ChatItem } from "./items.ts";
import { entryRows } from "./layout.ts";
import type { Names } from "./names.ts";
import type { Row } from "./row.ts";

/** Cached rows of an entry, with the width, predecessor and names that they were laid out for. */
interface Laid {
	readonly columns: number;
	readonly previous: ChatItem | undefined;
	/** Version of the names. */
	readonly version: number;
	readonly rows: readonly Row[];
}

/** Rows of entries. They are laid out again only after a change. */
export class LaidRows {
	readonly #names: Names;
	readonly #laid = new WeakMap<ChatItem, Laid>();

	constructor(names: Names) {
		this.#names = names;
	}

	/** Returns the rows of an entry for a width of the window, at least one. */
	of(
		entries: readonly ChatItem[],
		index: number,
		columns: number,
	): readonly Row[] {
		const entry = entries[index];
		if (!entry) return [[]];
		const previous = entries[index - 1];
		const { version } = this.#names;
		const laid = this.#laid.get(entry);
		if (
			laid?.columns === columns &&
			laid.previous === previous &&
			laid.version === version
		)
			return laid.rows;
		const rows = entryRows(entry, previous, this.#names, columns);
		this.#laid.set(entry, { columns, previous, version, rows });
		return rows;
	}
}
