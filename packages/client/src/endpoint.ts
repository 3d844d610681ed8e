/** WebSocket and REST URLs, derived from the server's base URL. */
export interface Endpoint {
	/** The chat's URL, `ws:` or `wss:`, without a query. */
	readonly chat: string;
	/** The same URL for a plain request, `http:` or `https:`. */
	readonly probe: string;
	/** Prefix of REST paths such as `/v1/conversations`. */
	readonly rest: string;
}

const CHAT_PATH = "/v1/ws/chat";

/**
 * Derives the WebSocket and REST URLs from the server's base URL.
 * @param url `http(s):` or `ws(s):`, with or without the chat's path; a path before it is kept
 * @throws {TypeError} if `url` is not such a URL
 */
export function endpointOf(url: string): Endpoint {
	const [, base] =
		/^(?:http|ws)(s?:\/\/[^/?#]+[^?#]*?)\/*(?:\/v1\/ws\/chat)?$/.exec(url) ??
		[];
	if (base === undefined)
		throw new TypeError(`not a server's URL (https:// or wss://): ${url}`);
	const rest = `http${base}`;
	return { chat: `ws${base}${CHAT_PATH}`, probe: rest + CHAT_PATH, rest };
}
