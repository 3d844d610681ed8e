import type { Shares } from "../fair/shares.ts";

/** One user's part of what may be on its way to the disk. */
const EACH = 1 / 8;

/**
 * Counts the bytes that clients have sent and that are still in memory: received and not handled, and handled and on
 * their way to the disk. Says where no more may come in.
 */
export class Intake {
	readonly #shares: Shares;
	readonly #maxInFlight: number;
	readonly #inFlight = new Map<string, number>();
	readonly #waiting = new Map<string, (() => void)[]>();
	#allInFlight = 0;

	/**
	 * @param shares for what was received
	 * @param maxInFlight bytes of all users that may be on their way to the disk; one user may have an eighth
	 */
	constructor(shares: Shares, maxInFlight: number) {
		this.#shares = shares;
		this.#maxInFlight = maxInFlight;
	}

	/**
	 * Counts bytes that were received.
	 * @param change may be negative
	 * @returns false where a user, or all of them, hold too much; then nothing was counted
	 */
	hold(userId: string, change: number): boolean {
		if (change > 0) return this.#shares.take(userId, change);
		this.#shares.give(userId, -change);
		return true;
	}

	/** Whether nothing more of a user may be handled until more is on disk. */
	isFull(userId: string): boolean {
		// Far from any bound there is nothing to look up.
		if (this.#allInFlight < this.#maxInFlight * EACH) return false;
		return (
			this.#allInFlight >= this.#maxInFlight ||
			(this.#inFlight.get(userId) ?? 0) >= this.#maxInFlight * EACH
		);
	}

	/** Bytes are on their way to the disk. */
	begin(userId: string, bytes: number): void {
		this.#inFlight.set(userId, (this.#inFlight.get(userId) ?? 0) + bytes);
		this.#allInFlight += bytes;
	}

	/** They have arrived, or were refused. */
	end(userId: string, bytes: number): void {
		const left = (this.#inFlight.get(userId) ?? 0) - bytes;
		if (left > 0) this.#inFlight.set(userId, left);
		else this.#inFlight.delete(userId);
		const half = this.#maxInFlight / 2;
		const wasOver = this.#allInFlight > half;
		this.#allInFlight -= bytes;
		if (this.#waiting.size === 0 || this.#allInFlight > half) return;
		// Other users wait for the total alone.
		for (const waiting of wasOver ? [...this.#waiting.keys()] : [userId])
			if ((this.#inFlight.get(waiting) ?? 0) <= half * EACH)
				this.#wake(waiting);
	}

	/** Calls back once, when half of what made {@link isFull} true is on disk. */
	whenRoom(userId: string, resume: () => void): void {
		const waiting = this.#waiting.get(userId);
		if (waiting) waiting.push(resume);
		else this.#waiting.set(userId, [resume]);
	}

	#wake(userId: string): void {
		const resumes = this.#waiting.get(userId) ?? [];
		this.#waiting.delete(userId);
		for (const resume of resumes) resume();
	}
}
