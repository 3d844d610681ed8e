import { SignJWT } from "jose";

/** Secret of the servers under test. */
export const SECRET = "a secret for faults, 32 bytes or more";

/** Signs a token that is valid for a week, because the clock of a server under test may jump. */
export function createToken(userId: string): Promise<string> {
	return new SignJWT({})
		.setSubject(userId)
		.setProtectedHeader({ alg: "HS256" })
		.setExpirationTime("7d")
		.sign(new TextEncoder().encode(SECRET));
}
