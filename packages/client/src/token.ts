import { ChatError } from "./errors.ts";

/** Claims that a client needs from a token. The client verifies nothing; the server does. */
export interface Claims {
	readonly userId: string | undefined;
	/** Milliseconds since 1970. */
	readonly expiresAt: number | undefined;
	/** Lifetime of the token, in milliseconds. */
	readonly lifetimeMs: number | undefined;
}

/** Characters that a header and a subprotocol can hold. A JWT matches; HTML, JSON and text with spaces do not. */
const TOKEN = /^[\w!#$%&'*+./=^`|~-]+$/;
/** Time limit for the application's `token` function. After it, the token counts as not available. */
const FETCH_MS = 30_000;
const MOST_LEAD_MS = 5 * 60_000;
const LIFETIME_SHARE = 5;

/** Reads a JWT's claims. For any other token, all claims are undefined. */
export function claimsOf(token: string): Claims {
	let payload: Record<string, unknown> = {};
	try {
		const [, body = ""] = token.split(".");
		// The bytes are UTF-8, and only text that is not read here has other characters than ASCII.
		payload = JSON.parse(
			atob(body.replaceAll("-", "+").replaceAll("_", "/")),
		) as typeof payload;
	} catch {
		// An opaque token.
	}
	const { user_id, sub, exp, iat } = payload;
	const userId = user_id ?? sub;
	const expiresAt = typeof exp === "number" ? exp * 1000 : undefined;
	return {
		userId: typeof userId === "string" ? userId.toLowerCase() : undefined,
		expiresAt,
		lifetimeMs:
			expiresAt !== undefined && typeof iat === "number"
				? expiresAt - iat * 1000
				: undefined,
	};
}

/**
 * Returns the lead time of a renewal in milliseconds: five minutes or a fifth of the lifetime, whichever is less.
 */
export function leadMs(lifetimeMs: number): number {
	return Math.min(MOST_LEAD_MS, lifetimeMs / LIFETIME_SHARE);
}

/** Creates the error for text that cannot be a token. It does not repeat the text, which may contain a token. */
export function invalidToken(): ChatError {
	return new ChatError("invalid_token", "the token function returned no token");
}

/**
 * The user's tokens. Calls the application once for all waiting callers, and keeps the token until renewal is due.
 */
export class TokenSource {
	readonly #fetch: () => string | Promise<string>;
	readonly #userId: string | undefined;
	#token: string | undefined;
	/** Claims of the newest token. */
	claims: Claims = claimsOf("");
	#renewAt = 0;
	#pending: Promise<string> | undefined;

	/**
	 * Creates a source.
	 * @param userId the user to whom the tokens must belong, if known
	 * @throws {TypeError} if `fetch` is not a function
	 */
	constructor(
		fetch: () => string | Promise<string>,
		userId: string | undefined,
	) {
		if (typeof fetch !== "function")
			throw new TypeError("token must be a function");
		this.#fetch = fetch;
		this.#userId = userId?.toLowerCase();
	}

	/** The user to whom the tokens belong, once known. */
	get userId(): string | undefined {
		return this.#userId ?? this.claims.userId;
	}

	/**
	 * Returns a token that is not due for renewal, if the application has one.
	 * @param refused a token that the server rejected: not returned again without a new call of the application
	 * @throws {ChatError} `unauthorized` if there is no token, `invalid_token`, `other_user`
	 * @throws any error that the application's function throws
	 */
	get(refused?: string): Promise<string> {
		// The rejected token is deleted, because the next caller may not know that the server rejected it.
		if (this.#token === refused) this.#token = undefined;
		if (this.#token !== undefined && Date.now() < this.#renewAt)
			return Promise.resolve(this.#token);
		if (!this.#pending) {
			const pending = this.#renew().finally(() => {
				if (this.#pending === pending) this.abandon();
			});
			this.#pending = pending;
		}
		return this.#pending;
	}

	/** Abandons the pending call, so that the next caller starts a new call of the application. */
	abandon(): void {
		this.#pending = undefined;
	}

	async #renew(): Promise<string> {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const token: unknown = await Promise.race([
			this.#fetch(),
			new Promise((_, reject) => {
				timer = setTimeout(
					() => reject(new Error("the token function did not answer")),
					FETCH_MS,
				);
			}),
		]).finally(() => clearTimeout(timer));
		if (token === "") throw new ChatError("unauthorized", "no token");
		if (typeof token !== "string" || !TOKEN.test(token)) throw invalidToken();
		const claims = claimsOf(token);
		const known = this.userId;
		if (known !== undefined && claims.userId && claims.userId !== known)
			throw new ChatError("other_user", "token of another user");
		this.#token = token;
		this.claims = claims;
		const now = Date.now();
		// An opaque token is kept until the server rejects it.
		const expiresAt = claims.expiresAt ?? Number.POSITIVE_INFINITY;
		this.#renewAt =
			expiresAt - leadMs(claims.lifetimeMs ?? Math.max(0, expiresAt - now));
		return token;
	}
}
