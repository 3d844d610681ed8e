/**
 * The limits of the original protocol document: ten attempts, with delays that double from 1 s to 30 s. Each
 * attempt comes at most that delay after the previous one; on average after a third to a half of it.
 */
export const MAX_ATTEMPTS = 10;
const BASE_MS = 650;
const GROWTH = 1.6;
const MAX_MS = 15_000;
/**
 * After a connection is lost without a close frame, the server is probably available again: the first retry comes
 * early.
 */
const QUICK_MS = 350;

/**
 * The time since the drop is divided into stretches. Each stretch has one attempt at a random moment. Clients that
 * were dropped together therefore return evenly spread, regardless of the length of the outage. With independent
 * random delays the moments would drift apart: half of all clients would return in the first second, and a few half
 * a minute later.
 */
export interface Attempt {
	/** Milliseconds before the attempt. */
	readonly delayMs: number;
	/** Milliseconds of the stretch after the attempt. The next delay adds them. */
	readonly restMs: number;
}

/**
 * Computes the next attempt.
 * @param attempt number of failures since the last success; -1 for the first attempt after a lost connection
 * @param roll uniformly distributed random number from 0 to 1
 * @param restMs `restMs` of the previous attempt
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
