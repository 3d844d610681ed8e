import { Rotation } from "./rotation.ts";

/** Milliseconds of such work in one turn of the event loop. */
const TURN_MS = 1;

/**
 * Cuts work that may wait into turns of the event loop, and serves users in rotation. Everything else that the process
 * does comes between two turns, so no amount of such work delays it by more than a turn and the longest single piece.
 * While there is little to do, work runs at once.
 */
export class Turns {
	readonly #line = new Rotation<() => void>();
	#spentMs = 0;
	#isScheduled = false;

	/**
	 * Runs `work` now if this turn has time left, or else in the owner's next turn.
	 * @param owner whose work it is: a user id, or another name for whoever causes it
	 * @param work must not throw
	 */
	run(owner: string, work: () => void): void {
		if (this.#line.size === 0 && this.#spentMs < TURN_MS) this.#do(work);
		else this.#line.push(owner, work);
		this.#schedule();
	}

	/**
	 * Runs `work` in the owner's next turn, never now: for work that goes on with more of the same.
	 * @param work must not throw
	 */
	later(owner: string, work: () => void): void {
		this.#line.push(owner, work);
		this.#schedule();
	}

	/** Like {@link run}, for work with a result. The time until `work` first waits counts. */
	take<T>(owner: string, work: () => Promise<T>): Promise<T> {
		return new Promise((resolve) => {
			this.run(owner, () => resolve(work()));
		});
	}

	#do(work: () => void): void {
		const began = performance.now();
		work();
		this.#spentMs += performance.now() - began;
	}

	#schedule(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		setImmediate(() => this.#next());
	}

	#next(): void {
		this.#isScheduled = false;
		this.#spentMs = 0;
		while (this.#spentMs < TURN_MS) {
			const work = this.#line.shift();
			if (!work) return;
			this.#do(work);
		}
		this.#schedule();
	}
}
