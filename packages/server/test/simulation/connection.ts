import { randomUUID } from "node:crypto";
import type { Subscriber } from "../../src/chat/ports.ts";
import type { Departure } from "../../src/chat/presence.ts";
import type { Peer } from "../../src/gateway/peer.ts";
import type { ProcessTime, VirtualTime } from "./virtual-time.ts";

/** Client at the far end of a connection. */
export interface FarEnd {
	frame(json: string): void;
	closed(code: number, reason: string): void;
}

/** Longest delay of a byte on the network in milliseconds. */
const NETWORK_MS = 5;
/** Longest time in milliseconds until the server notices that the network lost a connection. */
const NOTICE_MS = 400;
/** Bytes that the server keeps for a slow peer: about three messages. */
const MAX_BACKLOG = 900;
const CLOSE_BACKLOG = MAX_BACKLOG / 4;

/**
 * Connection over a simulated network: bytes arrive late, the far end may stop reading, and both ends may notice an end
 * at different times.
 */
export class SimulatedConnection implements Subscriber {
	readonly id = randomUUID();
	readonly userId: string;
	readonly name = undefined;
	readonly isV1: boolean;
	readonly takesCompact = false;
	readonly pageBytes = MAX_BACKLOG / 2;
	readonly #time: VirtualTime;
	readonly #server: ProcessTime;
	readonly #onEnd: () => void;
	#peer: Peer | undefined;
	#far: FarEnd | undefined;
	/** Whether the far end reads. */
	#reads = true;
	#isPumping = false;
	readonly #toClient: (Buffer | { code: number; reason: string })[] = [];
	readonly #toServer: string[] = [];
	#isDelivering = false;
	#drained: (() => void)[] = [];
	#closeCode: number | undefined;
	isOpen = true;
	isPaused = false;
	#isNetworkUp = true;

	constructor(
		userId: string,
		isV1: boolean,
		time: VirtualTime,
		server: ProcessTime,
		onEnd: () => void,
	) {
		this.userId = userId;
		this.isV1 = isV1;
		this.#time = time;
		this.#server = server;
		this.#onEnd = onEnd;
	}

	attach(peer: Peer): void {
		this.#peer = peer;
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
		if (!this.isOpen) throw new Error("a write after the end");
		this.#toClient.push(Buffer.concat(parts));
		this.#pump();
	}
	drained(): Promise<void> {
		if (!this.isOpen || this.#backlog <= CLOSE_BACKLOG)
			return Promise.resolve();
		return new Promise((resolve) => this.#drained.push(resolve));
	}
	close(code: number, reason: string): void {
		if (!this.isOpen) return;
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
		this.#peer?.onClose(code, "");
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
					for (const json of next.toString().split("\n"))
						if (json) this.#far?.frame(json);
				if (!Buffer.isBuffer(next)) this.#closeFar(next.code, next.reason);
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
			if (next !== undefined) this.#peer?.onMessage(Buffer.from(next), false);
			this.#deliver();
		});
	}

	#release(): void {
		const drained = this.#drained;
		this.#drained = [];
		for (const resolve of drained) resolve();
	}
}
