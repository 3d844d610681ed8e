import type { ClientFrame, InboxServerFrameOf } from "@secureconnect/protocol";
import type { ConnectionState } from "../connection-state.ts";
import type { EnvironmentEvent } from "../environment.ts";
import { ChatError } from "../errors.ts";
import { parseFrame, readFrame } from "../frames.ts";
import type { SocketOptions } from "../own-socket.ts";
import { ReconnectingSocket } from "../reconnecting-socket.ts";
import type { OpenSocket } from "../transport/transport.ts";
import { isInboxType, type ListFrame, readInbox } from "./inbox-frames.ts";
import type { Seat, SeatHost } from "./seat.ts";

/** The list's side of the shared socket. */
export interface ListHandlers {
	/** A frame changed the list. @param wire the frame as on the wire */
	list(frame: ListFrame, wire: object): void;
	/** The connection changed state. */
	changed(): void;
	/** A frame violated the protocol and was dropped. */
	invalid(why: string): void;
}

/** The close codes that blame a frame: unsupported data, invalid payload, message too big. */
const BLAMING_CLOSES: readonly number[] = [1003, 1007, 1009];
/** Bytes of `"conversation_id":"…",`, which each frame of a conversation has here. */
const ID_BYTES = 57;

/** The one WebSocket of a client: it carries the list and all conversations. */
export class SharedSocket implements SeatHost {
	readonly options: SocketOptions;
	readonly #list: ListHandlers;
	readonly #socket: ReconnectingSocket;
	readonly #seats = new Map<string, Seat>();
	/** For each conversation, the number of `unsubscribe` frames that the server has not answered. */
	readonly #leaving = new Map<string, number>();
	/** Listeners of the list, which keep the socket open. */
	#listeners = 0;
	#isStarted = false;
	/** Whether the server has an inbox; undefined until it has answered. */
	#hasInbox: boolean | undefined;
	#inbox: InboxServerFrameOf["inbox"] | undefined;
	#joining: ConnectionState;

