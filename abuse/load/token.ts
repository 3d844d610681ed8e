import { createHmac } from "node:crypto";

/** Secret of the server in every run. */
export const SECRET = "a secret for abuse, 32 bytes or more";

/** Signs a token that is valid for a day. */
export function createToken(userId: string): string {
	const encode = (part: object): string =>
		Buffer.from(JSON.stringify(part)).toString("base64url");
	const signed = `${encode({ alg: "HS256" })}.${encode({
		sub: userId,
		exp: Math.floor(Date.now() / 1000) + 86_400,
	})}`;
	const signature = createHmac("sha256", SECRET)
		.update(signed)
		.digest("base64url");
	return `${signed}.${signature}`;
}
