import type { ServerFrameOf } from "@secureconnect/protocol";

/** Somebody who is on line. */
export interface PresentUser {
	readonly userId: string;
	/** As the user's token calls them (rule TK-10). */
	readonly name: string | undefined;
}

/** Who is on line, as far as the server says: a conversation of thousands is not told of each. */
export class Presence {
	readonly #users = new Map<string, PresentUser>();
	#count = 0;

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
	}

	/** False where that was known. */
	joined({ senderId, name }: ServerFrameOf["user_joined"]): boolean {
		if (this.#users.has(senderId)) return false;
		this.#users.set(senderId, { userId: senderId, name });
		this.#count++;
		return true;
	}

	left({ senderId }: ServerFrameOf["user_left"]): boolean {
		const isListed = this.#users.delete(senderId);
		// Of those who are not listed only the number is known.
		if (!isListed && this.#count <= this.#users.size) return false;
		this.#count--;
		return true;
	}
}
