/**
 * Builds the title of the tab: unread count, conversation, and user name. The name matters in `dev`, where several
 * users share a browser.
 */
export function titled(
	where: string | undefined,
	who: string | undefined,
	unread: number,
): string {
	const parts = [where, who, "SecureConnect"].filter((it) => it !== undefined);
	return `${unread > 0 ? `(${unread}) ` : ""}${parts.join(" – ")}`;
}
