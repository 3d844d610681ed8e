import { SignJWT } from "jose";

/** What the servers under test are started with. */
export const SECRET = "a secret for faults, 32 bytes or more";

/** Good for a week: the clock of a server under test may jump. */
export function createToken(userId: string): Promise<string> {
	return new SignJWT({})
		.setSubject(userId)
		.setProtectedHeader({ alg: "HS256" })
		.setExpirationTime("7d")
		.sign(new TextEncoder().encode(SECRET));
}
