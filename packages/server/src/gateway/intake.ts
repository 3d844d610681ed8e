import type { Shares } from "../fair/shares.ts";

/** Part of the bytes on their way to the disk that one user may have. */
const EACH = 1 / 8;

/**
 * Counts the bytes from clients that are in memory: bytes that are received but not handled, and bytes on their way to
 * the disk. Says when the server must stop accepting more.
 */
export class Intake {
	readonly #shares: Shares;
	readonly #maxInFlight: number;
	readonly #inFlight = new Map<string, number>();
	readonly #waiting = new Map<string, (() => void)[]>();
	#allInFlight = 0;

	/**
	 * @param shares limits for received bytes
	 * @param maxInFlight maximum number of bytes of all users on their way to the disk; one user may have an eighth
	 */
	constructor(shares: Shares, maxInFlight: number) {
		this.#shares = shares;
		this.#maxInFlight = maxInFlight;
	}

	/**
	 * Counts received bytes.
	 * @param change may be negative
	 * @returns false if the user, or all users together, hold too much; then nothing was counted
	 */
	hold(userId: string, change: number): boolean {
		if (change > 0) return this.#shares.take(userId, change);
		this.#shares.give(userId, -change);
		return true;
	}

	/** Returns whether the user's next frames must wait until more is on disk. */
	isFull(userId: string): boolean {
		// Far below the limits no lookup is needed.
		if (this.#allInFlight < this.#maxInFlight * EACH) return false;
		return (
			this.#allInFlight >= this.#maxInFlight ||
			(this.#inFlight.get(userId) ?? 0) >= this.#maxInFlight * EACH
		);
	}

	/** Counts bytes that are now on their way to the disk. */
	begin(userId: string, bytes: number): void {
		this.#inFlight.set(userId, (this.#inFlight.get(userId) ?? 0) + bytes);
		this.#allInFlight += bytes;
	}

	/** Counts bytes that are on disk or were refused. */
	end(userId: string, bytes: number): void {
		const left = (this.#inFlight.get(userId) ?? 0) - bytes;
		if (left > 0) this.#inFlight.set(userId, left);
		else this.#inFlight.delete(userId);
		const half = this.#maxInFlight / 2;
		const wasOver = this.#allInFlight > half;
		this.#allInFlight -= bytes;
		if (this.#waiting.size === 0 || this.#allInFlight > half) return;
		// Other users wait only for the total.
		for (const waiting of wasOver ? [...this.#waiting.keys()] : [userId])
			if ((this.#inFlight.get(waiting) ?? 0) <= half * EACH)
				this.#wake(waiting);
	}

	/** Calls `resume` once, when half of the bytes that made {@link isFull} true are on disk. */
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
