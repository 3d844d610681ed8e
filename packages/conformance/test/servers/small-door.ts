/** Admission of a small server: tokens, origins and conversations. */
import type { IncomingMessage } from "node:http";
import { jwtVerify } from "jose";
import { SmallDevices } from "./small-devices.ts";
import { Conversation } from "./small-log.ts";

export interface SmallOptions {
	readonly secret: string;
	readonly policy?: "members" | "open";
	readonly pingIntervalMs?: number;
	readonly pongTimeoutMs?: number;
	/** Whether the server supports the subprotocol. */
	readonly v1?: boolean;
	/** Maximum size of a message, in bytes. */
	readonly maxBytes?: number;
}

export interface Identity {
	readonly userId: string;
	readonly name: string | undefined;
	readonly admin: boolean;
	/** Milliseconds since 1970. */
	readonly expiresAt: number;
}

/** An answer without success. */
export class Refused extends Error {
	readonly status: number;
	readonly headers: Record<string, string>;

	constructor(
		status: number,
		error: string,
		headers: Record<string, string> = {},
	) {
		super(error);
		this.status = status;
		this.headers = headers;
	}
}

/** Returns the answer for an error. */
export function answerOf(error: unknown): {
	status: number;
	body: string;
	headers: Record<string, string>;
} {
	const refused =
		error instanceof Refused ? error : new Refused(500, "internal error");
	return {
		status: refused.status,
		headers: refused.headers,
		body: JSON.stringify({ error: refused.message }),
	};
}

export const UUID =
	/^(?!00000000-0000-0000-0000-000000000000$)[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
export const VERSION = "secureconnect.v1";

/** Imports the secret as a key for HS256. */
export function verifier(secret: string): Promise<CryptoKey> {
	return crypto.subtle.importKey(
		"raw",
		new TextEncoder().encode(secret),
		{ name: "HMAC", hash: "SHA-256" },
		false,
		["verify"],
	);
}

export class SmallDoor {
	readonly options: Required<SmallOptions>;
	readonly conversations = new Map<string, Conversation>();
	/** Ids of deleted conversations. */
	readonly deleted = new Set<string>();
	readonly devices: SmallDevices = new SmallDevices();
	readonly #key: Promise<CryptoKey>;

	constructor(options: SmallOptions) {
		this.options = {
			policy: "members",
			pingIntervalMs: 540,
			pongTimeoutMs: 600,
			v1: true,
			maxBytes: 1024 * 1024,
			...options,
		};
		this.#key = verifier(options.secret);
	}

	/** Returns the token from the place where the request carries it. */
	tokenOf(request: IncomingMessage, url: URL): string | undefined {
		const [, header] =
			/^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
		return header ?? this.subprotocolToken(request) ?? this.queryToken(url);
	}

	subprotocolToken(request: IncomingMessage): string | undefined {
		const offered = (request.headers["sec-websocket-protocol"] ?? "")
			.split(",")
			.map((entry) => entry.trim());
		if (!this.bearerEntryCounts(offered)) return undefined;
		return offered.find((entry) => entry.startsWith("bearer."))?.slice(7);
	}

	bearerEntryCounts(offered: readonly string[]): boolean {
		return this.options.v1 && offered.includes(VERSION);
	}

	queryToken(url: URL): string | undefined {
		return url.searchParams.get("access_token") || undefined;
	}

	/** Returns the seconds for which a token stays valid after its `exp`. */
	leewaySeconds(): number {
		return 0;
	}

	async identify(token: string | undefined): Promise<Identity> {
		const { payload } = await jwtVerify(token ?? "", await this.#key, {
			algorithms: ["HS256"],
			requiredClaims: ["exp"],
			clockTolerance: this.leewaySeconds(),
		}).catch(() => {
			throw new Refused(401, "unauthorized", { "WWW-Authenticate": "Bearer" });
		});
		const { token_use, typ, token_type, type } = payload;
		if ([token_use, typ, token_type, type].includes("refresh"))
			throw new Refused(401, "unauthorized", { "WWW-Authenticate": "Bearer" });
		const id = payload.user_id ?? payload.sub;
		if (typeof id !== "string" || !UUID.test(id))
			throw new Refused(500, "invalid user_id");
		const { name, scope } = payload;
		return {
			userId: id.toLowerCase(),
			name:
				typeof name === "string" && name.length <= 128 && name !== ""
					? name
					: undefined,
			admin: typeof scope === "string" && scope.split(" ").includes("admin"),
			expiresAt: (payload.exp ?? 0) * 1000,
		};
	}

	conversationId(given: string): string {
		return given.toLowerCase();
	}

	/** Returns the conversation if the user may enter it. */
	enter(id: string, { userId }: Identity, joins: boolean): Conversation {
		const found = this.conversations.get(id);
		if (found?.participants.has(userId)) return found;
		if (
			this.options.policy === "members" ||
			found?.removed.has(userId) ||
			this.isClosedTo(id, found)
		)
			throw this.stranger(found);
		const conversation = found ?? new Conversation(id, userId, null, {});
		if (joins) {
			this.conversations.set(id, conversation);
			conversation.add(userId);
		}
		return conversation;
	}

	/** Whether an id belonged to a conversation that was deleted. */
	isReserved(id: string): boolean {
		return this.deleted.has(id);
	}

	/** Whether no user joins a conversation by connecting, whatever the policy. */
	isClosedTo(id: string, found: Conversation | undefined): boolean {
		return this.isReserved(id) || (found?.directUsers.size ?? 0) > 0;
	}

	/** Returns the answer for a user who is not a participant, and for a missing conversation. */
	stranger(_found: Conversation | undefined): Refused {
		return new Refused(403, "not a participant");
	}

	async checkHandshake(request: IncomingMessage, upgrading: boolean) {
		this.checkOrigin(request);
		const url = new URL(request.url ?? "/", "http://localhost");
		const identity = await this.identify(this.tokenOf(request, url));
		const id = url.searchParams.get("conversation_id");
		if (!id) throw new Refused(400, "conversation_id required");
		if (!UUID.test(id)) throw new Refused(400, "invalid conversation_id");
		const deviceId = this.devices.name(url.searchParams.get("device_id"));
		const opens =
			upgrading && request.headers["sec-websocket-version"] === "13";
		const conversation = this.enter(this.conversationId(id), identity, opens);
		if (!opens)
			throw new Refused(426, "upgrade required", {
				Upgrade: "websocket",
				"Sec-WebSocket-Version": "13",
			});
		return { identity, conversation, deviceId, url };
	}

	checkOrigin({ headers: { origin } }: IncomingMessage): void {
		if (origin !== undefined && !/^https?:\/\/(localhost|127\.)/.test(origin))
			throw new Refused(403, "origin not allowed");
	}

	/** Returns the same answer as `stranger`, over REST. */
	restStranger(_found: Conversation | undefined): Refused {
		return new Refused(403, "not a participant");
	}
}
