import { type JWTPayload, SignJWT } from "jose";

export const SECRET = "a secret for tests, 32 bytes or more";

/** A token for a user, good for an hour unless the claims say otherwise; a claim of `undefined` is left out. */
export function token(
	userId: string,
	claims: JWTPayload = {},
	secret: string = SECRET,
): Promise<string> {
	const payload = {
		sub: userId,
		exp: Math.floor(Date.now() / 1000) + 3600,
		...claims,
	};
	return new SignJWT(JSON.parse(JSON.stringify(payload)) as JWTPayload)
		.setProtectedHeader({ alg: "HS256" })
		.sign(new TextEncoder().encode(secret));
}
