/** The protocol document's schedule: 1 s doubling to 30 s, ten attempts. */
export const MAX_ATTEMPTS = 10;
const BASE_MS = 1000;
const MAX_MS = 30_000;
/** After a connection was lost without a word the server is most likely there again: the first retry is soon. */
const QUICK_MS = 500;

/**
 * Milliseconds before an attempt, with full jitter, so that clients that were dropped together do not come back together.
 * @param attempt how many have failed since one succeeded
 * @param roll from 0 to 1, evenly spread
 */
export function backoffMs(attempt: number, roll: number): number {
	return roll * Math.min(BASE_MS * 2 ** attempt, MAX_MS);
}

/** Milliseconds before the first attempt after a connection was lost. */
export function quickMs(roll: number): number {
	return roll * QUICK_MS;
}
