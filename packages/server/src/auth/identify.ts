import type { IncomingMessage } from "node:http";
import { HttpError } from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import { HttpRefusal } from "../http-refusal.ts";
import { InvalidUserId, Unauthorized, type Verify } from "./verify.ts";

/**
 * Verifies the token of a request and returns the identity.
 * @throws {HttpRefusal} 401 or 500
 */
export async function identify(
	token: string | undefined,
	verify: Verify,
): Promise<Identity> {
	try {
		if (token === undefined) throw new Unauthorized("no token");
		return await verify(token);
	} catch (error) {
		if (error instanceof Unauthorized)
			throw new HttpRefusal(
				401,
				HttpError.unauthorized,
				{ "WWW-Authenticate": "Bearer" },
				{ of: "token", why: error.message },
			);
		if (error instanceof InvalidUserId)
			throw new HttpRefusal(
				500,
				HttpError.invalidUserId,
				{},
				{ of: "token", why: error.message },
			);
		throw error;
	}
}

/** Reads the token from the `Authorization` header (RFC 6750, section 2.1). */
export function bearerToken(request: IncomingMessage): string | undefined {
	return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}
