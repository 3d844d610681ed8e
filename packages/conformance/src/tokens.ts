import { spawn } from "node:child_process";
import { decodeJwt, type JWTPayload, SignJWT } from "jose";
import { Skipped } from "./verdict.ts";

interface TokenRequest {
	readonly userId: string;
	readonly name?: string;
	/** Negative for an expired token. */
	readonly ttlSeconds: number;
}

export interface IssuedToken {
	readonly token: string;
	/** The user that the token names, which may differ from the requested user. */
	readonly userId: string;
}

/** Source of the suite's tokens. */
export interface TokenSource {
	/** Creates a token that is valid except for its lifetime, which the caller chooses. */
	issue(wanted: TokenRequest): Promise<IssuedToken>;
	/**
	 * Signs exactly these claims in the way the server's own tokens are signed.
	 * @throws {Skipped} if the source can issue only complete user tokens
	 */
	sign(claims: JWTPayload, header?: { typ?: string }): Promise<string>;
}

/** Error for an unusable token source. The message is for the person who configured it. */
export class TokenSourceError extends Error {
	override readonly name = "TokenSourceError";
}

/** Creates a source that signs with HS256 and the server's secret, given as text. */
export function secretTokens(secret: string): TokenSource {
	let key: ReturnType<typeof crypto.subtle.importKey> | undefined;
	const sign: TokenSource["sign"] = async (claims, header = {}) => {
		// The key is imported once, because the suite needs a token for almost every step.
		key ??= crypto.subtle.importKey(
			"raw",
			new TextEncoder().encode(secret),
			{ name: "HMAC", hash: "SHA-256" },
			false,
			["sign"],
		);
		return new SignJWT(claims)
			.setProtectedHeader({ alg: "HS256", ...header })
			.sign(await key);
	};
	return {
		sign,
		async issue({ userId, name, ttlSeconds }) {
			const token = await sign({
				sub: userId,
				user_id: userId,
				...(name === undefined ? {} : { name }),
				iat: now(),
				exp: now() + ttlSeconds,
			});
			return { token, userId };
		},
	};
}

/**
 * Creates a source that runs a shell command per token. The command reads CONFORM_USER (a UUID), CONFORM_NAME and
 * CONFORM_TTL (seconds, negative for an expired token) from its environment, and prints the token.
 */
export function commandTokens(command: string): TokenSource {
	return {
		async issue({ userId, name = "", ttlSeconds }) {
			const token = await output(command, {
				CONFORM_USER: userId,
				CONFORM_NAME: name,
				CONFORM_TTL: String(ttlSeconds),
			});
			let claims: JWTPayload;
			try {
				claims = decodeJwt(token);
			} catch {
				throw new TokenSourceError(
					"the token command printed something that is not a JWT",
				);
			}
			const exp = claims.exp ?? Number.POSITIVE_INFINITY;
			if (Math.abs(exp - (now() + ttlSeconds)) > 5)
				if (ttlSeconds < LONG_SECONDS)
					throw new Skipped(
						"the token command ignores CONFORM_TTL: its token expires at a different time",
					);
			return { token, userId: userIdOf(claims) };
		},
		sign() {
			return Promise.reject(
				new Skipped("needs --secret: the check chooses the token's claims"),
			);
		},
	};
}

/** Lifetime of a token that stays valid during the suite. */
export const LONG_SECONDS = 600;

function userIdOf(claims: JWTPayload): string {
	const id = claims.user_id ?? claims.sub;
	if (typeof id !== "string")
		throw new TokenSourceError(
			"the token command's token has no user: neither user_id nor sub",
		);
	return id.toLowerCase();
}

function now(): number {
	return Math.floor(Date.now() / 1000);
}

function output(
	command: string,
	env: Readonly<Record<string, string>>,
): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, {
			shell: true,
			stdio: ["ignore", "pipe", "inherit"],
			env: { ...process.env, ...env },
		});
		let text = "";
		child.stdout.on("data", (chunk: Buffer) => {
			text += chunk.toString();
		});
		child.on("error", (error) => reject(new TokenSourceError(error.message)));
		child.on("close", (code) => {
			if (code === 0) resolve(text.trim());
			else
				reject(
					new TokenSourceError(`the token command ended with status ${code}`),
				);
		});
	});
}
