import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CloseCode } from "@secureconnect/protocol";
import { WebSocket } from "ws";
import type { Subscriber } from "../chat/ports.ts";
import type { Departure } from "../chat/presence.ts";
import type { Beating } from "./heartbeat.ts";

/** Below this a socket counts as drained: it has next to nothing left to send. */
const DRAINED_BYTES = 64 * 1024;

/**
 * One WebSocket, as bytes in and out. `ws` reads frames, answers pings and closes; frames that many connections share
 * are written to its socket whole, past it, which is safe because `ws` too writes each frame in one go.
 */
export class Connection implements Subscriber, Beating {
	readonly id: string;
	readonly userId: string;
	readonly name: string | undefined;
	readonly takesCompact: boolean;
	readonly #ws: WebSocket;
	readonly #socket: Socket;
	#pingEnd = 0;
	#closeCode: CloseCode | undefined;

	constructor(
		id: string,
		user: { readonly userId: string; readonly name: string | undefined },
		ws: WebSocket,
		socket: Duplex,
		takesCompact: boolean,
	) {
		this.id = id;
		this.userId = user.userId;
		this.name = user.name;
		this.takesCompact = takesCompact;
		this.#ws = ws;
		this.#socket = socket as Socket;
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
	get bytesTaken(): number {
		return this.#socket.bytesWritten - this.#socket.writableLength;
	}
	get pingSent(): boolean {
		return this.bytesTaken >= this.#pingEnd;
	}

	write(parts: readonly Uint8Array[]): void {
		// After a close frame nothing may follow (RFC 6455, section 5.5.1).
		if (!this.isOpen || !this.#socket.writable) return;
		const [first] = parts;
		if (parts.length === 1 && first) {
			this.#socket.write(first);
			return;
		}
		this.#socket.cork();
		for (const part of parts) this.#socket.write(part);
		this.#socket.uncork();
	}

	drained(): Promise<void> {
		if (!this.isOpen || this.backlogBytes <= DRAINED_BYTES)
			return Promise.resolve();
		return new Promise((resolve) => {
			const done = (): void => {
				this.#socket.off("drain", done);
				this.#socket.off("close", done);
				resolve();
			};
			this.#socket.on("drain", done);
			this.#socket.on("close", done);
		});
	}

	ping(): void {
		if (!this.isOpen) return;
		this.#ws.ping();
		this.#pingEnd = this.#socket.bytesWritten;
	}

	/** A ping that is none of the heartbeat's. */
	pingWith(payload: Buffer): void {
		if (this.isOpen) this.#ws.ping(payload);
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
		this.close(CloseCode.tryAgainLater, "nothing was read for too long");
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
