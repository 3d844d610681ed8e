const END = "%3C/svg%3E";
const DOT = "%3Ccircle cx='24' cy='8' r='8' fill='%23d92d20'/%3E";

/** Adds a dot to the icon of the tab while messages are unread. */
export function showInIcon(isUnread: boolean): void {
	const icon = document.querySelector('link[rel="icon"]');
	const plain = icon?.getAttribute("href")?.replace(DOT, "");
	if (plain !== undefined)
		icon?.setAttribute(
			"href",
			isUnread ? plain.replace(END, DOT + END) : plain,
		);
}
