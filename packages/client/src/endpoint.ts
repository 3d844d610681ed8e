/** Where a server is: what its chat and its REST API are called from there. */
export interface Endpoint {
	/** The chat's URL, `ws:` or `wss:`, without a query. */
	readonly chat: string;
	/** The same for a plain request, `http:` or `https:`. */
	readonly probe: string;
	/** What REST paths such as `/v1/conversations` come after. */
	readonly rest: string;
}

const CHAT_PATH = "/v1/ws/chat";

/**
 * @param url the server's, `http(s):` or `ws(s):`, with or without the chat's path; a path before that is kept.
 * @throws {TypeError} for one that is no such URL
 */
export function endpointOf(url: string): Endpoint {
	const { protocol, host, pathname } = new URL(url);
	const secure = /^(https|wss):$/.test(protocol);
	if (!secure && !/^(http|ws):$/.test(protocol))
		throw new TypeError(
			`the server's URL must begin with https: or wss:, not ${protocol}`,
		);
	const base = pathname.replace(/\/+$/, "").replace(CHAT_PATH, "");
	const at = (scheme: string): string =>
		`${scheme}${secure ? "s" : ""}://${host}${base}`;
	return {
		chat: at("ws") + CHAT_PATH,
		probe: at("http") + CHAT_PATH,
		rest: at("http"),
	};
}
