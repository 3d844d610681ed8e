/**
 * Takes what another page handed over in the address, `#token=...&conversation=...`, out of it at once: neither the
 * history nor somebody who looks at the screen shall have the token. What is behind `#` is never sent to a server.
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
