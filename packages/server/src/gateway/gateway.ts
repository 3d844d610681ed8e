import { randomUUID } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import {
	CloseCode,
	CloseReason,
	HttpError,
	Limits,
	SUBPROTOCOL,
} from "@secureconnect/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import type { Doorkeeper } from "../chat/authorise.ts";
import type { DeviceCursors } from "../chat/device-cursors.ts";
import type { Hub, Seat, WelcomeFields } from "../chat/hub.ts";
import { Refusal } from "../chat/refusal.ts";
import type { Device } from "../log/contract.ts";
import { Backlogs } from "./backlog.ts";
import { Connection, type Shared } from "./connection.ts";
import { acceptableDeflate, releaseInflater } from "./deflate.ts";
import { DeliveryProof, type Proving } from "./delivery.ts";
import {
	checkHandshake,
	type Handshake,
	type HandshakeContext,
	HttpRefusal,
	unavailable,
} from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { KernelQueues } from "./kernel-queue.ts";
import type { OriginPolicy } from "./origin.ts";
import { Session, type SessionContext } from "./session.ts";

export interface GatewayOptions {
	readonly origins: OriginPolicy;
	readonly maxConnections: number;
	readonly maxMessageBytes: number;
	readonly pingIntervalMs: number;
	readonly pongTimeoutMs: number;
	/** Bytes kept for one peer that is slow to take them; beyond, it is served from the log. */
	readonly maxBacklogBytes: number;
	/** Bytes kept for all of them. */
	readonly maxTotalBacklogBytes: number;
	/** Milliseconds for which a token is good after its `exp`. */
	readonly leewayMs: number;
}

export const CHAT_PATH = "/v1/ws/chat";

/** `ws` allows far more small fragments and chunks per message than any client sends; each costs memory. */
const MAX_FRAGMENTS = 1024;
const MAX_BUFFERED_CHUNKS = 65_536;
const EXPIRY_SWEEP_MS = 1000;
const STALL_MS = 30_000;
/** A drain spreads the clients' return over this long per connection, and over this long at the most. */
const RETURN_SPREAD_MS_EACH = 2;
const RETURN_SPREAD_MS_MAX = 10_000;
const RETURN_AFTER_MS = 500;

/** Every WebSocket of this node: lets them in, keeps their heartbeat, sees them out. */
export class Gateway {
	readonly #options: GatewayOptions;
	readonly #hub: Hub;
	readonly #session: SessionContext;
	readonly #handshake: HandshakeContext;
	readonly #sessions = new Set<Session>();
	readonly #heartbeat: Heartbeat;
	readonly #shared: Shared;
	readonly #cursors: DeviceCursors;
	readonly #proof = new DeliveryProof();
	readonly #wss: WebSocketServer;
	readonly #expirySweep: NodeJS.Timeout;
	readonly #nodeId = randomUUID();
	#connectionCount = 0;
	#handshakes = 0;
	#draining = false;
	#allGone: (() => void) | undefined;

