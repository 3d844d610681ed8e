import type { KernelQueue } from "./kernel-queue.ts";

/** A connection of which it is asked whether its peer takes anything. */
export interface Taking {
	/** Bytes that the kernel has accepted so far. */
	readonly bytesAccepted: number;
	/**
	 * What the kernel holds for the peer; undefined where it does not tell.
	 * @throws {Error} where it could not be asked now
	 */
	held(): Promise<KernelQueue | undefined>;
}

/** What a look has found. */
export interface Look {
	/** Bytes that the peer's kernel has acknowledged, of those accepted before the look. */
	readonly acknowledged: number;
	/** Whether nothing has come from the peer's host for several tries. */
	readonly isLost: boolean;
}

/**
 * Since when a peer has acknowledged nothing. That this side's kernel accepts more says little: it does so for a host that is gone, until
 * its buffer is full, and in steps of megabytes for one that is slow.
 */
export class Progress {
	readonly #connection: Taking;
	/** In {@link performance.now} milliseconds. */
	#movedAt: number;
	#last: { readonly accepted: number; readonly held: number } | undefined;
	#acknowledged = 0;

	constructor(connection: Taking, now: number) {
		this.#connection = connection;
		this.#movedAt = now;
	}

	/** Milliseconds since the peer was seen to take anything. */
	stillMs(now: number): number {
		return now - this.#movedAt;
	}

	/** It has been seen to, or nobody could have seen it. */
	moved(now: number): void {
		this.#movedAt = now;
	}

	/**
	 * @returns undefined where the kernel does not tell
	 * @throws {Error} where it could not be asked now
	 */
	async look(): Promise<Look | undefined> {
		const accepted = this.#connection.bytesAccepted;
		const queue = await this.#connection.held();
		if (!queue) return undefined;
		const held = queue.bytes;
		const acknowledged = accepted - held;
		const last = this.#last;
		// Part of a write may have been accepted, which counts once all of it has: then the kernel holds more, because it had room for more.
		const tookPart =
			last?.accepted === accepted &&
			last.held !== held &&
			this.#connection.bytesAccepted === accepted;
		// What was taken before the first look nobody saw.
		if (!last || tookPart || acknowledged > this.#acknowledged)
			this.moved(performance.now());
		this.#last = { accepted, held };
		this.#acknowledged = Math.max(this.#acknowledged, acknowledged);
		return { acknowledged, isLost: queue.isLost };
	}
}
