const HOUR_MS = 3_600_000;
/** Hour at which a conversation that is muted until tomorrow notifies again. */
const MORNING = 8;

/** Choices of the menu Mute: words and the end of the silence, in milliseconds since 1970. */
export function muteTimes(now: number): readonly (readonly [string, number])[] {
	return [
		["For 1 hour", now + HOUR_MS],
		["For 8 hours", now + 8 * HOUR_MS],
		["Until tomorrow", tomorrow(now)],
		["For ever", Number.POSITIVE_INFINITY],
	];
}

/** Returns the next local day's morning. A day may have 23 or 25 hours. */
function tomorrow(now: number): number {
	const date = new Date(now);
	return new Date(
		date.getFullYear(),
		date.getMonth(),
		date.getDate() + 1,
		MORNING,
	).getTime();
}
