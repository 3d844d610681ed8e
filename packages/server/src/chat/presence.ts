/** Who is on line in one conversation, by user and not by connection, with a grace that hides short absences. */

interface Presence {
	name: string | undefined;
	connections: number;
	leaving: NodeJS.Timeout | undefined;
}

export interface PresenceEvents {
	left(userId: string): void;
	/** Nobody is on line, and nobody's grace is running. */
	empty(): void;
}

/** How a connection ended: `left` shows at once, `lost` after the grace. */
export type Departure = "left" | "lost";

export class ConversationPresence {
	readonly #users = new Map<string, Presence>();
	readonly #graceMs: number;
	readonly #events: PresenceEvents;

	constructor(graceMs: number, events: PresenceEvents) {
		this.#graceMs = graceMs;
		this.#events = events;
	}

	get count(): number {
		return this.#users.size;
	}

	has(userId: string): boolean {
		return this.#users.has(userId);
	}

	/** Users on line, first come first. */
	users(limit = Number.POSITIVE_INFINITY): {
		userId: string;
		name: string | undefined;
	}[] {
		const users = [];
		for (const [userId, { name }] of this.#users) {
			if (users.length >= limit) break;
			users.push({ userId, name });
		}
		return users;
	}

	/** Counts a connection in. True if the user was not on line, nor absent for less than the grace. */
	enter(userId: string, name: string | undefined): boolean {
		const user = this.#users.get(userId);
		if (!user) {
			this.#users.set(userId, { name, connections: 1, leaving: undefined });
			return true;
		}
		clearTimeout(user.leaving);
		user.leaving = undefined;
		user.connections++;
		user.name = name ?? user.name;
		return false;
	}

	/** Changes the name of a user who is on line; nobody is told. */
	rename(userId: string, name: string): void {
		const user = this.#users.get(userId);
		if (user) user.name = name;
	}

	/** Counts a connection out; the last one starts the grace, or ends the presence. */
	leave(userId: string, how: Departure): void {
		const user = this.#users.get(userId);
		if (!user || --user.connections > 0) return;
		if (how === "left" || this.#graceMs === 0) this.#end(userId);
		else
			user.leaving = setTimeout(() => this.#end(userId), this.#graceMs).unref();
	}

	#end(userId: string): void {
		this.#users.delete(userId);
		this.#events.left(userId);
		if (this.#users.size === 0) this.#events.empty();
	}
}
