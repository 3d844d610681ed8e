import { randomUUID } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { CloseCode, CloseReason, HttpError } from "@secureconnect/protocol";
import type { Doorkeeper } from "../chat/authorise.ts";
import type { DeviceCursors } from "../chat/device-cursors.ts";
import type { Hub, Seat, Ticket } from "../chat/hub.ts";
import { Refusal } from "../chat/refusal.ts";
import type { Turns } from "../fair/turns.ts";
import { HttpRefusal, unavailable } from "../http-refusal.ts";
import type { Device } from "../log/contract.ts";
import { Backlogs } from "./backlog.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { acceptableDeflate } from "./deflate.ts";
import { DeliveryProof, type ProvingConnection } from "./delivery.ts";
import {
	checkHandshake,
	type Handshake,
	type HandshakeContext,
} from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { KernelQueues } from "./kernel-queue.ts";
import { openingAnswer } from "./opening.ts";
import type { OriginPolicy } from "./origin.ts";
import { Peer, type PeerContext } from "./peer.ts";
import { UnfinishedMessages } from "./unfinished.ts";
import { welcomeFields } from "./welcome.ts";

export interface GatewayOptions {
	readonly origins: OriginPolicy;
	readonly maxConnections: number;
	readonly maxMessageBytes: number;
	readonly pingIntervalMs: number;
	readonly pongTimeoutMs: number;
	/** Maximum number of bytes queued for one slow connection. Above it, the connection is served from the log. */
	readonly maxBacklogBytes: number;
	/** Maximum number of bytes queued for all slow connections together. */
	readonly maxTotalBacklogBytes: number;
	/** Milliseconds for which a token remains valid after its `exp`. */
	readonly leewayMs: number;
}

export const CHAT_PATH = "/v1/ws/chat";

/** Far more fragments than any client sends per message. */
const MAX_FRAGMENTS = 1024;
/** Milliseconds that a refused peer may take to read the answer. */
const REFUSAL_TIMEOUT_MS = 30_000;
/** A message must receive a byte within `silenceMs`. After `graceMs` it must have this average speed. */
const UNFINISHED = { silenceMs: 30_000, graceMs: 60_000, bytesPerSecond: 1024 };
/** Owner of handshakes in {@link Turns} until their tokens are verified. No user id is empty. */
const NOBODY = "";
const EXPIRY_SWEEP_MS = 1000;
const STALL_MS = 30_000;
/** On a drain, the reconnects of the clients are spread over this time per connection, up to a maximum in total. */
const RETURN_SPREAD_MS_EACH = 2;
const RETURN_SPREAD_MS_MAX = 10_000;
const RETURN_AFTER_MS = 500;

