/** Formats RFC 3339 times of the wire in the local time zone. */

/** `2026-11-24 23:50:21` */
export function dateAndTime(timestamp: string): string {
	const at = new Date(timestamp);
	const seconds = String(at.getSeconds()).padStart(2, "0");
	return `${dateOf(at)} ${timeOf(at)}:${seconds}`;
}

/** `2026-11-24` */
export function dateOf(at: Date): string {
	const month = String(at.getMonth() + 1).padStart(2, "0");
	const day = String(at.getDate()).padStart(2, "0");
	return `${at.getFullYear()}-${month}-${day}`;
}

/** `23:50` */
export function timeOf(at: Date): string {
	const hours = String(at.getHours()).padStart(2, "0");
	const minutes = String(at.getMinutes()).padStart(2, "0");
	return `${hours}:${minutes}`;
}

/** `Tue` */
export function weekdayOf(at: Date): string {
	return at.toLocaleDateString("en", { weekday: "short" });
}
