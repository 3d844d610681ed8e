import { ChatError, type ClientErrorCode } from "./errors.ts";
import type { TokenSource } from "./token.ts";

/** A connection may be dead, and a browser or Node would wait on it for minutes. */
const REQUEST_MS = 30_000;

/** What an answer's status means to every request. */
const CODES: Readonly<Record<number, ClientErrorCode>> = {
	401: "unauthorized",
	403: "forbidden",
	412: "epoch_changed",
};

/** Ends a request after so many milliseconds, also where the platform (React Native) has no `AbortSignal.timeout`. */
export function timeout(ms: number): AbortSignal {
	if (AbortSignal.timeout) return AbortSignal.timeout(ms);
	const stop = new AbortController();
	setTimeout(() => stop.abort(), ms);
	return stop.signal;
}

/** Requests to the REST API with the user's token; one that is refused is replaced once. */
export class Rest {
	readonly #base: string;
	readonly #tokens: TokenSource;

	constructor(base: string, tokens: TokenSource) {
		this.#base = base;
		this.#tokens = tokens;
	}

	/**
	 * Asks for a path under the server's URL: GET, unless `init` says otherwise.
	 * @returns a good answer, its body still to be read
	 * @throws {ChatError} `unauthorized`, `forbidden`, `epoch_changed`, `request_failed`
	 * @throws {TypeError} where the server cannot be reached
	 * @throws {DOMException} `TimeoutError` where there is no answer
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
