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
	const known = new Map<string, Identity | Promise<Identity>>();
	const remember = (digest: string, identity: Identity | Promise<Identity>) => {
		if (known.size >= MAX_TOKENS) {
			const [oldest] = known.keys();
			if (oldest !== undefined) known.delete(oldest);
		}
		known.set(digest, identity);
	};
	return (token) => {
		const digest = hash("sha256", token, "base64");
		const check = (): Identity | Promise<Identity> => {
			const checked = verify(token);
			if (checked instanceof Promise) checked.catch(() => known.delete(digest));
			remember(digest, checked);
			return checked;
		};
		const current = (identity: Identity): Identity | Promise<Identity> => {
			if (now() < identity.expiresAt + leewayMs) return identity;
			known.delete(digest);
			return check();
		};
		const found = known.get(digest);
		if (!found) return check();
		return found instanceof Promise ? found.then(current) : current(found);
	};
}
