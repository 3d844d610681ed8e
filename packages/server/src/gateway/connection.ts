import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CloseCode } from "@secureconnect/protocol";
import { WebSocket } from "ws";
import type { Subscriber } from "../chat/ports.ts";
import type { Departure } from "../chat/presence.ts";
import type { Backlogged, Backlogs } from "./backlog.ts";
import type { Beating } from "./heartbeat.ts";
import type { KernelQueue, KernelQueues } from "./kernel-queue.ts";

/** What all connections share. */
export interface Shared {
	readonly backlogs: Backlogs;
	readonly kernel: KernelQueues;
}

const NOTHING = new Uint8Array();

/**
 * One WebSocket, as bytes in and out. `ws` reads frames, answers pings and closes; frames that many connections share
 * are written to its socket whole, past it, which is safe because `ws` too writes each frame in one go.
 */
export class Connection implements Subscriber, Beating, Backlogged {
	readonly id: string;
	readonly userId: string;
	readonly name: string | undefined;
	readonly takesCompact: boolean;
	/** Sees to it that a peer which takes nothing is put out. */
	onStall: () => void = () => {};
	readonly #ws: WebSocket;
	readonly #socket: Socket;
	readonly #shared: Shared;
	#isCounted = false;
	#pingStart = 0;
	#pingEnd = 0;
	#closeCode: CloseCode | undefined;

	constructor(
		id: string,
		user: { readonly userId: string; readonly name: string | undefined },
		ws: WebSocket,
		socket: Duplex,
		takesCompact: boolean,
		shared: Shared,
	) {
		this.id = id;
		this.userId = user.userId;
		this.name = user.name;
		this.takesCompact = takesCompact;
		this.#ws = ws;
		this.#socket = socket as Socket;
		this.#shared = shared;
	}

	get isOpen(): boolean {
		return this.#ws.readyState === WebSocket.OPEN;
	}
	get isPaused(): boolean {
		return this.#ws.isPaused;
	}
	get backlogBytes(): number {
		return this.#socket.writableLength;
	}
	get isFull(): boolean {
		const { backlogBytes } = this;
		return backlogBytes > 0 && backlogBytes > this.#shared.backlogs.limit;
	}
	get pageBytes(): number {
		return this.#shared.backlogs.limit / 2;
	}
	get bytesAccepted(): number {
		return this.#socket.bytesWritten - this.#socket.writableLength;
	}
	get pingSent(): boolean {
		return this.bytesAccepted >= this.#pingEnd;
	}

	held(): Promise<KernelQueue | undefined> {
		return this.#shared.kernel.of(this.#socket);
	}
	pingWithin(bytes: number): boolean {
		return bytes >= this.#pingStart;
	}
	noteBacklog(): void {
		const { backlogBytes } = this;
		// A corked socket writes in a moment: what waits then says nothing of the peer.
		if (this.#socket.writableCorked > 0) return;
		if (backlogBytes === 0 && !this.#isCounted) return;
		this.#isCounted = backlogBytes > 0;
		this.#shared.backlogs.changed(this);
	}

	write(parts: readonly Uint8Array[]): void {
		// After a close frame nothing may follow (RFC 6455, section 5.5.1).
		if (!this.isOpen || !this.#socket.writable) return;
		const [first] = parts;
		if (parts.length === 1 && first) this.#socket.write(first);
		else {
			this.#socket.cork();
			for (const part of parts) this.#socket.write(part);
			this.#socket.uncork();
		}
		this.noteBacklog();
	}

	drained(): Promise<void> {
		if (
			!this.isOpen ||
			!this.#socket.writable ||
			this.backlogBytes <= this.#shared.backlogs.limit / 4
		)
			return Promise.resolve();
		return new Promise((resolve) => {
			const done = (): void => {
				this.#socket.off("close", done);
				resolve();
			};
			this.#socket.on("close", done);
			// Stands behind all that waits, and is done with it: "drain" is not to be had for less than the socket's own mark.
			this.#socket.write(NOTHING, done);
		});
	}

	ping(): void {
		if (!this.isOpen) return;
		this.#pingStart = this.#socket.bytesWritten;
		this.#ws.ping();
		this.#pingEnd = this.#socket.bytesWritten;
		this.noteBacklog();
	}

	/** A ping that is none of the heartbeat's. */
	pingWith(payload: Buffer): void {
		if (!this.isOpen) return;
		this.#ws.ping(payload);
		this.noteBacklog();
	}

	pause(): void {
		this.#ws.pause();
	}
	resume(): void {
		this.#ws.resume();
	}

	close(code: CloseCode, reason: string): void {
		this.#closeCode ??= code;
		// The peer's answer must be read, or the socket would wait for it until its time-out.
		this.resume();
		this.#ws.close(code, reason);
	}

	cut(): void {
		this.#ws.terminate();
	}
	stall(): void {
		// It stands behind what is not being read; a peer that still does not read is cut by ws after 30 s.
		if (this.isOpen) this.onStall();
	}

	/**
	 * How the end looks to the others.
	 * @param peerCode of the peer's close frame; 1005 where it gave none, 1006 where there was no frame.
	 */
	departure(peerCode: number, refreshesToken: boolean): Departure {
		if (this.#closeCode !== undefined)
			return this.#closeCode === CloseCode.policyViolation ? "left" : "lost";
		const NO_CODE = 1005;
		return (peerCode === CloseCode.normal && !refreshesToken) ||
			peerCode === NO_CODE
			? "left"
			: "lost";
	}
}
