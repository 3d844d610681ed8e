/** Whether this is `npm run test:long`. */
export const LONG = process.env.TEST_LONG === "1";

/** How often to repeat: `count`, or twenty times as often in `npm run test:long`. */
export function repeats(count: number): number {
	return LONG ? count * 20 : count;
}
