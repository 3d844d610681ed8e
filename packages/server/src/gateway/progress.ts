/** A connection of which it is asked whether its peer takes anything. */
export interface Taking {
	/** Bytes that the kernel has accepted so far. */
	readonly bytesAccepted: number;
	/** Bytes of these that the kernel still holds for the peer; undefined where it does not tell. */
	held(): Promise<number | undefined>;
}

/** Looked at more closely once it has seemed to take nothing for as long as this, and then as often. */
export const DOUBT_MS = 5000;

/**
 * Since when a peer has taken nothing. The kernel accepts in large steps, megabytes apart for a peer that is slow, so
 * what it holds is looked at too.
 */
export class Progress {
	readonly #connection: Taking;
	#accepted: number;
	#held: number | undefined;
	/** In {@link performance.now} milliseconds, as the next two. */
	#stillSince: number;
	#lookedAt: number;

	constructor(connection: Taking, now: number) {
		this.#connection = connection;
		this.#accepted = connection.bytesAccepted;
		this.#stillSince = now;
		this.#lookedAt = now;
	}

	/** Milliseconds since anything was seen to be taken. */
	stillMs(now: number): number {
		const { bytesAccepted } = this.#connection;
		if (bytesAccepted !== this.#accepted) this.moved(now);
		this.#accepted = bytesAccepted;
		return now - this.#stillSince;
	}

	/** Counts from `now` anew. */
	moved(now: number): void {
		this.#stillSince = now;
	}

	/** Looks at what the kernel holds, if it is time to. */
	doubt(now: number): void {
		if (this.stillMs(now) < DOUBT_MS || now - this.#lookedAt < DOUBT_MS) return;
		void this.look();
	}

	/** @returns bytes that the kernel holds; undefined where it does not tell */
	async look(): Promise<number | undefined> {
		this.#lookedAt = performance.now();
		const held = await this.#connection.held();
		// Up means that more was accepted, which takes that some was taken.
		if (this.#held !== undefined && held !== this.#held)
			this.moved(performance.now());
		this.#held = held;
		return held;
	}
}
