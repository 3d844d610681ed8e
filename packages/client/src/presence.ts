import type { ServerFrameOf } from "@secureconnect/protocol";

/** A user who is online. */
export interface PresentUser {
	readonly userId: string;
	/** The user's name from the token (rule TK-10). */
	readonly name: string | undefined;
}

/**
 * Tracks the users who are online, as far as the server reports them: it does not report each user of a large
 * conversation.
 */
export class PresentUsers {
	readonly #changed: () => void;
	readonly #users = new Map<string, PresentUser>();
	#count = 0;

	constructor(changed: () => void) {
		this.#changed = changed;
	}

	get users(): readonly PresentUser[] {
		return [...this.#users.values()];
	}
	/** Number of users online; may exceed the number listed. */
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
		// For users who are not listed, the server reports only their number.
		if (!isListed && this.#count <= this.#users.size) return;
		this.#count--;
		this.#changed();
	}
}
