import { ChatError } from "./errors.ts";

/** What a token says of itself, as far as a client needs it. Nothing is verified: that is the server's part. */
export interface Claims {
	readonly userId: string | undefined;
	/** Milliseconds since 1970. */
	readonly expiresAt: number | undefined;
	/** Milliseconds for which it was made. */
	readonly lifetimeMs: number | undefined;
}

/** What a header and a subprotocol can hold, and a JWT is; HTML, JSON and text with spaces are none. */
const TOKEN = /^[\w!#$%&'*+./=^`|~-]+$/;
/** How long an application may need for a token before it counts as one that could not be had. */
const FETCH_MS = 30_000;
const MOST_LEAD_MS = 5 * 60_000;
const LIFETIME_SHARE = 5;

/** Reads a JWT's claims; of a token that is none there is nothing to know. */
export function claimsOf(token: string): Claims {
	let payload: Record<string, unknown> = {};
	try {
		const [, body = ""] = token.split(".");
		const bytes = atob(body.replaceAll("-", "+").replaceAll("_", "/"));
		payload = JSON.parse(
			new TextDecoder().decode(
				Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)),
			),
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

/** Milliseconds before its end at which a token is renewed: five minutes or a fifth of its life, whichever is less. */
export function leadMs(lifetimeMs: number): number {
	return Math.min(MOST_LEAD_MS, lifetimeMs / LIFETIME_SHARE);
}

/** What cannot be a token. Its text is not repeated: it may hold one. */
export function invalidToken(): ChatError {
	return new ChatError("invalid_token", "the token function returned no token");
}

/** The user's tokens: asked for when one is needed, once for all who wait, and kept until it is due. */
export class TokenSource {
	readonly #fetch: () => string | Promise<string>;
	readonly #userId: string | undefined;
	#token: string | undefined;
	/** What the newest token says of itself. */
	claims: Claims = claimsOf("");
	#renewAt = 0;
	#pending: Promise<string> | undefined;

	/**
	 * @param userId whose tokens they must be, where that is known.
	 * @throws {TypeError} for a `fetch` that is no function
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

	/** Whose tokens these are, once known. */
	get userId(): string | undefined {
		return this.#userId ?? this.claims.userId;
	}

	/**
	 * A token that is not due for renewal, as far as one can be had.
	 * @param refused a token that the server would not take: never that one again without asking.
	 * @throws {ChatError} `unauthorized` where there is none, `invalid_token`, `other_user`
	 * @throws what the application's own function throws
	 */
	get(refused?: string): Promise<string> {
		// Forgotten, not passed over: the next to ask may not know that it was refused.
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

	/** Whoever asks next asks the application, though an answer of it is waited for. */
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
		if (token === "") throw new ChatError("unauthorized", "there is no token");
		if (typeof token !== "string" || !TOKEN.test(token)) throw invalidToken();
		const claims = claimsOf(token);
		const known = this.userId;
		if (known !== undefined && claims.userId && claims.userId !== known)
			throw new ChatError("other_user", "the token is of another user");
		this.#token = token;
		this.claims = claims;
		const now = Date.now();
		// An opaque token is kept until the server refuses it.
		const expiresAt = claims.expiresAt ?? Number.POSITIVE_INFINITY;
		this.#renewAt =
			expiresAt - leadMs(claims.lifetimeMs ?? Math.max(0, expiresAt - now));
		return token;
	}
}
