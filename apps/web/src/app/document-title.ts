/** The title of the tab: how much there is to read elsewhere, where one is, and as whom: in `dev` one is several people. */
export function titled(
	where: string | undefined,
	who: string | undefined,
	unread: number,
): string {
	const parts = [where, who, "SecureConnect"].filter((it) => it !== undefined);
	return `${unread > 0 ? `(${unread}) ` : ""}${parts.join(" – ")}`;
}
