import { ChatError } from "./errors.ts";
import type { TokenSource } from "./token.ts";

/** A connection may be dead, and a browser or Node would wait on it for minutes. */
const REQUEST_MS = 30_000;

/** Requests to the REST API with the user's token; one that is refused is replaced once. */
export class Rest {
	readonly #base: string;
	readonly #tokens: TokenSource;

	constructor(base: string, tokens: TokenSource) {
		this.#base = base;
		this.#tokens = tokens;
	}

	/**
	 * Gets a path under the server's URL.
	 * @throws {ChatError} `unauthorized`, `forbidden`, `request_failed`
	 * @throws {TypeError} where the server cannot be reached
	 * @throws {DOMException} `TimeoutError` where there is no answer
	 */
	async get<T>(path: string): Promise<T> {
		const token = await this.#tokens.get();
		let response = await this.#fetch(path, token);
		if (response.status === 401)
			response = await this.#fetch(path, await this.#tokens.get(token));
		if (response.ok) return (await response.json()) as T;
		const { status } = response;
		throw new ChatError(
			status === 401
				? "unauthorized"
				: status === 403
					? "forbidden"
					: "request_failed",
			`GET ${path.split("?")[0]}: ${status} ${await response.text()}`,
			status,
		);
	}

	#fetch(path: string, token: string): Promise<Response> {
		return fetch(this.#base + path, {
			headers: { Authorization: `Bearer ${token}` },
			signal: AbortSignal.timeout(REQUEST_MS),
		});
	}
}
