import type { Socket } from "node:net";
import { CloseCode } from "@secureconnect/protocol";
import type { Turns } from "../fair/turns.ts";
import { FrameReader, NO_CODE, type ReaderLimits } from "./frame-reader.ts";
import { controlFrame } from "./framing.ts";
import type { Intake } from "./intake.ts";

/** Events from a peer. */
export interface WebSocketEvents {
	/** @param data valid only during this call */
	message(data: Buffer, isBinary: boolean): void;
	pong(payload: Buffer): void;
	/** A message or frame has begun and is not complete. */
	unfinished(): void;
	/**
	 * The socket is closed.
	 * @param code code of the peer's close frame; 1005 if the frame had none, 1006 if there was no frame
	 */
	closed(code: number, reason: string): void;
}

/** Objects that all sockets share. */
export interface ReadingContext {
	readonly turns: Turns;
	readonly intake: Intake;
	readonly limits: ReaderLimits;
}

/** Longest time in milliseconds that one connection's frames take before the next connection's turn. */
const SLICE_MS = 0.25;
/** Milliseconds from a close frame, sent or received, until the server ends a socket that the peer does not end. */
const CLOSE_TIMEOUT_MS = 30_000;
/**
 * Maximum number of bytes read and dropped after a fault. Ending a socket with unread bytes may lose the close frame.
 */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const NO_FRAME = 1006;
const TOO_MUCH = "too many unfinished messages";

/**
 * Server end of a WebSocket (RFC 6455) after its handshake. It reads frames in the user's turns, answers pings, and
 * closes. Other frames bypass it. Each is written to the socket in one piece, so that frames cannot mix.
 */
export class WebSocketEnd {
	readonly #socket: Socket;
	readonly #userId: string;
	readonly #reading: ReadingContext;
	readonly #events: WebSocketEvents;
	readonly #deflates: boolean;
	#reader: FrameReader;
	#state: "open" | "closing" | "closed" = "open";
	#isPaused = false;
	/** Whether frames wait for their turn or for room. */
	#waits = false;
	#isHandling = false;
	/** Whether the server drops everything that the peer still sends. */
	#drops = false;
	#dropped = 0;
	#hasEnded = false;
	#heldBytes = 0;
	#pongDue: Buffer | undefined;
	#pongIsScheduled = false;
	#peerCode = NO_FRAME;
	#peerReason = "";
	#closeTimer: NodeJS.Timeout | undefined;

