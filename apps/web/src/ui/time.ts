/**
 * Times and days as people here write them. Formatters are made once: making one takes longer than using it a thousand
 * times.
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

/** Of a time, milliseconds since 1970. */
export function timeOfDay(at: number): string {
	return clock.format(at);
}

/** Days since 1970 on the local calendar. A day may have 23 or 25 hours. */
function dayNumber(at: number): number {
	const date = new Date(at);
	return (
		Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
	);
}

/** `Today`, `Yesterday`, a weekday within the last six days, else the date. */
export function dayName(at: number, now = Date.now()): string {
	const ago = dayNumber(now) - dayNumber(at);
	if (ago === 0) return "Today";
	if (ago === 1) return "Yesterday";
	return ago > 1 && ago < 7 ? weekday.format(at) : date.format(at);
}

/** The time of today, else the date: for a list, where there is little room. */
export function briefly(at: number, now = Date.now()): string {
	if (dayNumber(at) === dayNumber(now)) return clock.format(at);
	const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
	return (isThisYear ? short : shortWithYear).format(at);
}
