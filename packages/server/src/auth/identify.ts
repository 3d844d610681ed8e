import type { IncomingMessage } from "node:http";
import { HttpError } from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import { HttpRefusal } from "../http-refusal.ts";
import { InvalidUserId, Unauthorized, type Verify } from "./verify.ts";

/**
 * Verifies the token of a request and returns the identity. There is a promise only if {@link Verify} returns one.
 * @throws {HttpRefusal} 401 or 500
 */
export function identify(
	token: string | undefined,
	verify: Verify,
): Identity | Promise<Identity> {
	try {
		if (token === undefined) throw new Unauthorized("no token");
		const identity = verify(token);
		return identity instanceof Promise ? identity.catch(refuse) : identity;
	} catch (error) {
		return refuse(error);
	}
}

function refuse(error: unknown): never {
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

/** Reads the token from the `Authorization` header (RFC 6750, section 2.1). */
export function bearerToken(request: IncomingMessage): string | undefined {
	return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}
