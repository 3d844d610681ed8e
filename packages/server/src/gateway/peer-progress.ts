import type { KernelQueue } from "./kernel-queue.ts";

/** Connection for which {@link PeerProgress} checks whether the peer takes bytes. */
export interface MeasuredConnection {
	/** Number of bytes that the kernel has accepted so far. */
	readonly bytesAccepted: number;
	/**
	 * Returns what the kernel holds for the peer; undefined if the kernel does not report it.
	 * @throws {Error} if the kernel cannot be asked now
	 */
	held(): Promise<KernelQueue | undefined>;
}

/** Result of one look at a peer. */
export interface Look {
	/** Number of bytes that the peer's kernel has acknowledged, of those accepted before the look. */
	readonly acknowledged: number;
	/** Whether several retransmissions got no answer from the peer's host. */
	readonly isLost: boolean;
}

/**
 * Measures how long a peer has acknowledged nothing. What this side's kernel accepts says little. For a host that is
 * gone, the kernel accepts bytes until its buffer is full. For a slow host it accepts them in steps of megabytes.
 */
export class PeerProgress {
	readonly #connection: MeasuredConnection;
	/** Time in milliseconds of {@link performance.now}. */
	#movedAt: number;
	#last: { readonly accepted: number; readonly held: number } | undefined;
	#acknowledged = 0;

	constructor(connection: MeasuredConnection, now: number) {
		this.#connection = connection;
		this.#movedAt = now;
	}

	/** Returns the milliseconds since the peer was last seen to take bytes. */
	stillMs(now: number): number {
		return now - this.#movedAt;
	}

	/** Records that the peer took bytes, or that this process could not have seen it. */
	moved(now: number): void {
		this.#movedAt = now;
	}

	/**
	 * Asks the kernel what the peer has acknowledged.
	 * @returns undefined if the kernel does not report it
	 * @throws {Error} if the kernel cannot be asked now
	 */
	async look(): Promise<Look | undefined> {
		const accepted = this.#connection.bytesAccepted;
		const queue = await this.#connection.held();
		if (!queue) return undefined;
		const held = queue.bytes;
		const acknowledged = accepted - held;
		const last = this.#last;
		// The kernel may have accepted part of a write, which `bytesAccepted` counts only when the write is complete. The
		// kernel then holds more bytes than before, because the peer made room.
		const tookPart =
			last?.accepted === accepted &&
			last.held !== held &&
			this.#connection.bytesAccepted === accepted;
		// Without an earlier look it is unknown when the peer took these bytes, so the first look counts as progress.
		if (!last || tookPart || acknowledged > this.#acknowledged)
			this.moved(performance.now());
		this.#last = { accepted, held };
		this.#acknowledged = Math.max(this.#acknowledged, acknowledged);
		return { acknowledged, isLost: queue.isLost };
	}
}
