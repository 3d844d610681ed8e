import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CloseCode, CloseReason, HttpError } from "@secureconnect/protocol";
import type { Doorkeeper } from "../chat/authorise.ts";
import type { DeviceCursors } from "../chat/device-cursors.ts";
import type { Hub } from "../chat/hub.ts";
import type { Inboxes } from "../chat/inbox/inboxes.ts";
import type { Turns } from "../fair/turns.ts";
import { HttpRefusal, unavailable } from "../http-refusal.ts";
import { Backlogs } from "./backlog.ts";
import { ChatEndpoint } from "./chat-endpoint.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { acceptableDeflate } from "./deflate.ts";
import { DeliveryProof } from "./delivery.ts";
import type { Arrival, Endpoint } from "./endpoint.ts";
import type { HandshakeContext } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { InboxEndpoint } from "./inbox-endpoint.ts";
import { KernelQueues } from "./kernel-queue.ts";
import { openingAnswer } from "./opening.ts";
import type { OriginPolicy } from "./origin.ts";
import type { Peer, PeerContext, PeerServices } from "./peer.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { UnfinishedMessages } from "./unfinished.ts";

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

const CHAT_PATH = "/v1/ws/chat";
const INBOX_PATH = "/v1/ws/inbox";

/** Far more fragments than any client sends per message. */
const MAX_FRAGMENTS = 1024;
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
	readonly #peerContext: PeerContext;
	/** Endpoints by path. */
	readonly #endpoints: ReadonlyMap<string, Endpoint>;
	readonly #peers = new Set<Peer>();
	readonly #heartbeat: Heartbeat;
	readonly #connectionContext: ConnectionContext;
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
		inboxes: Inboxes,
		services: PeerServices,
		turns: Turns,
	) {
		this.#turns = turns;
		this.#options = options;
		this.#peerContext = {
			...services,
			onPong: ({ connection }, payload) => {
				this.#heartbeat.alive(connection);
				this.#proof.pong(connection, payload);
			},
			onClosed: (peer) => this.#forget(peer),
		};
		const handshake: HandshakeContext = {
			origins: options.origins,
			verify: services.verify,
			doorkeeper,
			hasRoom: () => this.hasRoom,
			turns,
		};
		this.#endpoints = new Map<string, Endpoint>([
			[
				CHAT_PATH,
				new ChatEndpoint(
					options,
					hub,
					cursors,
					this.#proof,
					handshake,
					this.#peerContext,
				),
			],
			[
				INBOX_PATH,
				new InboxEndpoint(options, inboxes, handshake, this.#peerContext, {
					hub,
					doorkeeper,
					cursors,
					proof: this.#proof,
					turns,
					now: services.now,
					onError: services.onError,
				}),
			],
		]);
		this.#connectionContext = {
			backlogs: new Backlogs({ ...options, stallMs: STALL_MS }),
			kernel: new KernelQueues(),
			reading: {
				turns,
				intake: services.intake,
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
	/** Returns the number of subscriptions of connections for several conversations. */
	get subscriptionCount(): number {
		let sum = 0;
		for (const peer of this.#peers) sum += peer.subscriptionCount;
		return sum;
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

	/** Returns the paths at which a WebSocket can be opened. */
	get paths(): string[] {
		return [...this.#endpoints.keys()];
	}

	/** Checks a request for one of {@link paths} that is not an upgrade. Such a request never succeeds. */
	async refuse(path: string, request: IncomingMessage): Promise<HttpRefusal> {
		try {
			await this.#endpoints.get(path)?.refuse(request);
		} catch (error) {
			if (error instanceof HttpRefusal) return error;
			throw error;
		}
		throw new Error("the handshake accepted a request without an upgrade");
	}

	/** Answers an upgrade request for one of {@link paths} with 101 or a refusal. */
	async upgrade(
		path: string,
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		const endpoint = this.#endpoints.get(path);
		if (!endpoint) {
			refuseUpgrade(socket, new HttpRefusal(404, HttpError.notFound));
			return;
		}
		// Node's HTTP server no longer handles errors of this socket, and an unhandled error would end the process. The
		// handler stays on a refused socket, whose peer may be gone before the answer is written.
		const ignore = (): void => {};
		socket.on("error", ignore);
		// The limit must count this handshake, but not while it checks this handshake itself.
		let counted = false;
		let entered = false;
		try {
			// The user is not known yet.
			const arrival = await this.#turns.take(NOBODY, () =>
				endpoint.admit(request, () => {
					counted = this.hasRoom;
					if (counted) this.#handshakes++;
					return counted;
				}),
			);
			await this.#turns.take(arrival.identity.userId, async () => {
				if (this.#draining || !socket.readable || !socket.writable) {
					arrival.cancel();
					throw unavailable();
				}
				socket.off("error", ignore);
				entered = true;
				this.#enter(request, socket, head, arrival);
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
			if (peer.userId !== userId) continue;
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

	/** Answers an accepted handshake and opens the connection. */
	#enter(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
		arrival: Arrival,
	): void {
		const deflate = acceptableDeflate(
			request.headers["sec-websocket-extensions"],
		);
		// Sends the answer and the first frames in one write.
		socket.cork();
		try {
			socket.write(openingAnswer(request, arrival.v1, deflate));
			const peer = arrival.enter(
				(events) =>
					new Connection(
						`${this.#nodeId}:${++this.#connectionCount}`,
						arrival.identity.userId,
						socket,
						head,
						deflate !== undefined,
						this.#connectionContext,
						events,
					),
			);
			this.#peers.add(peer);
			this.#heartbeat.add(peer.connection);
		} finally {
			socket.uncork();
		}
	}

	#forget(peer: Peer): void {
		const { connection } = peer;
		this.#peers.delete(peer);
		this.#heartbeat.remove(connection);
		this.#proof.remove(connection);
		if (this.#peers.size === 0) this.#allGone?.();
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
