import { randomUUID } from "node:crypto";
import type { Departure } from "../../src/chat/presence.ts";
import type {
	Connection,
	ConnectionEvents,
} from "../../src/gateway/connection.ts";
import type { ProcessTime, VirtualTime } from "./virtual-time.ts";

/** Client at the far end of a connection. */
export interface FarEnd {
	frame(json: string): void;
	closed(code: number, reason: string): void;
}

/** What peers use of a connection. */
type PeerConnection = Pick<
	Connection,
	| "id"
	| "deflates"
	| "isOpen"
	| "isPaused"
	| "isFull"
	| "pageBytes"
	| "write"
	| "drained"
	| "cork"
	| "uncork"
	| "pause"
	| "resume"
	| "close"
	| "departure"
	| "pingWith"
>;

/** Longest delay of a byte on the network in milliseconds. */
const NETWORK_MS = 5;
interface Closing {
	readonly code: number;
	readonly reason: string;
}
interface Ping {
	readonly nonce: Buffer;
}

/** Longest time in milliseconds until the server notices that the network lost a connection. */
const NOTICE_MS = 400;
/** Bytes that the server keeps for a slow peer: about three messages. */
const MAX_BACKLOG = 900;
const CLOSE_BACKLOG = MAX_BACKLOG / 4;

/**
 * Connection over a simulated network: bytes arrive late, the far end may stop reading, and both ends may notice an end
 * at different times.
 */
export class SimulatedConnection implements PeerConnection {
	readonly id = randomUUID();
	readonly deflates = false;
	readonly pageBytes = MAX_BACKLOG / 2;
	readonly #time: VirtualTime;
	readonly #server: ProcessTime;
	readonly #onEnd: () => void;
	#events: ConnectionEvents | undefined;
	#far: FarEnd | undefined;
	/** Whether the far end reads. */
	#reads = true;
	#isPumping = false;
	readonly #toClient: (Buffer | Closing | Ping)[] = [];
	readonly #toServer: (string | Ping)[] = [];
	#isCorked = false;
	readonly #corked: Buffer[] = [];
	#isDelivering = false;
	#drained: (() => void)[] = [];
	#closeCode: number | undefined;
	isOpen = true;
	isPaused = false;
	#isNetworkUp = true;

	constructor(time: VirtualTime, server: ProcessTime, onEnd: () => void) {
		this.#time = time;
		this.#server = server;
		this.#onEnd = onEnd;
	}

	/** Gives the connection the peer that receives its events. */
	connect(events: ConnectionEvents): Connection {
		this.#events = events;
		// Peers use nothing else of it.
		return this as PeerConnection as Connection;
	}

	// What the server does.

