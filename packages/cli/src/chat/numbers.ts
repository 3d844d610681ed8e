/**
 * Numbers by which the user names the messages on the screen. A message keeps its number until {@link clear}, so that a
 * command cannot change a different message because a new one arrived meanwhile.
 */
export class Numbers {
	readonly #numbers = new Map<string, number>();

	/** Returns the number of a message. The first call gives it the next free number, counted from 1. */
	give(key: string): number {
		const number = this.#numbers.get(key) ?? this.#numbers.size + 1;
		this.#numbers.set(key, number);
		return number;
	}

	/** Returns the number of a message; undefined if it has none. */
	of(key: string): number | undefined {
		return this.#numbers.get(key);
	}

	/** Returns the key of the message with a number; undefined if there is none. */
	keyOf(number: number): string | undefined {
		for (const [key, own] of this.#numbers) if (own === number) return key;
		return undefined;
	}

	clear(): void {
		this.#numbers.clear();
	}
}
