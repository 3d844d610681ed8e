import type { IncomingMessage } from "node:http";
import {
	BEARER_SUBPROTOCOL_PREFIX,
	HttpError,
	parseUuid,
	SUBPROTOCOL,
} from "@secureconnect/protocol";
import { InvalidUserId, Unauthorized, type Verify } from "../auth/verify.ts";
import type { Doorkeeper, Identity } from "../chat/authorise.ts";
import type { Cursor } from "../chat/hub.ts";
import { Refusal } from "../chat/refusal.ts";
import type { Turns } from "../fair/turns.ts";
import type { Admission, Device } from "../log/contract.ts";
import { isOriginAllowed, type OriginPolicy, originForLog } from "./origin.ts";

/** Reason for a refusal, for the operator's log. It says more than the answer does and contains no token. */
export type RefusalReason =
	| { readonly of: "token"; readonly why: string }
	| { readonly of: "origin"; readonly origin: string };

/** Refusal of a request: a status, a body `{"error": ...}`, and headers. */
export class HttpRefusal extends Error {
	override readonly name = "HttpRefusal";
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly reason: RefusalReason | undefined;

	constructor(
		status: number,
		error: string,
		headers: Readonly<Record<string, string>> = {},
		reason?: RefusalReason,
	) {
		super(error);
		this.status = status;
		this.headers = headers;
		this.reason = reason;
	}

	get body(): string {
		return JSON.stringify({ error: this.message });
	}
}

export interface HandshakeContext {
	readonly origins: OriginPolicy;
	readonly verify: Verify;
	readonly doorkeeper: Doorkeeper;
	readonly turns: Turns;
	/** Returns whether the server accepts one more connection. */
	hasRoom(): boolean;
}

export interface Handshake {
	readonly identity: Identity;
	readonly conversationId: string;
	readonly admission: Admission;
	readonly cursor: Cursor;
	/**
	 * Device whose delivery cursor the connection moves. The connection resumes from it unless the client sent a cursor.
	 */
	readonly device: Device | undefined;
	readonly v1: boolean;
}

const RETRY_AFTER_SECONDS = "2";

/**
 * Checks a request for `/v1/ws/chat`, with or without an upgrade, in the order that the protocol defines. The first
 * failed check determines the answer.
 * @param upgrading whether the HTTP server treats the request as an upgrade, so that 101 is still possible
 * @throws {HttpRefusal}
 */
export async function checkHandshake(
	request: IncomingMessage,
	context: HandshakeContext,
	upgrading: boolean,
): Promise<Handshake> {
	checkOrigin(request, context.origins);
	if (!context.hasRoom()) throw unavailable();
	const query = queryOf(request);
	const offered = subprotocolsOf(request);
	const v1 = offered.includes(SUBPROTOCOL);
	const identity = await identify(
		bearerToken(request) ??
			(v1 ? bearerSubprotocol(offered) : undefined) ??
			(query.get("access_token") || undefined),
		context.verify,
	);
	const given = query.get("conversation_id");
	if (!given) throw new HttpRefusal(400, HttpError.conversationIdRequired);
	const conversationId = parseUuid(given);
	if (conversationId === undefined)
		throw new HttpRefusal(400, HttpError.invalidConversationId);
	const device = query.get("device_id");
	const deviceId = parseUuid(device);
	if (device !== null && deviceId === undefined)
		throw new HttpRefusal(400, HttpError.invalidDeviceId);
	const opens = upgrading && isOpeningHandshake(request);
	const admission = await context.turns
		.take(identity.userId, () =>
			context.doorkeeper.admit(conversationId, identity, opens),
		)
		.catch((error: unknown) => {
			throw error instanceof Refusal ? unavailable() : error;
		});
	if (!admission) throw notParticipant();
	if (!opens)
		throw new HttpRefusal(426, HttpError.upgradeRequired, {
			Connection: "Upgrade",
			Upgrade: "websocket",
			"Sec-WebSocket-Version": "13",
		});
	return {
		identity: { ...identity, name: admission.name },
		conversationId,
		admission,
		cursor: cursorOf(query),
		device:
			deviceId === undefined
				? undefined
				: { conversationId, userId: identity.userId, deviceId },
		v1,
	};
}

export function checkOrigin(
	request: IncomingMessage,
	policy: OriginPolicy,
): void {
	const { origin, host } = request.headers;
	if (origin !== undefined && !isOriginAllowed(policy, origin, host))
		throw new HttpRefusal(
			403,
			HttpError.originNotAllowed,
			{},
			{ of: "origin", origin: originForLog(origin) },
		);
}

/** Returns the same bytes for a user who is not a participant and for a conversation that does not exist. */
export function notParticipant(): HttpRefusal {
	return new HttpRefusal(403, HttpError.notParticipant);
}

export function unavailable(): HttpRefusal {
	return new HttpRefusal(503, HttpError.unavailable, {
		"Retry-After": RETRY_AFTER_SECONDS,
	});
}

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

function bearerSubprotocol(offered: readonly string[]): string | undefined {
	return offered
		.find((entry) => entry.startsWith(BEARER_SUBPROTOCOL_PREFIX))
		?.slice(BEARER_SUBPROTOCOL_PREFIX.length);
}

function subprotocolsOf(request: IncomingMessage): string[] {
	return (request.headers["sec-websocket-protocol"] ?? "")
		.split(",")
		.map((entry) => entry.trim());
}

function queryOf(request: IncomingMessage): URLSearchParams {
	return new URLSearchParams((request.url ?? "").split("?").slice(1).join("?"));
}

/**
 * Checks for an opening handshake (RFC 6455, section 4.2.1). This must be known before the user joins the conversation.
 */
function isOpeningHandshake({ method, headers }: IncomingMessage): boolean {
	return (
		method === "GET" &&
		headers["sec-websocket-version"] === "13" &&
		/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")
	);
}

function cursorOf(query: URLSearchParams): Cursor {
	const after = query.get("after");
	if (after === "head") return { kind: "head" };
	if (after !== null) {
		const messageId = parseUuid(after);
		return messageId === undefined
			? { kind: "malformed" }
			: { kind: "message", messageId };
	}
	const afterSeq = query.get("after_seq");
	if (afterSeq === null) return { kind: "none" };
	const seq = Number(afterSeq);
	return /^\d+$/.test(afterSeq) && Number.isSafeInteger(seq)
		? { kind: "seq", seq }
		: { kind: "malformed" };
}
