import type { PresentUser } from "@secureconnect/client";
import { printableLine } from "./printable.ts";

/**
 * Returns digits that distinguish a UUID from others. Versions 1, 6 and 7 begin with the time, so that UUIDs of the
 * same minute begin alike; their last digits are random.
 */
export function shortId(id: string, digits: number): string {
	return /^.{14}[167]/.test(id) ? id.slice(-digits) : id.slice(0, digits);
}

/**
 * Display names of users. Names come from tokens, so two users may have the same name. In that case, and for a user
 * without a known name, digits of the user's id distinguish them.
 */
export class Names {
	readonly #names = new Map<string, string>();
	#version = 0;

	/** A different number after each change. */
	get version(): number {
		return this.#version;
	}

	know(users: Iterable<PresentUser>): void {
		for (const { userId, name } of users)
			if (name !== undefined) this.#learn(userId, name);
	}

	knowAll(names: ReadonlyMap<string, string>): void {
		for (const [userId, name] of names) this.#learn(userId, name);
	}

	/** Returns a name in one line, safe for a terminal: at most {@link MOST_CHARACTERS} characters and a mark. */
	of(userId: string): string {
		const name = this.#names.get(userId);
		if (name === undefined) return shortId(userId, 8);
		const isShared = [...this.#names].some(
			([id, other]) => other === name && id !== userId,
		);
		return isShared ? `${name}#${shortId(userId, 4)}` : name;
	}

	#learn(userId: string, name: string): void {
		const line = printableLine(name);
		const [...characters] = line;
		const shown = characters.slice(0, MOST_CHARACTERS).join("");
		if (shown === "" || shown === this.#names.get(userId)) return;
		this.#names.set(userId, shown);
		this.#version++;
	}
}

const MOST_CHARACTERS = 20;
