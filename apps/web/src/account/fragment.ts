/**
 * Reads the token that another page passed in the fragment, `#token=...&conversation=...`, and removes it from the
 * address. The token then appears neither in the history nor on the screen. Browsers never send a fragment to a server.
 */
export function takeFragment(): {
	readonly token: string | undefined;
} {
	const given = new URLSearchParams(location.hash.slice(1));
	const token = given.get("token") ?? undefined;
	if (token !== undefined) {
		const conversation = given.get("conversation");
		history.replaceState(
			null,
			"",
			`${location.pathname}${location.search}${conversation ? `#/${conversation}` : ""}`,
		);
	}
	return { token };
}
