import { randomInt } from "node:crypto";
import { LONG } from "./long.ts";

/**
 * Returns the seed of a test. `npm test` repeats the same run each time; `npm run test:long` searches with a new seed.
 * @param variable environment variable that sets the seed, to repeat a run
 */
export function seedFrom(variable: string, short = 1): number {
	return Number(process.env[variable] ?? (LONG ? randomInt(2 ** 31) : short));
}

/** Creates a generator of numbers from 0 to 1 that repeats for the same seed (mulberry32). */
export function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}