	constructor(options: SocketOptions, list: ListHandlers) {
		const { endpoint, tokens, protocol, transport } = options;
		this.options = options;
		this.#list = list;
		let loaded: OpenSocket | undefined;
		this.#socket = new ReconnectingSocket(
			atInbox(endpoint.chat),
			atInbox(endpoint.probe),
			transport
				? {
						// A connection begins with its token, so the transport is loaded with it.
						get: async (refused) => {
							const token = await tokens.get(refused);
							loaded ??= await transport();
							return token;
						},
						abandon: () => tokens.abandon(),
						get claims() {
							return tokens.claims;
						},
					}
				: tokens,
			protocol,
			{
				changed: (state) => this.#changed(state),
				opened: () => {},
				message: (text) => this.#message(text),
				down: (code) => this.#down(code),
				query: () => ({}),
				settled: () => Promise.resolve(),
				get open() {
					return loaded;
				},
				end: (event) =>
					event.type === "answered" && event.status === 404
						? new ChatError("not_found", "the server has no inbox")
						: undefined,
			},
		);
		this.#joining = this.#socket.state;
	}

	get state(): ConnectionState {
		return this.#socket.state;
	}
	get joining(): ConnectionState {
		return this.#joining;
	}
	/** False with a server that has no inbox: every conversation has a socket of its own. */
	get isAvailable(): boolean {
		return this.#hasInbox !== false;
	}
	/** Whether the server has sent the list on this connection. */
	get isLive(): boolean {
		return this.#inbox !== undefined;
	}
	get welcome(): object {
		const { userId, limits } = this.#inbox ?? {};
		const maxMessageBytes = (limits?.maxMessageBytes ?? 0) - ID_BYTES;
		return { userId, limits: { maxMessageBytes } };
	}

	enter(seat: Seat): void {
		this.#seats.set(seat.conversationId, seat);
		this.#open();
		this.place(seat);
		seat.show();
	}

	exit(seat: Seat): void {
		this.#seats.delete(seat.conversationId);
		// A conversation whose own socket does not open takes the place.
		const waiting = [...this.#all].find(({ isWaiting }) => isWaiting);
		if (waiting) this.place(waiting);
		this.#rest();
	}

	/** Keeps the socket open for a listener of the list. Returns a function that ends this. */
	hold(): () => void {
		this.#listeners++;
		this.#open();
		return () => {
			this.#listeners--;
			this.#rest();
		};
	}

	place(seat: Seat): void {
		if (this.#hasInbox === false) seat.useOwn();
		else if (this.#inbox) {
			let seated = 0;
			for (const { isSeated } of this.#all) if (isSeated) seated++;
			if (seated < this.#inbox.limits.maxSubscriptions) seat.subscribe();
			else seat.useOwn();
		}
	}

	send(frame: object): boolean {
		// A frame of a chat, with the id of its conversation.
		return this.#socket.send(frame as ClientFrame);
	}

	subscribe(frame: object): void {
		this.send({ type: "subscribe", ...frame });
		this.#socket.expect();
	}

	unsubscribe(conversationId: string): void {
		if (!this.send({ type: "unsubscribe", conversationId })) return;
		const before = this.#leaving.get(conversationId) ?? 0;
		this.#leaving.set(conversationId, before + 1);
	}

	answered(): void {
		this.#socket.answered();
	}

	suspect(ms: number): void {
		this.#socket.suspect(ms);
	}

	reconnect(): void {
		if (!this.#socket.isOpen) this.#socket.reconnect();
	}

	noticed(type: EnvironmentEvent): void {
		this.#socket.noticed(type);
	}

	returned(): void {
		if (this.#hasInbox === false && this.state.name === "closed")
			this.#socket.start();
	}

	close(): void {
		this.#socket.close();
	}

	#open(): void {
		const { name } = this.state;
		// A new conversation or listener is a reason to try again, as it was with a socket for each.
		if (
			this.#hasInbox !== false &&
			(!this.#isStarted ||
				name === "closed" ||
				name === "failed" ||
				name === "given_up")
		) {
			this.#isStarted = true;
			this.#socket.start();
		}
	}

	get #all(): Iterable<Seat> {
		return this.#seats.values();
	}

	/** Closes a socket that neither a conversation nor a listener needs. */
	#rest(): void {
		if (this.#seats.size === 0 && this.#listeners === 0) this.close();
	}

	#changed(state: ConnectionState): void {
		if (state.name === "failed" && state.error.code === "not_found") {
			this.#hasInbox = false;
			for (const seat of this.#all) seat.useOwn();
			this.#socket.close();
		} else {
			// A conversation that was connecting remains so until it has its subscription.
			if (state.name !== "open") this.#joining = state;
			else if (
				this.#joining.name !== "connecting" ||
				this.#joining.problem !== state.problem
			) {
				const { since: _, ...rest } = state;
				this.#joining = { ...rest, name: "connecting" };
			}
			for (const seat of this.#all) seat.show();
		}
		this.#list.changed();
	}

	#down(code: number): void {
		this.#inbox = undefined;
		this.#leaving.clear();
		// If several conversations have a command under way, the longest is the one that is too long.
		const [longest] = BLAMING_CLOSES.includes(code)
			? [...this.#all].sort((a, b) => b.onWay - a.onWay)
			: [];
		for (const seat of this.#all) seat.down(seat === longest ? code : 1006);
	}

	#message(text = ""): void {
		const value = parseFrame(text) as Readonly<Record<string, unknown>> | null;
		const { type, conversation_id: id } = value ?? {};
		const isOfSeat = type === "subscribed" || type === "unsubscribed";
		if (isInboxType(type) && !isOfSeat) this.#listed(value ?? {});
		else if (typeof id === "string") this.#pass(id, value ?? {}, text);
		else this.#own(value, text);
	}

	/** Passes a frame to its conversation's seat, unless it belongs to a subscription that was given up. */
	#pass(id: string, value: { readonly type?: unknown }, text: string): void {
		const left = this.#leaving.get(id);
		if (left !== undefined) {
			if (value.type === "unsubscribed" && !("reason" in value))
				if (left > 1) this.#leaving.set(id, left - 1);
				else this.#leaving.delete(id);
			// Answers to commands do not belong to a subscription.
			const isAnswer = value.type === "ack" || value.type === "error";
			if (!isAnswer || !("client_message_id" in value)) return;
		}
		this.#seats.get(id)?.frame(value, text);
	}

	#listed(value: object): void {
		const frame = readInbox(value);
		if (typeof frame === "string") {
			this.#list.invalid(frame);
			return;
		}
		if (frame.type === "inbox") this.#welcomed(frame);
		this.#list.list(frame as ListFrame, value);
	}

	#welcomed(frame: InboxServerFrameOf["inbox"]): void {
		this.#hasInbox = true;
		this.#inbox = frame;
		this.#socket.heard(frame);
		for (const seat of this.#all) this.place(seat);
	}

	/** Handles a frame about the connection. */
	#own(value: unknown, text: string): void {
		const read = readFrame(value, false);
		if (!("frame" in read)) {
			if (read.why) this.#list.invalid(read.why);
			return;
		}
		// A refused token concerns every conversation.
		this.#socket.heard(read.frame);
		for (const seat of this.#all) seat.read(read, text);
	}
}

/** Returns the inbox's URL, which is beside that of the chat. */
function atInbox(chatUrl: string): string {
	return chatUrl.replace(/chat$/, "inbox");
}
