/** The protocol document's: ten attempts, each at most its 1 s doubling to 30 s after the one before; on average a third to a half of it. */
export const MAX_ATTEMPTS = 10;
const BASE_MS = 650;
const GROWTH = 1.6;
const MAX_MS = 15_000;
/** After a connection was lost without a word the server is most likely there again: the first retry is soon. */
const QUICK_MS = 350;

/**
 * The time since the drop is cut into stretches, and each has one attempt, at a random moment of it. So clients that were
 * dropped together come back evenly spread, however long the server was away. Were each delay drawn by itself, the
 * moments would drift apart: half of all would come in the first second, and a few half a minute later.
 */
export interface Attempt {
	/** Milliseconds before it. */
	readonly delayMs: number;
	/** Milliseconds of its stretch after it, which the next delay has before its own. */
	readonly restMs: number;
}

/**
 * @param attempt how many have failed since one succeeded; -1 for the first after a connection was lost
 * @param roll from 0 to 1, evenly spread
 * @param restMs of the attempt before
 */
export function attemptAfter(
	attempt: number,
	roll: number,
	restMs: number,
): Attempt {
	const stretch =
		attempt < 0 ? QUICK_MS : Math.min(BASE_MS * GROWTH ** attempt, MAX_MS);
	return { delayMs: restMs + roll * stretch, restMs: (1 - roll) * stretch };
}
