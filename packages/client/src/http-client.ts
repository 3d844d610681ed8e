import { ChatError, type ClientErrorCode } from "./errors.ts";
import type { TokenSource } from "./token.ts";

/** Time limit for a request. On a dead connection, a browser or Node would otherwise wait for minutes. */
const REQUEST_MS = 30_000;

/** Error codes by HTTP status, the same for every request. */
const CODES: Readonly<Record<number, ClientErrorCode>> = {
	401: "unauthorized",
	403: "forbidden",
	404: "not_found",
	412: "epoch_changed",
};

/** Creates a signal that aborts after `ms`, also on platforms without `AbortSignal.timeout` (React Native). */
export function timeout(ms: number): AbortSignal {
	if (AbortSignal.timeout) return AbortSignal.timeout(ms);
	const stop = new AbortController();
	setTimeout(() => stop.abort(), ms);
	return stop.signal;
}

/** Builds a query without the fields that are undefined. */
export function queryOf(
	fields: Readonly<Record<string, string | number | undefined>>,
): URLSearchParams {
	return new URLSearchParams(
		JSON.parse(JSON.stringify(fields)) as Record<string, string>,
	);
}

/** Sends REST requests with the user's token. Replaces a rejected token once. */
export class HttpClient {
	readonly #base: string;
	readonly #tokens: TokenSource;

	constructor(base: string, tokens: TokenSource) {
		this.#base = base;
		this.#tokens = tokens;
	}

	/**
	 * Requests a path under the server's URL: GET unless `init` sets a different method.
	 * @returns a successful response with an unread body
	 * @throws {ChatError} `unauthorized`, `forbidden`, `epoch_changed`, `request_failed`
	 * @throws {TypeError} if the server cannot be reached
	 * @throws {DOMException} `TimeoutError` if there is no answer
	 */
	async request(path: string, init?: RequestInit): Promise<Response> {
		const attempt = (token: string): Promise<Response> =>
			fetch(this.#base + path, {
				...init,
				headers: { Authorization: `Bearer ${token}` },
				signal: timeout(REQUEST_MS),
			});
		const token = await this.#tokens.get();
		let response = await attempt(token);
		if (response.status === 401)
			response = await attempt(await this.#tokens.get(token));
		if (response.ok) return response;
		const { status } = response;
		throw new ChatError(
			CODES[status] ?? "request_failed",
			`${path.split("?")[0]}: ${status} ${await response.text()}`,
			status,
		);
	}
}
