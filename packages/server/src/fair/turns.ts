import { Rotation } from "./rotation.ts";
import type { Scheduler } from "./scheduler.ts";

/** Milliseconds of this work in one turn of the event loop. */
const TURN_MS = 1;

/**
 * Divides work that can wait into turns of the event loop, and serves users in rotation. The rest of the process runs
 * between two turns, so this work delays it by at most one turn plus the longest single piece. While there is little
 * work, it runs immediately.
 */
export class Turns {
	readonly #scheduler: Scheduler;
	readonly #line = new Rotation<() => void>();
	/** Time at which the first piece of this turn began; undefined before it. */
	#began: number | undefined;
	#isScheduled = false;

	constructor(scheduler: Scheduler) {
		this.#scheduler = scheduler;
	}

	/**
	 * Runs `work` now if this turn has time left, otherwise in the owner's next turn.
	 * @param owner user id, or a different name for the cause of the work
	 * @param work must not throw
	 */
	run(owner: string, work: () => void): void {
		if (this.#line.size === 0 && this.#hasTime()) work();
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

	/** Runs work that has a result, like {@link run}. What its caller does with the result is part of the turn. */
	take<T>(owner: string, work: () => Promise<T>): Promise<T> {
		return new Promise((resolve) => {
			this.run(owner, () => resolve(work()));
		});
	}

	/**
	 * Returns whether the turn has time left. All time since its first piece counts: what follows a piece in microtasks
	 * often takes longer than the piece.
	 */
	#hasTime(): boolean {
		const now = this.#scheduler.elapsed();
		this.#began ??= now;
		return now - this.#began < TURN_MS;
	}

	#schedule(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		this.#scheduler.nextTurn(() => {
			this.#began = undefined;
			this.#next();
		});
	}

	readonly #next = (): void => {
		const work = this.#hasTime() ? this.#line.shift() : undefined;
		if (work) {
			work();
			// Node calls this after all microtasks, so that the next piece sees the time that they took.
			queueMicrotask(() => process.nextTick(this.#next));
			return;
		}
		this.#isScheduled = false;
		if (this.#line.size > 0) this.#schedule();
		else this.#began = undefined;
	};
}
