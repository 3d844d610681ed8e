import type { IncomingMessage } from "node:http";
import {
	BEARER_SUBPROTOCOL_PREFIX,
	HttpError,
	parseUuid,
	SUBPROTOCOL,
} from "@secureconnect/protocol";
import { bearerToken, identify } from "../auth/identify.ts";
import type { Verify } from "../auth/verify.ts";
import type { Doorkeeper, Identity } from "../chat/authorise.ts";
import type { Cursor } from "../chat/hub.ts";
import { Refusal } from "../chat/refusal.ts";
import type { Turns } from "../fair/turns.ts";
import { HttpRefusal, notParticipant, unavailable } from "../http-refusal.ts";
import type { Admission, Device } from "../log/contract.ts";
import { checkOrigin, type OriginPolicy } from "./origin.ts";

export interface HandshakeContext {
	readonly origins: OriginPolicy;
	readonly verify: Verify;
	readonly doorkeeper: Doorkeeper;
	readonly turns: Turns;
	/** Returns whether the server accepts one more connection. */
	hasRoom(): boolean;
}

/** Handshake of a connection for one conversation. */
export interface ChatHandshake {
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

/** User who passed the checks that every connection has. */
interface Caller {
	readonly identity: Identity;
	readonly query: URLSearchParams;
	readonly v1: boolean;
}

/**
 * Checks a request for `/v1/ws/chat`, with or without an upgrade, in the order that the protocol defines. The first
 * failed check determines the answer.
 * @param upgrading whether the HTTP server treats the request as an upgrade, so that 101 is still possible
 * @throws {HttpRefusal}
 */
export async function checkChatHandshake(
	request: IncomingMessage,
	context: HandshakeContext,
	upgrading: boolean,
): Promise<ChatHandshake> {
	const { identity, query, v1 } = await checkCaller(request, context);
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
	if (!opens) throw upgradeRequired();
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

/**
 * Checks a request for `/v1/ws/inbox` like {@link checkChatHandshake}, without a conversation.
 * @throws {HttpRefusal}
 */
export async function checkInboxHandshake(
	request: IncomingMessage,
	context: HandshakeContext,
	upgrading: boolean,
): Promise<Identity> {
	const { identity, v1 } = await checkCaller(request, context);
	if (!v1 || !upgrading || !isOpeningHandshake(request))
		throw upgradeRequired();
	return identity;
}

/** Makes the checks that come first for every connection: origin, capacity, token and user id. */
async function checkCaller(
	request: IncomingMessage,
	context: HandshakeContext,
): Promise<Caller> {
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
	return { identity, query, v1 };
}

function upgradeRequired(): HttpRefusal {
	return new HttpRefusal(426, HttpError.upgradeRequired, {
		Connection: "Upgrade",
		Upgrade: "websocket",
		"Sec-WebSocket-Version": "13",
	});
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
