import { Shares } from "../fair/shares.ts";

interface Waiter {
	readonly bytes: number;
	readonly answer: (isRoom: boolean) => void;
	readonly timer: NodeJS.Timeout;
}

/** Time that a request waits for room before it is refused. */
const PATIENCE_MS = 5000;

/**
 * Bounds the bytes of answers that are being made or have not left the process, in all and per user. A request for
 * which there is no room waits in line behind the same user's others, and is refused when it has waited too long.
 */
export class Answers {
	readonly #shares: Shares;
	readonly #lines = new Map<string, Waiter[]>();

	/** @param total bytes for all users together; one may hold an eighth */
	constructor(total: number) {
		this.#shares = new Shares(total);
	}

	/** Bytes that are held now. */
	get used(): number {
		return this.#shares.used;
	}

	/** Takes bytes for a user's answer; resolves to false if there was no room for too long. */
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

	/** Gives back bytes that were taken, and lets in those who wait for them. */
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
