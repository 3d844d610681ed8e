/** The title of the tab: how much there is to read elsewhere, and where one is. */
export function titled(where: string, unread: number): string {
	return unread > 0 ? `(${unread}) ${where}` : where;
}
