/**
 * Store for texts in the browser. Every access to storage may throw: the user can block site data, and storage can be
 * full. Values that the browser refuses stay in memory while the page is open.
 */
class TextStorage {
	readonly #area: () => Storage;
	/** Values that the storage did not accept; null for a value that it did not remove. */
	readonly #memory = new Map<string, string | null>();

	constructor(area: () => Storage) {
		this.#area = area;
	}

	get(key: string): string | null {
		const value = this.#memory.get(key);
		if (value !== undefined) return value;
		try {
			return this.#area().getItem(key);
		} catch {
			return null;
		}
	}

	set(key: string, value: string): void {
		try {
			this.#area().setItem(key, value);
			this.#memory.delete(key);
		} catch {
			this.#memory.set(key, value);
		}
	}

	remove(key: string): void {
		try {
			this.#area().removeItem(key);
			this.#memory.delete(key);
		} catch {
			this.#memory.set(key, null);
		}
	}

	/** Removes every value whose key begins with `prefix`. */
	removeAll(prefix: string): void {
		const keys = new Set(this.#memory.keys());
		try {
			for (const key of Object.keys(this.#area())) keys.add(key);
		} catch {
			// The storage is blocked, so all values are in memory.
		}
		for (const key of keys) if (key.startsWith(prefix)) this.remove(key);
	}
}

/** Values for every page of this browser, until the user clears them. */
export const inBrowser = new TextStorage(() => localStorage);
/** Values for this tab: they outlive a reload, and end with the tab. */
export const inTab = new TextStorage(() => sessionStorage);
