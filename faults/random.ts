/** Creates a generator of numbers from 0 to 1, the same for the same seed (mulberry32). */
export type Random = () => number;

export function seeded(seed: number): Random {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Returns a whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
	return least + Math.floor(random() * (most - least + 1));
}

/** Returns one of several items with equal probability. */
export function oneOf<T>(random: Random, choices: readonly [T, ...T[]]): T {
	return choices[between(random, 0, choices.length - 1)] ?? choices[0];
}
