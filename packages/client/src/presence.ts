import type { ServerFrameOf } from "@secureconnect/protocol";

/** Somebody who is on line. */
export interface PresentUser {
	readonly userId: string;
	/** As the user's token calls them (rule TK-10). */
	readonly name: string | undefined;
}

/** Who is on line, as far as the server says: a conversation of thousands is not told of each. */
export class Presence {
	readonly #changed: () => void;
	readonly #users = new Map<string, PresentUser>();
	#count = 0;

	constructor(changed: () => void) {
		this.#changed = changed;
	}

	get users(): readonly PresentUser[] {
		return [...this.#users.values()];
	}
	/** May be more than are listed. */
	get count(): number {
		return this.#count;
	}

	welcome({
		present,
		presentCount,
	}: Pick<ServerFrameOf["welcome"], "present" | "presentCount">): void {
		this.#users.clear();
		for (const { userId, name } of present)
			this.#users.set(userId, { userId, name });
		this.#count = presentCount;
		this.#changed();
	}

	joined({ senderId, name }: ServerFrameOf["user_joined"]): void {
		if (this.#users.has(senderId)) return;
		this.#users.set(senderId, { userId: senderId, name });
		this.#count++;
		this.#changed();
	}

	left({ senderId }: ServerFrameOf["user_left"]): void {
		const isListed = this.#users.delete(senderId);
		// Of those who are not listed only the number is known.
		if (!isListed && this.#count <= this.#users.size) return;
		this.#count--;
		this.#changed();
	}
}
