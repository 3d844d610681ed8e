/** Timer that a {@link Scheduler} has set. */
export type Timer = object;

/**
 * Clocks, timers and turns of the event loop. Everything that waits in the server waits through a scheduler, so that a
 * simulation decides in which order things happen, and can repeat it.
 */
export interface Scheduler {
	/** Returns wall-clock time in milliseconds since 1970. It may jump. */
	now(): number;
	/** Returns milliseconds of a clock that never goes back. */
	elapsed(): number;
	/** Calls `work` once after `ms` milliseconds. The timer does not keep the process running. */
	after(ms: number, work: () => void): Timer;
	/** Calls `work` every `ms` milliseconds. The timer does not keep the process running. */
	every(ms: number, work: () => void): Timer;
	/** Cancels a timer. Does nothing for `undefined`, and for a timer that has ended. */
	cancel(timer: Timer | undefined): void;
	/** Calls `work` in the next turn of the event loop, after the I/O of this turn. */
	nextTurn(work: () => void): void;
}

/** Scheduler of the process. It calls the global functions by name, so that tests can replace them. */
export const processScheduler: Scheduler = {
	now: () => Date.now(),
	elapsed: () => performance.now(),
	after: (ms, work) => setTimeout(work, ms).unref(),
	every: (ms, work) => setInterval(work, ms).unref(),
	cancel: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
	nextTurn: (work) => void setImmediate(work),
};
