import type {
	ClientFrame,
	ServerFrame,
	ServerFrameOf,
} from "@secureconnect/protocol";
import { attemptAfter } from "../backoff.ts";
import type { Channel, ChannelHandlers } from "../channel.ts";
import type { ConnectionState } from "../connection-state.ts";
import type { EnvironmentEvent } from "../environment.ts";
import { ChatError, type ClientErrorCode } from "../errors.ts";
import { type Read, readFrame } from "../frames.ts";
import { ownSocket, type SocketOptions } from "../own-socket.ts";
import { readInbox } from "./inbox-frames.ts";

/** What a seat asks of the socket that it shares. */
export interface SeatHost {
	readonly options: SocketOptions;
	readonly state: ConnectionState;
	/** The same state for a conversation without a subscription: `connecting` instead of `open`. */
	readonly joining: ConnectionState;
	/** What the server said about the whole connection, as fields of `welcome`. */
	readonly welcome: object;
	/** Adds a seat, and opens the socket if it is the first. */
	enter(seat: Seat): void;
	/** Removes a seat. The last one closes the socket. */
	exit(seat: Seat): void;
	/** Gives a seat a subscription or a socket of its own, once the server's answer allows it. */
	place(seat: Seat): void;
	send(frame: object): boolean;
	/** Asks for a subscription. */
	subscribe(frame: object): void;
	/** Ends a subscription. Drops its frames until the server has confirmed the end. */
	unsubscribe(conversationId: string): void;
	answered(): void;
	suspect(ms: number): void;
	reconnect(): void;
	/** A socket of one conversation connected again: the server may have been upgraded meanwhile. */
	returned(): void;
}

type Wire = Extract<Read, { frame: unknown }>["wire"];

/** `none`: no subscription. `asking`: `subscribe` was sent. `live`: the server answered with `subscribed`. */
type Phase = "none" | "asking" | "live";

/**
 * Connects one conversation by a subscription of the shared socket, or by a socket of its own if the server has no
 * inbox, or no more subscriptions.
 */
export class Seat implements Channel {
	readonly conversationId: string;
	readonly #host: SeatHost;
	readonly #handlers: ChannelHandlers;
	#phase: Phase = "none";
	/** State of this conversation alone, after the server refused or ended its subscription. */
	#alone: ConnectionState | undefined;
	#shown: ConnectionState;
	#own: Channel | undefined;
	/** The command that waits for its answer. */
	#onWay: ClientFrame | undefined;
	#pause: ReturnType<typeof setTimeout> | undefined;
	#attempts = 0;
	#restMs = 0;

	constructor(
		conversationId: string,
		host: SeatHost,
		handlers: ChannelHandlers,
	) {
		this.conversationId = conversationId;
		this.#host = host;
		this.#handlers = handlers;
		this.#shown = host.joining;
	}

	get state(): ConnectionState {
		return this.#own?.state ?? this.#shown;
	}
	/** Whether the seat takes one of the connection's subscriptions. */
	get isSeated(): boolean {
		return this.#phase !== "none";
	}
	/** Whether the seat waits for a socket of its own to open. */
	get isWaiting(): boolean {
		return this.#own !== undefined && this.#own.state.name !== "open";
	}
	/** Length of the command that waits for its answer; 0 without one. */
	get onWay(): number {
		return this.#onWay ? JSON.stringify(this.#onWay).length : 0;
	}

	start(): void {
		this.#host.enter(this);
	}

