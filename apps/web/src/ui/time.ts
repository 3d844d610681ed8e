/**
 * Formatters for times and days in the user's locale. They are created once, because creating a formatter takes longer
 * than a thousand calls.
 */
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const short = new Intl.DateTimeFormat(undefined, {
	day: "numeric",
	month: "short",
});
const shortWithYear = new Intl.DateTimeFormat(undefined, {
	dateStyle: "short",
});

/** Formats the time of day. @param at milliseconds since 1970 */
export function timeOfDay(at: number): string {
	return clock.format(at);
}

/** Counts the days since 1970 on the local calendar, where a day may have 23 or 25 hours. */
function dayNumber(at: number): number {
	const date = new Date(at);
	return (
		Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
	);
}

/** Returns `Today`, `Yesterday`, the weekday within the last six days, or the date. */
export function dayName(at: number, now = Date.now()): string {
	const ago = dayNumber(now) - dayNumber(at);
	if (ago === 0) return "Today";
	if (ago === 1) return "Yesterday";
	return ago > 1 && ago < 7 ? weekday.format(at) : date.format(at);
}

/** Returns the time for today, otherwise the date. A list has little room. */
export function briefly(at: number, now = Date.now()): string {
	if (dayNumber(at) === dayNumber(now)) return clock.format(at);
	const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
	return (isThisYear ? short : shortWithYear).format(at);
}