	constructor(
		socket: Socket,
		head: Buffer,
		userId: string,
		deflates: boolean,
		reading: ReadingContext,
		events: WebSocketEvents,
	) {
		this.#socket = socket;
		this.#userId = userId;
		this.#reading = reading;
		this.#events = events;
		this.#deflates = deflates;
		this.#reader = new FrameReader(reading.limits, deflates);
		socket.setTimeout(0);
		socket.setNoDelay();
		if (head.length > 0) socket.unshift(head);
		socket.on("data", (chunk: Buffer) => this.#take(chunk));
		socket.on("end", () => {
			this.#hasEnded = true;
			if (!this.#waits && !this.#isPaused) this.#end();
		});
		// The socket is destroyed after an error, and its close event is handled.
		socket.on("error", () => {});
		socket.on("close", () => this.#gone());
	}

	get isOpen(): boolean {
		return this.#state === "open";
	}
	/** Returns whether frames from the peer may be waiting on this side. */
	get isPaused(): boolean {
		return this.#isPaused || this.#waits;
	}
	/** Returns the progress of the peer's unfinished message; undefined if there is none. */
	get unfinished(): { message: number; bytes: number } | undefined {
		return this.#reader.isUnfinished
			? {
					message: this.#reader.messages,
					bytes: this.#reader.unfinishedBytes,
				}
			: undefined;
	}

	/** Stops reading after the frame that is being handled. */
	pause(): void {
		// After a close frame the server must read the peer's answer. Otherwise closing would wait for its timeout.
		if (!this.isOpen) return;
		this.#isPaused = true;
		this.#socket.pause();
	}

	resume(): void {
		if (!this.#isPaused || this.#state === "closed") return;
		this.#isPaused = false;
		if (!this.#waits && !this.#isHandling) this.#advance();
	}

	ping(payload?: Buffer): void {
		if (this.isOpen) this.#socket.write(controlFrame(PING, payload));
	}

	/** Sends a close frame and reads on until the peer's close frame. */
	close(code?: number, reason = ""): void {
		if (!this.isOpen) return;
		this.#state = "closing";
		this.#reader.ignoreMessages();
		this.#socket.write(closeFrame(code, reason));
		this.#closeTimer = setTimeout(
			() => this.#socket.destroy(),
			CLOSE_TIMEOUT_MS,
		);
		// The server must read the peer's answer. Otherwise the socket would stay open until its timeout.
		this.resume();
	}

	/** Ends this side of the socket and frees the bytes kept of the peer's frames. */
	dropTheRest(): void {
		if (this.#drops) return;
		this.#drops = true;
		this.#forget();
		this.#socket.end();
		this.resume();
	}

	/** Ends the socket without a close frame. */
	cut(): void {
		if (this.isOpen) this.#state = "closing";
		this.#socket.destroy();
	}

	#take(chunk: Buffer): void {
		if (this.#drops) this.#dropped += chunk.length;
		else this.#reader.push(chunk);
		if (this.#dropped > MAX_DROPPED_BYTES) this.cut();
		else this.#advance();
	}

	#advance(): void {
		this.#waits = true;
		this.#reading.turns.run(this.#userId, this.#handle);
		if (!this.#waits) return;
		// Keeps up to 2 MiB, which libuv would otherwise read now, in the kernel.
		this.#socket.pause();
		this.#count();
	}

	/** Handles frames for at most {@link SLICE_MS}. */
	readonly #handle = (): void => {
		this.#waits = false;
		if (this.#state === "closed") return;
		this.#isHandling = true;
		const isDone = this.#drops || this.#handleFrames();
		this.#isHandling = false;
		if (!this.#isPaused && !this.#waits) {
			if (!isDone) this.#goOnLater();
			else if (this.#hasEnded) this.#end();
			else {
				if (this.#reader.isUnfinished) this.#events.unfinished();
				if (this.#socket.isPaused()) this.#socket.resume();
			}
		}
		this.#count();
	};

	/** @returns whether no whole frame is left */
	#handleFrames(): boolean {
		const { intake } = this.#reading;
		const until = performance.now() + SLICE_MS;
		do {
			if (this.#isPaused) return false;
			if (this.isOpen && intake.isFull(this.#userId)) {
				this.#waits = true;
				this.#socket.pause();
				intake.whenRoom(this.#userId, () => this.#goOnLater());
				return false;
			}
			const received = this.#reader.next();
			if (!received) return true;
			switch (received.kind) {
				case "message":
					if (this.isOpen)
						this.#events.message(received.data, received.isBinary);
					break;
				case "ping":
					this.#answer(received.payload);
					break;
				case "pong":
					this.#events.pong(received.payload);
					break;
				case "close":
					this.#peerCode = received.code;
					this.#peerReason = received.reason.toString();
					if (received.code === NO_CODE) this.close();
					else this.close(received.code, this.#peerReason);
					this.dropTheRest();
					return true;
				case "fault":
					this.#refuse(received.code);
					return true;
			}
		} while (performance.now() < until);
		return false;
	}

	#goOnLater(): void {
		this.#waits = true;
		this.#reading.turns.later(this.#userId, this.#handle);
		this.#socket.pause();
	}

	/**
	 * Answers the newest ping, once per turn of the event loop and not while an answer waits (RFC 6455, section 5.5.3).
	 */
	#answer(payload: Buffer): void {
		this.#pongDue = Buffer.from(payload);
		if (this.#pongIsScheduled) return;
		this.#pongIsScheduled = true;
		setImmediate(() => this.#pong());
	}

	#pong(): void {
		const payload = this.#pongDue;
		this.#pongDue = undefined;
		if (!payload || !this.isOpen) {
			this.#pongIsScheduled = false;
			return;
		}
		this.#socket.write(controlFrame(PONG, payload), () => {
			setImmediate(() => this.#pong());
		});
	}

	#refuse(code: number, reason = ""): void {
		this.close(code, reason);
		this.dropTheRest();
	}

	/** Counts the bytes kept of the peer's frames. If there is no room for them, the bytes are dropped. */
	#count(): void {
		const change = this.#reader.heldBytes - this.#heldBytes;
		if (change === 0) return;
		if (this.#reading.intake.hold(this.#userId, change))
			this.#heldBytes += change;
		else this.#refuse(CloseCode.tryAgainLater, TOO_MUCH);
	}

	#forget(): void {
		this.#reader = new FrameReader(this.#reading.limits, this.#deflates);
		this.#count();
	}

	#end(): void {
		if (this.isOpen) this.#state = "closing";
		this.#socket.end();
		// A peer that ended its side and reads nothing would keep the socket open.
		this.#closeTimer ??= setTimeout(
			() => this.#socket.destroy(),
			CLOSE_TIMEOUT_MS,
		);
	}

	#gone(): void {
		this.#state = "closed";
		clearTimeout(this.#closeTimer);
		this.#forget();
		this.#events.closed(this.#peerCode, this.#peerReason);
	}
}

function closeFrame(code: number | undefined, reason: string): Buffer {
	if (code === undefined) return controlFrame(CLOSE);
	const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
	payload.writeUInt16BE(code);
	payload.write(reason, 2);
	return controlFrame(CLOSE, payload);
}
