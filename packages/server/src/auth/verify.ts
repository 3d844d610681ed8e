import { Limits, parseUuid } from "@secureconnect/protocol";
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Identity } from "../chat/authorise.ts";
import type { VerificationKey } from "./key.ts";

/**
 * Error of a token that is missing, forged, expired, meant for a different audience, or of a kind that is not allowed.
 */
export class Unauthorized extends Error {
	override readonly name = "Unauthorized";

	/** @param reason for the operator's log; the client only learns that the token was refused */
	constructor(reason: string) {
		super(reason);
	}
}

/** Error of a valid token that contains no usable user id. */
export class InvalidUserId extends Error {
	override readonly name = "InvalidUserId";

	/** @param reason for the operator's log */
	constructor(reason: string) {
		super(reason);
	}
}

export interface VerifierOptions {
	readonly key: VerificationKey;
	readonly issuer: string | undefined;
	readonly audience: string | undefined;
	readonly leewaySeconds: number;
}

/**
 * Returns the identity of the bearer of an access token.
 * @throws {Unauthorized}
 * @throws {InvalidUserId}
 */
export type Verify = (token: string) => Promise<Identity>;

/**
 * Creates a verifier. It accepts only the algorithms of the configured key, never those that a token asks for (RFC
 * 8725, section 3.1).
 */
export function createVerify(options: VerifierOptions): Verify {
	const { key, issuer, audience, leewaySeconds } = options;
	const verification = {
		algorithms: [...key.algorithms],
		requiredClaims: ["exp"],
		clockTolerance: leewaySeconds,
		...(issuer === undefined ? {} : { issuer }),
		...(audience === undefined ? {} : { audience }),
	};
	return async (token) => {
		const { payload, protectedHeader } = await jwtVerify(
			token,
			key.key,
			verification,
		).catch((error: unknown) => {
			if (error instanceof errors.JOSEError || error instanceof TypeError)
				throw new Unauthorized(reasonOf(error));
			throw error;
		});
		const kinds = [
			...KIND_CLAIMS.map((name) => payload[name]),
			protectedHeader.typ,
		];
		if (kinds.some(isRefresh)) throw new Unauthorized("a refresh token");
		if (!Number.isFinite(payload.exp))
			throw new Unauthorized('"exp" is not a finite number');
		return identityOf(payload);
	};
}

/** Latest time that RFC 3339 can express. */
const LAST_DATE_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Returns the reason in the words of jose, except for messages that quote a header that is not verified yet. */
function reasonOf(error: Error): string {
	return error instanceof errors.JOSENotSupported ? error.code : error.message;
}

/** Claims in which issuers state the kind of a token: Keycloak, Cognito, simplejwt, flask-jwt-extended. */
const KIND_CLAIMS = ["typ", "token_use", "token_type", "type"];

/** Recognises `refresh`, `refresh+jwt`, `refresh_token` and similar values. */
function isRefresh(kind: unknown): boolean {
	return typeof kind === "string" && /refresh/i.test(kind);
}

function identityOf(payload: JWTPayload): Identity {
	const claim = payload.user_id == null ? "sub" : "user_id";
	const userId = parseUuid(payload[claim]);
	if (userId === undefined)
		throw new InvalidUserId(
			payload[claim] == null
				? "the token has no user id, so the answer is 500: set the claim user_id or sub to the user's UUID"
				: `the claim ${claim} is not a UUID, so the answer is 500: set user_id or sub to the user's UUID`,
		);
	return {
		userId,
		name: nameOf(payload.name),
		issuedAt: Number.isFinite(payload.iat)
			? Number(payload.iat) * 1000
			: undefined,
		admin: scopesOf(payload.scope).includes("admin"),
		expiresAt: Math.min(Number(payload.exp) * 1000, LAST_DATE_MS),
	};
}

function nameOf(name: unknown): string | undefined {
	return typeof name === "string" &&
		name.length > 0 &&
		name.length <= Limits.maxNameLength &&
		name.isWellFormed() &&
		!name.includes("\0")
		? name
		: undefined;
}

/** RFC 8693, section 4.2: one string of words separated by spaces. Some issuers write a list. */
function scopesOf(scope: unknown): readonly unknown[] {
	if (typeof scope === "string") return scope.split(" ");
	return Array.isArray(scope) ? scope : [];
}
