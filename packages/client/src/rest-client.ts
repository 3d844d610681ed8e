import type { HttpError } from "@secureconnect/protocol";
import { fromWire, wireKey, withKeys } from "@secureconnect/protocol/wire";
import { ChatError, type ClientErrorCode } from "./errors.ts";
import type { HttpClient } from "./http-client.ts";
import type { TokenSource } from "./token.ts";

/** Sends requests about conversations, with bodies in camelCase. Every failure is a {@link ChatError}. */
export class RestClient {
	readonly http: HttpClient;
	readonly #tokens: TokenSource;

	constructor(http: HttpClient, tokens: TokenSource) {
		this.http = http;
		this.#tokens = tokens;
	}

	/** Requests a path under `/v1/conversations`. Returns a successful response with an unread body. */
	request(path: string, method = "GET", body?: unknown): Promise<Response> {
		return this.attempt(() =>
			this.http.request(`/v1/conversations${path}`, {
				method,
				// A blob sets the content type of the request.
				...(body === undefined ? {} : { body: json(body) }),
			}),
		);
	}

	/** Requests a path and reads the answer, which has the type `T`. */
	async read<T>(path: string, method?: string, body?: unknown): Promise<T> {
		const response = await this.request(path, method, body);
		return this.attempt(async () => fromWire(await response.json()) as T);
	}

	/** Runs `work`. @throws {ChatError} for each of its failures */
	async attempt<T>(work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (error) {
			throw refusal(error);
		}
	}

	/** Returns the user's id. @throws {ChatError} `bad_request` if the tokens do not name the user */
	userId(): Promise<string> {
		return this.attempt(async () => {
			await this.#tokens.get();
			const { userId } = this.#tokens;
			if (userId === undefined)
				throw new ChatError("bad_request", "the token names no user");
			return userId;
		});
	}
}

function json(body: unknown): Blob {
	return new Blob([JSON.stringify(withKeys(body, wireKey))], {
		type: "application/json",
	});
}

/** Statuses of a request that the server does not accept as it is. */
const BAD = [400, 405, 415, 422];

/** Typed by the protocol's constants without importing them, so that a page does not load the whole package. */
const FULL: (typeof HttpError)["tooManyParticipants"] = "too many participants";
const UNANSWERED: (typeof HttpError)["tooManyUnansweredAdditions"] =
	"too many unanswered additions";
const LAST_OWNER: (typeof HttpError)["lastOwner"] = "last owner";

/** Returns the code for a refusal that {@link HttpClient} does not map; undefined if it may be temporary. */
function codeOf({
	message,
	status = 0,
}: ChatError): ClientErrorCode | undefined {
	if (BAD.includes(status)) return "bad_request";
	if (status === 413) return "too_large";
	// All other statuses may be temporary.
	if (status !== 409) return undefined;
	if (message.includes(FULL)) return "conversation_full";
	if (message.includes(LAST_OWNER)) return "last_owner";
	return message.includes(UNANSWERED) ? "too_many_additions" : "conflict";
}

/**
 * Converts a failure without a valid answer. `fetch` and the application's `token` throw arbitrary values; `cause`
 * keeps them.
 */
function refusal(error: unknown): ChatError {
	if (error instanceof ChatError) {
		const code = error.code === "request_failed" && codeOf(error);
		return code ? new ChatError(code, error.message, error.status) : error;
	}
	const why = error instanceof Error ? error.message : String(error);
	return Object.assign(new ChatError("request_failed", why), { cause: error });
}
