/** Whether this run is `npm run test:long`. */
export const LONG = process.env.TEST_LONG === "1";

/** Returns the number of repetitions: `count`, or twenty times as many in `npm run test:long`. */
export function repeats(count: number): number {
	return LONG ? count * 20 : count;
}
