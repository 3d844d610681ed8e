/**
 * Tracks which users are online in a conversation. It counts users, not connections. A grace period hides short
 * absences.
 */
import type { Scheduler, Timer } from "../fair/scheduler.ts";

interface OnlineUser {
	name: string | undefined;
	connections: number;
	leaving: Timer | undefined;
}

export interface PresenceEvents {
	left(userId: string): void;
	/** No user is online, and no grace period is running. */
	empty(): void;
}

/** How a connection ended. After `left` the user is offline immediately, after `lost` when the grace period ends. */
export type Departure = "left" | "lost";

export class ConversationPresence {
	readonly #users = new Map<string, OnlineUser>();
	readonly #scheduler: Scheduler;
	readonly #graceMs: number;
	readonly #events: PresenceEvents;

	constructor(scheduler: Scheduler, graceMs: number, events: PresenceEvents) {
		this.#scheduler = scheduler;
		this.#graceMs = graceMs;
		this.#events = events;
	}

	get count(): number {
		return this.#users.size;
	}

	has(userId: string): boolean {
		return this.#users.has(userId);
	}

	/** Returns the online users in order of arrival. */
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

	/** Counts a connection in. Returns true if the user was offline. A user within the grace period counts as online. */
	enter(userId: string, name: string | undefined): boolean {
		const user = this.#users.get(userId);
		if (!user) {
			this.#users.set(userId, { name, connections: 1, leaving: undefined });
			return true;
		}
		this.#scheduler.cancel(user.leaving);
		user.leaving = undefined;
		user.connections++;
		user.name = name ?? user.name;
		return false;
	}

	/** Changes the name of an online user without an event. */
	rename(userId: string, name: string): void {
		const user = this.#users.get(userId);
		if (user) user.name = name;
	}

	/** Counts a connection out. After the user's last connection it starts the grace period or sets the user offline. */
	leave(userId: string, how: Departure): void {
		const user = this.#users.get(userId);
		if (!user || --user.connections > 0) return;
		if (how === "left" || this.#graceMs === 0) this.#end(userId);
		else
			user.leaving = this.#scheduler.after(this.#graceMs, () =>
				this.#end(userId),
			);
	}

	#end(userId: string): void {
		this.#users.delete(userId);
		this.#events.left(userId);
		if (this.#users.size === 0) this.#events.empty();
	}
}
