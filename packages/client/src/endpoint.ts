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
	const [, base] =
		/^(?:http|ws)(s?:\/\/[^/?#]+[^?#]*?)\/*(?:\/v1\/ws\/chat)?$/.exec(url) ??
		[];
	if (base === undefined)
		throw new TypeError(`not a server's URL (https:// or wss://): ${url}`);
	const rest = `http${base}`;
	return { chat: `ws${base}${CHAT_PATH}`, probe: rest + CHAT_PATH, rest };
}
