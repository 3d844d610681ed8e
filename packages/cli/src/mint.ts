import { SignJWT } from "jose";

export interface TokenFields {
	readonly userId: string;
	readonly name: string | undefined;
	readonly ttlMs: number;
	readonly admin?: boolean;
	readonly issuer?: string | undefined;
	readonly audience?: string | undefined;
}

/** Signs an access token, in the same way as an application's own sign-in does. */
export function mintToken(
	secret: string,
	fields: TokenFields,
): Promise<string> {
	const now = Math.floor(Date.now() / 1000);
	const token = new SignJWT({
		user_id: fields.userId,
		...(fields.name === undefined ? {} : { name: fields.name }),
		...(fields.admin ? { scope: "admin" } : {}),
	})
		.setProtectedHeader({ alg: "HS256" })
		.setSubject(fields.userId)
		.setIssuedAt(now)
		.setExpirationTime(now + Math.ceil(fields.ttlMs / 1000));
	if (fields.issuer !== undefined) token.setIssuer(fields.issuer);
	if (fields.audience !== undefined) token.setAudience(fields.audience);
	return token.sign(new TextEncoder().encode(secret));
}