	constructor(
		options: GatewayOptions,
		hub: Hub,
		doorkeeper: Doorkeeper,
		cursors: DeviceCursors,
		session: SessionContext,
	) {
		this.#cursors = cursors;
		this.#options = options;
		this.#hub = hub;
		this.#session = session;
		this.#handshake = {
			origins: options.origins,
			verify: session.verify,
			doorkeeper,
			hasRoom: () => this.hasRoom,
		};
		this.#wss = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			perMessageDeflate: {
				serverNoContextTakeover: true,
				clientNoContextTakeover: true,
			},
			maxPayload: options.maxMessageBytes,
			maxFragments: MAX_FRAGMENTS,
			maxBufferedChunks: MAX_BUFFERED_CHUNKS,
			handleProtocols: (offered) =>
				offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false,
		});
		this.#shared = {
			backlogs: new Backlogs({ ...options, stallMs: STALL_MS }),
			kernel: new KernelQueues(),
		};
		this.#heartbeat = new Heartbeat({
			intervalMs: options.pingIntervalMs,
			timeoutMs: options.pongTimeoutMs,
			stallMs: STALL_MS,
		});
		this.#heartbeat.start();
		this.#expirySweep = setInterval(() => this.#expire(), EXPIRY_SWEEP_MS);
		this.#expirySweep.unref();
	}

	get connectionCount(): number {
		return this.#sessions.size;
	}
	/** Bytes kept for peers that are slow to take them. */
	get queuedBytes(): number {
		return this.#shared.backlogs.queuedBytes;
	}
	get isDraining(): boolean {
		return this.#draining;
	}
	/** Handshakes under way count: a cap that looked at open connections alone would let a burst past it. */
	get hasRoom(): boolean {
		return (
			!this.#draining &&
			this.#sessions.size + this.#handshakes < this.#options.maxConnections
		);
	}

	/** Checks a request that is not an upgrade; it never succeeds. */
	async refuse(request: IncomingMessage): Promise<HttpRefusal> {
		try {
			await checkHandshake(request, this.#handshake, false);
		} catch (error) {
			if (error instanceof HttpRefusal) return error;
			throw error;
		}
		throw new Error("a plain GET passed the handshake");
	}

	/** Answers an upgrade request, with 101 or a refusal. */
	async upgrade(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		// Node's HTTP server has let go of the socket: an error that nobody hears would end the process. It stays on
		// for a socket that is refused, whose answer may meet a peer that is gone.
		const ignore = (): void => {};
		socket.on("error", ignore);
		// The cap must see this handshake, but the handshake must not see itself.
		let counted = false;
		let entered = false;
		try {
			const handshake = await checkHandshake(
				request,
				{
					...this.#handshake,
					hasRoom: () => {
						counted = this.hasRoom;
						if (counted) this.#handshakes++;
						return counted;
					},
				},
				true,
			);
			const ticket = await this.#hub
				.reserve(
					handshake.conversationId,
					handshake.admission.headSeq,
					handshake.cursor,
					handshake.device,
					handshake.v1,
				)
				.catch((error: unknown) => {
					throw error instanceof Refusal ? unavailable() : error;
				});
			if (socket.destroyed || this.#draining) {
				ticket.cancel();
				throw unavailable();
			}
			// ws would refuse the handshake for an offer that it cannot keep, where RFC 7692 has it declined.
			const deflate = acceptableDeflate(
				request.headers["sec-websocket-extensions"],
			);
			request.headers["sec-websocket-extensions"] = deflate;
			// The answer and the first frames go out in one write.
			socket.cork();
			try {
				this.#wss.handleUpgrade(request, socket, head, (ws) => {
					entered = true;
					socket.off("error", ignore);
					const session = this.#open(
						ws,
						socket,
						handshake,
						deflate !== undefined,
					);
					const seat = ticket.enter(
						session.connection,
						handshake.v1 ? this.#welcome(handshake) : undefined,
					);
					session.take(seat);
					if (handshake.device)
						this.#prove(
							ws,
							session.connection,
							seat,
							handshake.device,
							ticket.hasCursor,
						);
				});
			} finally {
				socket.uncork();
			}
			// ws has refused it: a malformed list of subprotocols, say.
			if (!entered) ticket.cancel();
		} catch (error) {
			if (!(error instanceof HttpRefusal)) this.#session.onError(error);
			else if (error.reason) this.#session.onTokenRefused(error.reason);
			// Once it is a WebSocket, HTTP would be noise to the peer.
			if (entered) socket.destroy();
			else
				refuseUpgrade(
					socket,
					error instanceof HttpRefusal
						? error
						: new HttpRefusal(500, HttpError.internal),
				);
		} finally {
			if (counted) this.#handshakes--;
		}
	}

	/** Closes every connection of a user with 1008; returns how many there were. */
	disconnect(userId: string): number {
		let count = 0;
		for (const session of this.#sessions) {
			if (session.connection.userId !== userId) continue;
			session.close(CloseCode.policyViolation, CloseReason.tokenRevoked);
			count++;
		}
		return count;
	}

	/** Stops letting anyone in and reading from anyone. What was read before is still answered. */
	stopReading(): void {
		this.#draining = true;
		for (const session of this.#sessions) session.stopReading();
	}

	/** Says goodbye to everyone, each with a time of its own to come back, and resolves when they are gone. */
	async sayGoodbye(timeoutMs: number): Promise<void> {
		clearInterval(this.#expirySweep);
		this.#heartbeat.stop();
		if (this.#sessions.size === 0) return;
		const gone = new Promise<void>((resolve) => {
			this.#allGone = resolve;
		});
		const spread = Math.min(
			RETURN_SPREAD_MS_MAX,
			this.#sessions.size * RETURN_SPREAD_MS_EACH,
		);
		let i = 0;
		for (const { connection } of this.#sessions) {
			const slot = Math.round((spread * i++) / this.#sessions.size);
			connection.close(
				CloseCode.goingAway,
				`retry_ms=${RETURN_AFTER_MS + slot}`,
			);
		}
		const timer = setTimeout(() => {
			for (const { connection } of this.#sessions) connection.cut();
		}, timeoutMs);
		await gone;
		clearTimeout(timer);
	}

	#open(
		ws: WebSocket,
		socket: Duplex,
		handshake: Handshake,
		deflates: boolean,
	): Session {
		const connection = new Connection(
			`${this.#nodeId}:${++this.#connectionCount}`,
			handshake.identity,
			ws,
			socket,
			deflates,
			this.#shared,
		);
		const session = new Session(
			connection,
			handshake.conversationId,
			handshake.identity,
			handshake.v1,
			this.#session,
		);
		this.#sessions.add(session);
		connection.onStall = () =>
			session.close(CloseCode.tryAgainLater, "nothing was read for too long");
		this.#heartbeat.add(connection);
		ws.on("message", (data, isBinary) => {
			if (deflates) releaseInflater(ws);
			session.onMessage(data as Buffer, isBinary);
		});
		ws.on("pong", () => this.#heartbeat.alive(connection));
		// A protocol error or a reset: ws closes with the right code, and the close is what counts.
		ws.on("error", () => {});
		ws.on("close", (code, reason) => {
			this.#sessions.delete(session);
			this.#heartbeat.remove(connection);
			this.#shared.backlogs.remove(connection);
			session.onClose(code, reason.toString());
			if (this.#sessions.size === 0) this.#allGone?.();
		});
		return session;
	}

	/** Lets a device's cursor follow what the peer proves to have got. */
	#prove(
		ws: WebSocket,
		connection: Connection,
		seat: Seat,
		device: Device,
		provesOpening: boolean,
	): void {
		const proving: Proving = {
			get writtenSeq() {
				return seat.writtenSeq;
			},
			pingWith: (nonce) => connection.pingWith(nonce),
			proved: (seq) => this.#cursors.advance(device, seq),
		};
		const { conversationId, userId, deviceId } = device;
		this.#proof.add(
			proving,
			`${conversationId} ${userId} ${deviceId}`,
			provesOpening,
		);
		ws.on("pong", (payload) => this.#proof.pong(proving, payload));
		ws.on("close", () => this.#proof.remove(proving));
	}

	#welcome({ identity }: Handshake): WelcomeFields {
		return {
			limits: {
				maxMessageBytes: this.#options.maxMessageBytes,
				maxMetadataBytes: Limits.maxMetadataBytes,
				maxDepth: Limits.maxDepth,
				maxMessageTypeLength: Limits.maxMessageTypeLength,
			},
			intervals: {
				pingMs: this.#options.pingIntervalMs,
				pongTimeoutMs: this.#options.pongTimeoutMs,
			},
			expiresAt: new Date(identity.expiresAt).toISOString(),
		};
	}

	/** One sweep for all: a timer per connection would cost each idle one memory, and overflows after 24 days. */
	#expire(): void {
		const expired = this.#session.now() - this.#options.leewayMs;
		for (const session of this.#sessions)
			if (session.expiresAt <= expired)
				session.close(CloseCode.policyViolation, CloseReason.tokenExpired);
	}
}

/** Writes an HTTP answer to a socket that no HTTP server looks after any more. */
export function refuseUpgrade(socket: Duplex, refusal: HttpRefusal): void {
	socket.on("error", () => {});
	if (socket.destroyed) return;
	const { body, status, headers } = refusal;
	const all = {
		"Content-Type": "application/json; charset=utf-8",
		"Content-Length": String(Buffer.byteLength(body)),
		Connection: "close",
		...headers,
	};
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
	// A peer that keeps its side open would keep the socket: nothing else looks after it.
	socket.once("finish", () => socket.destroy());
	socket.end(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`,
	);
}
