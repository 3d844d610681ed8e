/** Times and days as people here write them. Formatters are made once: making one takes longer than using it a thousand times. */
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const short = new Intl.DateTimeFormat(undefined, {
	day: "numeric",
	month: "short",
});

const DAY_MS = 86_400_000;

/** Of a time, milliseconds since 1970. */
export function timeOfDay(at: number): string {
	return clock.format(at);
}

function isSameDay(a: number, b: number): boolean {
	return new Date(a).toDateString() === new Date(b).toDateString();
}

/** `Today`, `Yesterday`, a weekday within the last six days, else the date. */
export function dayName(at: number, now = Date.now()): string {
	if (isSameDay(at, now)) return "Today";
	if (isSameDay(at, now - DAY_MS)) return "Yesterday";
	return now - at < 6 * DAY_MS && at < now
		? weekday.format(at)
		: date.format(at);
}

/** For a list, where there is little room. */
export function briefly(at: number, now = Date.now()): string {
	return isSameDay(at, now) ? clock.format(at) : short.format(at);
}