/** Manages every WebSocket of this node: handshake, heartbeat and close. */
export class Gateway {
	readonly #options: GatewayOptions;
	readonly #hub: Hub;
	readonly #peerContext: PeerContext;
	readonly #handshake: HandshakeContext;
	readonly #peers = new Set<Peer>();
	readonly #heartbeat: Heartbeat;
	readonly #connectionContext: ConnectionContext;
	readonly #cursors: DeviceCursors;
	readonly #proof = new DeliveryProof();
	readonly #turns: Turns;
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
		peerContext: PeerContext,
		turns: Turns,
	) {
		this.#turns = turns;
		this.#cursors = cursors;
		this.#options = options;
		this.#hub = hub;
		this.#peerContext = peerContext;
		this.#handshake = {
			origins: options.origins,
			verify: peerContext.verify,
			doorkeeper,
			hasRoom: () => this.hasRoom,
			turns,
		};
		this.#connectionContext = {
			backlogs: new Backlogs({ ...options, stallMs: STALL_MS }),
			kernel: new KernelQueues(),
			reading: {
				turns,
				intake: peerContext.intake,
				limits: {
					maxMessageBytes: options.maxMessageBytes,
					maxFragments: MAX_FRAGMENTS,
				},
			},
			unfinished: new UnfinishedMessages(UNFINISHED),
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
		return this.#peers.size;
	}
	/** Returns the number of bytes queued for slow peers. */
	get queuedBytes(): number {
		return this.#connectionContext.backlogs.queuedBytes;
	}
	get isDraining(): boolean {
		return this.#draining;
	}
	/**
	 * Handshakes in progress count too. If the limit counted only open connections, a burst of handshakes would exceed
	 * it.
	 */
	get hasRoom(): boolean {
		return (
			!this.#draining &&
			this.#peers.size + this.#handshakes < this.#options.maxConnections
		);
	}

	/** Checks a request that is not an upgrade. Such a request never succeeds. */
	async refuse(request: IncomingMessage): Promise<HttpRefusal> {
		try {
			await checkHandshake(request, this.#handshake, false);
		} catch (error) {
			if (error instanceof HttpRefusal) return error;
			throw error;
		}
		throw new Error("the handshake accepted a request without an upgrade");
	}

	/** Answers an upgrade request with 101 or a refusal. */
	async upgrade(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		// Node's HTTP server no longer handles errors of this socket, and an unhandled error would end the process. The
		// handler stays on a refused socket, whose peer may be gone before the answer is written.
		const ignore = (): void => {};
		socket.on("error", ignore);
		// The limit must count this handshake, but not while it checks this handshake itself.
		let counted = false;
		let entered = false;
		try {
			// The user is not known yet.
			const handshake = await this.#turns.take(NOBODY, () =>
				checkHandshake(
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
				),
			);
			const ticket = await this.#hub
				.reserve(
					handshake.conversationId,
					handshake.identity.userId,
					handshake.admission,
					handshake.cursor,
					handshake.device,
					handshake.v1,
				)
				.catch((error: unknown) => {
					throw error instanceof Refusal ? unavailable() : error;
				});
			await this.#turns.take(handshake.identity.userId, async () => {
				if (this.#draining || !socket.readable || !socket.writable) {
					ticket.cancel();
					throw unavailable();
				}
				socket.off("error", ignore);
				entered = true;
				this.#enter(request, socket, head, handshake, ticket);
			});
		} catch (error) {
			if (!(error instanceof HttpRefusal)) this.#peerContext.onError(error);
			else if (error.reason) this.#peerContext.onRefused(error.reason);
			// After the switch to WebSocket, an HTTP answer would be invalid to the peer.
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

	/** Closes every connection of a user with 1008. Returns the number of closed connections. */
	disconnect(userId: string): number {
		let count = 0;
		for (const peer of this.#peers) {
			if (peer.connection.userId !== userId) continue;
			peer.close(CloseCode.policyViolation, CloseReason.tokenRevoked);
			count++;
		}
		return count;
	}

	/** Stops accepting connections and reading frames. Frames that were already read are still answered. */
	stopReading(): void {
		this.#draining = true;
		for (const peer of this.#peers) peer.stopReading();
	}

	/** Closes every connection and tells each client its own time to reconnect. Resolves when all are closed. */
	async sayGoodbye(timeoutMs: number): Promise<void> {
		clearInterval(this.#expirySweep);
		this.#heartbeat.stop();
		if (this.#peers.size === 0) return;
		const gone = new Promise<void>((resolve) => {
			this.#allGone = resolve;
		});
		const spread = Math.min(
			RETURN_SPREAD_MS_MAX,
			this.#peers.size * RETURN_SPREAD_MS_EACH,
		);
		let i = 0;
		for (const { connection } of this.#peers) {
			const slot = Math.round((spread * i++) / this.#peers.size);
			connection.close(
				CloseCode.goingAway,
				`retry_ms=${RETURN_AFTER_MS + slot}`,
			);
		}
		const timer = setTimeout(() => {
			for (const { connection } of this.#peers) connection.cut();
		}, timeoutMs);
		await gone;
		clearTimeout(timer);
	}

	/** Answers an accepted handshake and gives the connection its place in the conversation. */
	#enter(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
		handshake: Handshake,
		ticket: Ticket,
	): void {
		const deflate = acceptableDeflate(
			request.headers["sec-websocket-extensions"],
		);
		// Sends the answer and the first frames in one write.
		socket.cork();
		try {
			socket.write(openingAnswer(request, handshake.v1, deflate));
			const peer = this.#open(socket, head, handshake, deflate !== undefined);
			const seat = ticket.enter(
				peer.connection,
				handshake.v1
					? welcomeFields(this.#options, handshake.identity)
					: undefined,
			);
			peer.take(seat);
			if (handshake.device)
				this.#prove(peer, seat, handshake.device, ticket.hasCursor);
		} finally {
			socket.uncork();
		}
	}

	#open(
		socket: Duplex,
		head: Buffer,
		handshake: Handshake,
		deflates: boolean,
	): Peer {
		const connection = new Connection(
			`${this.#nodeId}:${++this.#connectionCount}`,
			handshake.identity,
			socket,
			head,
			handshake.v1,
			deflates,
			this.#connectionContext,
			{
				message: (data, isBinary) => peer.onMessage(data, isBinary),
				pong: (payload) => {
					this.#heartbeat.alive(connection);
					if (peer.proving) this.#proof.pong(peer.proving, payload);
				},
				stalled: () =>
					peer.close(
						CloseCode.tryAgainLater,
						"the client read nothing for too long",
					),
				tooSlow: () =>
					peer.close(CloseCode.policyViolation, CloseReason.tooSlow),
				closed: (code, reason) => {
					this.#peers.delete(peer);
					this.#heartbeat.remove(connection);
					if (peer.proving) this.#proof.remove(peer.proving);
					peer.onClose(code, reason);
					if (this.#peers.size === 0) this.#allGone?.();
				},
			},
		);
		const peer = new Peer(
			connection,
			handshake.conversationId,
			handshake.identity,
			handshake.v1,
			this.#peerContext,
		);
		this.#peers.add(peer);
		this.#heartbeat.add(connection);
		return peer;
	}

	/** Advances a device's cursor as the peer proves which entries it has received. */
	#prove(peer: Peer, seat: Seat, device: Device, provesOpening: boolean): void {
		const { connection } = peer;
		const proving: ProvingConnection = {
			get writtenSeq() {
				return seat.writtenSeq;
			},
			pingWith: (nonce) => connection.pingWith(nonce),
			proved: (seq) => this.#cursors.advance(device, seq),
		};
		const { conversationId, userId, deviceId } = device;
		peer.proving = proving;
		this.#proof.add(
			proving,
			`${conversationId} ${userId} ${deviceId}`,
			provesOpening,
		);
	}

	/**
	 * Checks all connections in one sweep. A timer per connection would use memory for each idle one and overflows after
	 * 24 days.
	 */
	#expire(): void {
		const expired = this.#peerContext.now() - this.#options.leewayMs;
		for (const peer of this.#peers)
			if (peer.expiresAt <= expired)
				peer.close(CloseCode.policyViolation, CloseReason.tokenExpired);
	}
}

/** Writes an HTTP answer to a socket that no HTTP server manages. */
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
	// A peer that keeps its side open would keep the socket open, because no other code closes it.
	const destroy = (): void => void socket.destroy();
	const timer = setTimeout(destroy, REFUSAL_TIMEOUT_MS).unref();
	socket.once("close", () => clearTimeout(timer));
	socket.once("finish", destroy);
	socket.end(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`,
	);
}
