import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CloseCode } from "@secureconnect/protocol";
import type { Departure } from "../chat/presence.ts";
import type { BackloggedConnection, Backlogs } from "./backlog.ts";
import type { HeartbeatConnection } from "./heartbeat.ts";
import type { KernelQueue, KernelQueues } from "./kernel-queue.ts";
import type { ReceivingConnection, UnfinishedMessages } from "./unfinished.ts";
import {
	type ReadingContext,
	WebSocketEnd,
	type WebSocketEvents,
} from "./web-socket.ts";

/** Objects that all connections share. */
export interface ConnectionContext {
	readonly backlogs: Backlogs;
	readonly kernel: KernelQueues;
	readonly reading: ReadingContext;
	readonly unfinished: UnfinishedMessages;
}

/** Events of a connection. */
export interface ConnectionEvents extends Omit<WebSocketEvents, "unfinished"> {
	/** The peer takes nothing. The receiver closes the connection. */
	stalled(): void;
	/** A message from the peer makes too little progress. The receiver closes the connection. */
	tooSlow(): void;
}

const NOTHING = new Uint8Array();

/**
 * WebSocket connection, as bytes in and out. {@link WebSocketEnd} reads frames, answers pings and closes. Frames that
 * many connections share bypass it and are written to the socket whole.
 */
export class Connection
	implements HeartbeatConnection, BackloggedConnection, ReceivingConnection
{
	/** Id, unique over all nodes. */
	readonly id: string;
	/** Whether frames for the peer may be compressed. */
	readonly deflates: boolean;
	readonly #end: WebSocketEnd;
	readonly #events: ConnectionEvents;
	readonly #socket: Socket;
	readonly #context: ConnectionContext;
	#isCounted = false;
	#pingStart = 0;
	#pingEnd = 0;
	#closeCode: CloseCode | undefined;

	/** @param head bytes that arrived after the handshake */
	constructor(
		id: string,
		userId: string,
		socket: Duplex,
		head: Buffer,
		deflates: boolean,
		context: ConnectionContext,
		events: ConnectionEvents,
	) {
		this.id = id;
		this.deflates = deflates;
		this.#socket = socket as Socket;
		this.#context = context;
		this.#events = events;
		this.#end = new WebSocketEnd(
			this.#socket,
			head,
			userId,
			deflates,
			context.reading,
			{
				message: (data, isBinary) => events.message(data, isBinary),
				pong: (payload) => events.pong(payload),
				unfinished: () => context.unfinished.add(this),
				closed: (code, reason) => {
					context.unfinished.remove(this);
					context.backlogs.remove(this);
					events.closed(code, reason);
				},
			},
		);
	}

	get isOpen(): boolean {
		return this.#end.isOpen;
	}
	get isPaused(): boolean {
		return this.#end.isPaused;
	}
	get unfinished(): { message: number; bytes: number } | undefined {
		return this.#end.unfinished;
	}
	get isReceiving(): boolean {
		return this.unfinished !== undefined;
	}
	get backlogBytes(): number {
		return this.#socket.writableLength;
	}
	/** Returns whether so many bytes wait for the peer that no more may be written. */
	get isFull(): boolean {
		const { backlogBytes } = this;
		return backlogBytes > 0 && backlogBytes > this.#context.backlogs.limit;
	}
	/** Returns the number of bytes to write at once to a peer that has taken almost everything. */
	get pageBytes(): number {
		return this.#context.backlogs.limit / 2;
	}
	get bytesAccepted(): number {
		return this.#socket.bytesWritten - this.#socket.writableLength;
	}
	get pingSent(): boolean {
		return this.bytesAccepted >= this.#pingEnd;
	}

	held(): Promise<KernelQueue | undefined> {
		return this.#context.kernel.of(this.#socket);
	}
	pingWithin(bytes: number): boolean {
		return bytes >= this.#pingStart;
	}
	noteBacklog(): void {
		const { backlogBytes } = this;
		// A corked socket writes soon, so its backlog says nothing about the peer.
		if (this.#socket.writableCorked > 0) return;
		if (backlogBytes === 0 && !this.#isCounted) return;
		this.#isCounted = backlogBytes > 0;
		this.#context.backlogs.changed(this);
	}

	/** Writes whole frames at once. The parts need not match the frames. */
	write(parts: readonly Uint8Array[]): void {
		// No frame may follow a close frame (RFC 6455, section 5.5.1).
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

	/** Holds writes back until {@link uncork}. */
	cork(): void {
		this.#socket.cork();
	}
	uncork(): void {
		this.#socket.uncork();
		this.noteBacklog();
	}

	/** Resolves when the peer has taken almost everything, or when the connection is closed. */
	drained(): Promise<void> {
		if (
			!this.isOpen ||
			!this.#socket.writable ||
			this.backlogBytes <= this.#context.backlogs.limit / 4
		)
			return Promise.resolve();
		return new Promise((resolve) => {
			const done = (): void => {
				this.#socket.off("close", done);
				resolve();
			};
			this.#socket.on("close", done);
			// An empty write completes after everything queued before it. The "drain" event only fires at the socket's own
			// high-water mark, which is not low enough.
			this.#socket.write(NOTHING, done);
		});
	}

	ping(): void {
		if (!this.isOpen) return;
		this.#pingStart = this.#socket.bytesWritten;
		this.#end.ping();
		this.#pingEnd = this.#socket.bytesWritten;
		this.noteBacklog();
	}

	/** Sends a ping that does not belong to the heartbeat. */
	pingWith(payload: Buffer): void {
		if (!this.isOpen) return;
		this.#end.ping(payload);
		this.noteBacklog();
	}

	pause(): void {
		this.#end.pause();
	}
	resume(): void {
		this.#end.resume();
	}

	/** Sends a close frame. Later writes have no effect. */
	close(code: CloseCode, reason: string): void {
		this.#closeCode ??= code;
		this.#end.close(code, reason);
	}

	cut(): void {
		this.#end.cut();
	}
	stall(): void {
		// The close frame is queued behind bytes that the peer does not read. If the peer still reads nothing, the socket
		// is cut after 30 s.
		if (this.isOpen) this.#events.stalled();
	}
	giveUp(): void {
		if (this.isOpen) this.#events.tooSlow();
		this.#end.dropTheRest();
	}

	/**
	 * Returns how other users see the end of this connection.
	 * @param peerCode code of the peer's close frame; 1005 if the frame had none, 1006 if there was no frame
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
