import type { PresentUser } from "@secureconnect/client";
import { printableLine } from "./printable.ts";

/**
 * What to call whom. A name is what a token says, so two may have the same: then, and where none is known, the beginning of
 * the user's id tells them apart.
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
		if (name === undefined) return userId.slice(0, 8);
		const isShared = [...this.#names].some(
			([id, other]) => other === name && id !== userId,
		);
		return isShared ? `${name}#${userId.slice(0, 4)}` : name;
	}

	#learn(userId: string, name: string): void {
		const line = printableLine(name);
		const [...characters] = line;
		const shown = characters.slice(0, MOST_CHARACTERS).join("");
		if (shown !== "") this.#names.set(userId, shown);
	}
}

const MOST_CHARACTERS = 20;
