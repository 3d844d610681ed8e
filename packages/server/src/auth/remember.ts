import { hash } from "node:crypto";
import type { Identity } from "../chat/authorise.ts";
import type { Verify } from "./verify.ts";

/** Maximum number of remembered tokens. Each takes about 300 bytes. */
const MAX_TOKENS = 10_000;

/**
 * Remembers the identities of verified tokens until they expire. A signature takes several times as long to verify as
 * the rest of a short request, and most clients send the same token with every request. Refused tokens are not
 * remembered, and the tokens themselves are not kept, only their digests.
 * @param leewayMs time in milliseconds for which a token is valid after its expiry
 * @param now returns milliseconds since 1970
 */
export function remembering(
	verify: Verify,
	leewayMs: number,
	now: () => number,
): Verify {
	const known = new Map<string, Promise<Identity>>();
	const check = async (token: string, digest: string): Promise<Identity> => {
		try {
			return await verify(token);
		} catch (error) {
			known.delete(digest);
			throw error;
		}
	};
	return async (token) => {
		const digest = hash("sha256", token, "base64");
		const found = known.get(digest);
		if (found) {
			const identity = await found;
			if (now() < identity.expiresAt + leewayMs) return identity;
			known.delete(digest);
		}
		const [oldest] = known.keys();
		if (known.size >= MAX_TOKENS && oldest !== undefined) known.delete(oldest);
		const checked = check(token, digest);
		known.set(digest, checked);
		return checked;
	};
}
