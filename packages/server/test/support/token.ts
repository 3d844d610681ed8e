import { type JWTPayload, SignJWT } from "jose";

export const SECRET = "a secret for tests, 32 bytes or more";

/** Signs a token for a user, valid for an hour unless the claims say otherwise. A claim of `undefined` is left out. */
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