	get #backlog(): number {
		return this.#toClient.reduce(
			(sum, next) => sum + (Buffer.isBuffer(next) ? next.length : 0),
			0,
		);
	}
	get isFull(): boolean {
		return this.#backlog > MAX_BACKLOG;
	}
	write(parts: readonly Uint8Array[]): void {
		if (!this.isOpen) return;
		if (this.#isCorked)
			this.#corked.push(...parts.map((part) => Buffer.from(part)));
		else this.#toClient.push(Buffer.concat(parts));
		this.#pump();
	}
	cork(): void {
		this.#isCorked = true;
	}
	uncork(): void {
		this.#isCorked = false;
		this.write(this.#corked.splice(0));
	}
	pingWith(nonce: Buffer): void {
		if (this.isOpen) this.#toClient.push({ nonce });
		this.#pump();
	}
	drained(): Promise<void> {
		if (!this.isOpen || this.#backlog <= CLOSE_BACKLOG)
			return Promise.resolve();
		return new Promise((resolve) => this.#drained.push(resolve));
	}
	close(code: number, reason: string): void {
		if (!this.isOpen) return;
		if (this.#isCorked) this.uncork();
		this.#closeCode = code;
		this.isOpen = false;
		this.#toClient.push({ code, reason });
		this.#release();
		this.#pump();
		this.#onEnd();
	}
	pause(): void {
		this.isPaused = true;
	}
	resume(): void {
		this.isPaused = false;
		this.#deliver();
	}
	departure(peerCode: number): Departure {
		if (this.#closeCode !== undefined)
			return this.#closeCode === 1008 ? "left" : "lost";
		return peerCode === 1000 ? "left" : "lost";
	}

	// What the client does.

	open(far: FarEnd): void {
		this.#far = far;
		this.#pump();
	}
	send(frame: Record<string, unknown>): void {
		if (!this.#isNetworkUp) return;
		this.#toServer.push(JSON.stringify(frame));
		this.#deliver();
	}
	setReading(reads: boolean): void {
		this.#reads = reads;
		this.#pump();
	}
	/** Closes with 1000. What was sent before arrives first. */
	leave(): void {
		this.#far = undefined;
		const close = (): void => {
			if (this.#toServer.length === 0) this.#end(1000);
			else this.#server.after(1, close);
		};
		this.#server.after(this.#time.random() * NETWORK_MS, close);
	}
	/** Loses the connection. What is on its way is lost, and the server notices later. */
	cut(): void {
		this.#isNetworkUp = false;
		this.#toServer.length = 0;
		this.#closeFar(1006, "");
		this.#server.after(this.#time.random() * NOTICE_MS, () => this.#end(1006));
	}
	/** Ends without the server, which is dead. */
	vanish(): void {
		this.isOpen = false;
		this.#isNetworkUp = false;
		this.#time.after(this.#time.random() * NETWORK_MS, () =>
			this.#closeFar(1006, ""),
		);
	}

	#end(code: number): void {
		if (!this.isOpen) return;
		this.isOpen = false;
		this.#isNetworkUp = false;
		this.#release();
		this.#events?.closed(code, "");
		this.#onEnd();
	}

	#closeFar(code: number, reason: string): void {
		const far = this.#far;
		this.#far = undefined;
		far?.closed(code, reason);
	}

	/** Brings the next write to the far end. */
	#pump(): void {
		if (this.#isPumping || !this.#reads || this.#toClient.length === 0) return;
		this.#isPumping = true;
		this.#time.after(this.#time.random() * NETWORK_MS, () => {
			this.#isPumping = false;
			if (!this.#reads) return;
			const next = this.#toClient.shift();
			if (this.#backlog <= CLOSE_BACKLOG) this.#release();
			if (next && this.#isNetworkUp) {
				if (Buffer.isBuffer(next))
					for (const json of framesIn(next)) this.#far?.frame(json);
				if ("nonce" in next) {
					this.#toServer.push(next);
					this.#deliver();
				}
				if ("code" in next) this.#closeFar(next.code, next.reason);
			}
			this.#pump();
		});
	}

	/** Brings the next frame to the server. */
	#deliver(): void {
		if (this.#isDelivering || this.isPaused || this.#toServer.length === 0)
			return;
		this.#isDelivering = true;
		this.#server.after(this.#time.random() * NETWORK_MS, () => {
			this.#isDelivering = false;
			if (this.isPaused || !this.isOpen) return;
			const next = this.#toServer.shift();
			if (typeof next === "string")
				this.#events?.message(Buffer.from(next), false);
			else if (next) this.#events?.pong(next.nonce);
			this.#deliver();
		});
	}

	#release(): void {
		const drained = this.#drained;
		this.#drained = [];
		for (const resolve of drained) resolve();
	}
}

/** Returns the text of unmasked WebSocket frames (RFC 6455, section 5.2). */
function* framesIn(bytes: Buffer): Iterable<string> {
	for (let at = 0; at < bytes.length; ) {
		const short = bytes[at + 1] ?? 0;
		const start = at + (short < 126 ? 2 : 4);
		const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
		yield bytes.toString("utf8", start, start + length);
		at = start + length;
	}
}
