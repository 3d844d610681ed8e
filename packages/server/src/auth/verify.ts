import { Limits, parseUuid } from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import { type Fields, type Jwt, openJwt, type VerificationKey } from "./jwt.ts";

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
 * Returns the identity of the bearer of an access token. An error is thrown, or rejects the promise if there is one.
 * @throws {Unauthorized}
 * @throws {InvalidUserId}
 */
export type Verify = (token: string) => Identity | Promise<Identity>;

/**
 * Creates a verifier. It accepts only the algorithms of the configured key, never those that a token asks for (RFC
 * 8725, section 3.1).
 */
export function createVerify(options: VerifierOptions): Verify {
	return (token) => {
		const jwt = openJwt(token, options.key);
		return jwt instanceof Promise
			? jwt.then((opened) => bearerOf(opened, options))
			: bearerOf(jwt, options);
	};
}

function bearerOf(jwt: Jwt | string, options: VerifierOptions): Identity {
	if (typeof jwt === "string") throw new Unauthorized(jwt);
	const { header, claims } = jwt;
	const reason = refusalOf(claims, options);
	if (reason !== undefined) throw new Unauthorized(reason);
	if (
		isRefresh(header.typ) ||
		KIND_CLAIMS.some((name) => isRefresh(claims[name]))
	)
		throw new Unauthorized("a refresh token");
	return identityOf(claims);
}

/** Returns why the registered claims refuse a token (RFC 7519, section 4.1); undefined if they do not. */
function refusalOf(
	{ iss, aud, exp, nbf, iat }: Fields,
	{ issuer, audience, leewaySeconds }: VerifierOptions,
): string | undefined {
	const now = Math.floor(Date.now() / 1000);
	if (issuer !== undefined && iss !== issuer) return unexpected("iss", iss);
	if (audience !== undefined && !audiencesOf(aud).includes(audience))
		return unexpected("aud", aud);
	if (exp === undefined) return unexpected("exp", exp);
	if (!isTime(iat)) return '"iat" claim must be a number';
	if (!isTime(nbf)) return '"nbf" claim must be a number';
	if (!isTime(exp)) return '"exp" claim must be a number';
	if (Number(nbf) > now + leewaySeconds)
		return '"nbf" claim timestamp check failed';
	if (Number(exp) <= now - leewaySeconds)
		return '"exp" claim timestamp check failed';
	return Number.isFinite(exp) ? undefined : '"exp" is not a finite number';
}

function isTime(value: unknown): boolean {
	return value === undefined || typeof value === "number";
}

function unexpected(claim: string, value: unknown): string {
	return value === undefined
		? `missing required "${claim}" claim`
		: `unexpected "${claim}" claim value`;
}

function audiencesOf(aud: unknown): readonly unknown[] {
	return Array.isArray(aud) ? aud : [aud];
}

/** Latest time that RFC 3339 can express. */
const LAST_DATE_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Claims in which issuers state the kind of a token: Keycloak, Cognito, simplejwt, flask-jwt-extended. */
const KIND_CLAIMS = ["typ", "token_use", "token_type", "type"];

/** Recognises `refresh`, `refresh+jwt`, `refresh_token` and similar values. */
function isRefresh(kind: unknown): boolean {
	return typeof kind === "string" && /refresh/i.test(kind);
}

function identityOf(claims: Fields): Identity {
	const claim = claims.user_id == null ? "sub" : "user_id";
	const userId = parseUuid(claims[claim]);
	if (userId === undefined)
		throw new InvalidUserId(
			claims[claim] == null
				? "the token has no user id, so the answer is 500: set the claim user_id or sub to the user's UUID"
				: `the claim ${claim} is not a UUID, so the answer is 500: set user_id or sub to the user's UUID`,
		);
	return {
		userId,
		name: nameOf(claims.name),
		issuedAt: Number.isFinite(claims.iat)
			? Number(claims.iat) * 1000
			: undefined,
		admin: scopesOf(claims.scope).includes("admin"),
		expiresAt: Math.min(Number(claims.exp) * 1000, LAST_DATE_MS),
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
