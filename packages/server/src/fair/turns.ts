import { Rotation } from "./rotation.ts";

/** Milliseconds of this work in one turn of the event loop. */
const TURN_MS = 1;

/**
 * Divides work that can wait into turns of the event loop, and serves users in rotation. The rest of the process runs
 * between two turns, so this work delays it by at most one turn plus the longest single piece. While there is little
 * work, it runs immediately.
 */
export class Turns {
	readonly #line = new Rotation<() => void>();
	#spentMs = 0;
	#isScheduled = false;

	/**
	 * Runs `work` now if this turn has time left, otherwise in the owner's next turn.
	 * @param owner user id, or a different name for the cause of the work
	 * @param work must not throw
	 */
	run(owner: string, work: () => void): void {
		if (this.#line.size === 0 && this.#spentMs < TURN_MS) this.#do(work);
		else this.#line.push(owner, work);
		this.#schedule();
	}

	/**
	 * Runs `work` in the owner's next turn, never now. For work that continues with more of the same kind.
	 * @param work must not throw
	 */
	later(owner: string, work: () => void): void {
		this.#line.push(owner, work);
		this.#schedule();
	}

	/** Runs work that has a result, like {@link run}. The turn counts the time until `work` first waits. */
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
