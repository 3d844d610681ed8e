import { Shares } from "../fair/shares.ts";

interface Waiter {
	readonly bytes: number;
	readonly answer: (isRoom: boolean) => void;
	readonly timer: NodeJS.Timeout;
}

/** Milliseconds that a request waits for room before it is refused. */
const PATIENCE_MS = 5000;

/**
 * Limits the bytes of answers that are in preparation or have not left the process, in total and per user. A request
 * without room waits behind the same user's earlier requests. It is refused if it waits too long.
 */
export class Answers {
	readonly #shares: Shares;
	readonly #lines = new Map<string, Waiter[]>();

	/** @param total bytes for all users together; one user may hold an eighth */
	constructor(total: number) {
		this.#shares = new Shares(total);
	}

	/** Returns the number of bytes held now. */
	get used(): number {
		return this.#shares.used;
	}

	/** Takes bytes for a user's answer. Resolves to false if there was no room for too long. */
	take(owner: string, bytes: number): Promise<boolean> {
		const line = this.#lines.get(owner);
		if (!line && this.#shares.take(owner, bytes)) return Promise.resolve(true);
		return new Promise((resolve) => {
			const waiter: Waiter = {
				bytes,
				answer: resolve,
				timer: setTimeout(() => this.#giveUp(owner, waiter), PATIENCE_MS),
			};
			if (line) line.push(waiter);
			else this.#lines.set(owner, [waiter]);
		});
	}

	/** Gives back taken bytes and admits the requests that wait for them. */
	give(owner: string, bytes: number): void {
		this.#shares.give(owner, bytes);
		for (const [waiting, line] of this.#lines) {
			let next = line[0];
			while (next && this.#shares.take(waiting, next.bytes)) {
				line.shift();
				clearTimeout(next.timer);
				next.answer(true);
				next = line[0];
			}
			if (!next) this.#lines.delete(waiting);
		}
	}

	#giveUp(owner: string, waiter: Waiter): void {
		const left = this.#lines.get(owner)?.filter((other) => other !== waiter);
		if (left?.length) this.#lines.set(owner, left);
		else this.#lines.delete(owner);
		waiter.answer(false);
	}
}