	send(frame: ClientFrame): boolean {
		if (this.#own) return this.#own.send(frame);
		const { conversationId } = this;
		const isSent =
			this.#phase === "live" && this.#host.send({ ...frame, conversationId });
		if (isSent && "clientMessageId" in frame) this.#onWay = frame;
		return isSent;
	}

	heard(frame: ServerFrame): void {
		this.#own?.heard(frame);
	}

	answered(): void {
		this.#onWay = undefined;
		(this.#own ?? this.#host).answered();
	}

	suspect(ms: number): void {
		(this.#own ?? this.#host).suspect(ms);
	}

	resync(): void {
		if (this.#own) this.#own.resync();
		else this.#again();
	}

	reconnect(): void {
		if (this.#own) {
			this.#own.reconnect();
			return;
		}
		if (this.#alone) this.#again();
		this.#host.reconnect();
	}

	noticed(type: EnvironmentEvent): void {
		this.#own?.noticed(type);
	}

	close(): void {
		const { state } = this;
		this.#leave();
		this.#host.exit(this);
		if (this.#own) this.#own.close();
		else this.#stop({ ...state, name: "closed" });
	}

	/** Shows the state of the shared socket after a change. */
	show(): void {
		if (this.#own) return;
		const { state, joining } = this.#host;
		const shown = this.#alone ?? (this.#phase === "live" ? state : joining);
		if (shown === this.#shown) return;
		this.#shown = shown;
		this.#handlers.changed(shown);
	}

	/** Handles the end of the shared socket, or of the subscription. */
	down(code: number): void {
		const isLive = this.#phase === "live";
		this.#phase = "none";
		clearTimeout(this.#pause);
		// A pause ends with the connection. The end of the conversation remains.
		if (this.#alone?.name === "waiting") this.#alone = undefined;
		if (isLive) this.#handlers.down(code);
		this.#onWay = undefined;
	}

	/** Asks for a subscription from the newest entry that was received. */
	subscribe(): void {
		if (this.#alone) return;
		const own = this.#own;
		this.#own = undefined;
		own?.close();
		this.#phase = "asking";
		const { conversationId } = this;
		this.#host.subscribe({ conversationId, ...this.#handlers.cursor() });
		this.show();
	}

	/** Opens a socket for this conversation alone, if it has none. */
	useOwn(): void {
		if (this.#own || this.#alone) return;
		const handlers = this.#handlers;
		let wasOpen = false;
		const own = ownSocket(this.conversationId, this.#host.options, {
			shapes: undefined,
			message: (text) => handlers.message(text),
			read: (read, text) => handlers.read(read, text),
			down: (code) => handlers.down(code),
			query: () => handlers.query(),
			cursor: () => handlers.cursor(),
			settled: () => handlers.settled(),
			end: handlers.end,
			changed: (state) => {
				if (this.#own === own) handlers.changed(state);
			},
			opened: () => {
				if (wasOpen) this.#host.returned();
				wasOpen = true;
			},
		});
		this.#own = own;
		own.start();
	}

	/** Handles a frame about the conversation. */
	frame(value: { readonly type?: unknown }, text: string): void {
		switch (value.type) {
			case "subscribed":
				if (this.#phase === "asking") this.#subscribed(value, text);
				return;
			case "unsubscribed":
				this.#unsubscribed(value);
				return;
		}
		const read = readFrame(value, false, this.#handlers.shapes);
		const { frame } = read as Extract<typeof read, { frame: unknown }>;
		if (frame?.type === "error" && this.#isRefusal(frame)) return;
		// Answers to commands need no subscription. Other frames without one are late.
		if (frame?.type === "ack" || frame?.type === "error")
			this.#handlers.read(read, text);
		else this.read(read, text);
	}

	/** Handles a frame for a conversation with a subscription. */
	read(read: Read, text: string): void {
		if (this.#phase === "live") this.#handlers.read(read, text);
	}

	#subscribed(value: object, text: string): void {
		const frame = readInbox(value);
		if (typeof frame === "string") {
			this.#handlers.read({ why: frame }, text);
			return;
		}
		this.#phase = "live";
		this.#attempts = this.#restMs = 0;
		this.show();
		const welcome = { ...frame, ...this.#host.welcome, type: "welcome" };
		this.#handlers.read(
			{ frame: welcome as ServerFrameOf["welcome"], wire: value as Wire },
			text,
		);
	}

	#unsubscribed(value: object): void {
		const { reason } = value as { readonly reason?: string };
		if (reason === "removed" || reason === "deleted")
			this.#fail(reason, `the server ended the subscription: ${reason}`);
		// Without a reason, it is the answer to an earlier `unsubscribe`.
		else if (reason !== undefined) this.#later();
	}

	/** Handles the refusal of a subscription. Returns false if the error is about a different frame. */
	#isRefusal(error: ServerFrameOf["error"]): boolean {
		const { code, message, clientMessageId, retryMs } = error;
		if (this.#phase !== "asking" || clientMessageId !== undefined) return false;
		switch (code) {
			case "not_participant":
				// The status of such a refusal to a socket of its own.
				this.#fail("forbidden", `the server refused: ${message}`, 403);
				return true;
			case "limit_reached":
				this.down(1006);
				this.useOwn();
				return true;
			case "invalid_frame":
			case "draining":
			case "unavailable":
				this.#later(retryMs);
				return true;
		}
		return false;
	}

	#fail(code: ClientErrorCode, message: string, status?: number): void {
		const error = new ChatError(code, message, status);
		this.#stop({ ...this.#host.joining, name: "failed", error });
	}

	/** Asks again after a pause: the server cannot serve this conversation now. */
	#later(atLeastMs = 0): void {
		const { joining } = this.#host;
		const next = attemptAfter(this.#attempts++, Math.random(), this.#restMs);
		const delayMs = Math.round(Math.max(atLeastMs, next.delayMs));
		this.#restMs = next.restMs;
		this.#leave();
		this.#stop({ ...joining, name: "waiting", delayMs, ordered: false });
		this.#pause = setTimeout(() => this.#again(), delayMs);
	}

	/** Shows a state of this conversation alone. */
	#stop(alone: ConnectionState): void {
		this.down(1006);
		this.#alone = alone;
		this.show();
	}

	#again(): void {
		this.#leave();
		this.down(1006);
		this.#alone = undefined;
		this.#host.place(this);
		this.show();
	}

	#leave(): void {
		if (this.isSeated) this.#host.unsubscribe(this.conversationId);
	}
}
