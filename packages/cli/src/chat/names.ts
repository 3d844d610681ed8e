import type { PresentUser } from "@secureconnect/client";
import { printableLine } from "./printable.ts";

/**
 * Digits of a UUID that tell it from others. Versions 1, 6 and 7 begin with the time: those made within a minute begin
 * alike, and their last digits are random.
 */
export function shortId(id: string, digits: number): string {
	return /^.{14}[167]/.test(id) ? id.slice(-digits) : id.slice(0, digits);
}

/**
 * What to call whom. A name is what a token says, so two may have the same: then, and where none is known, digits of
 * the user's id tell them apart.
 */
export class Names {
	readonly #names = new Map<string, string>();

	know(users: Iterable<PresentUser>): void {
		for (const { userId, name } of users)
			if (name !== undefined) this.#learn(userId, name);
	}

	knowAll(names: ReadonlyMap<string, string>): void {
		for (const [userId, name] of names) this.#learn(userId, name);
	}

	/** One line, fit for a terminal, of at most {@link MOST_CHARACTERS} and a mark. */
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
		if (shown !== "") this.#names.set(userId, shown);
	}
}

const MOST_CHARACTERS = 20;
