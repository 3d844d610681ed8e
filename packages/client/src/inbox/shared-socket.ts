import type { ClientFrame, InboxServerFrameOf } from "@secureconnect/protocol";
import type { ConnectionState } from "../connection-state.ts";
import { ChatError } from "../errors.ts";
import { parseFrame, readFrame } from "../frames.ts";
import type { SocketOptions } from "../own-socket.ts";
import { ReconnectingSocket } from "../reconnecting-socket.ts";
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
	readonly #seats = new Set<Seat>();
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
		const { endpoint, tokens, protocol } = options;
		this.options = options;
		this.#list = list;
		this.#socket = new ReconnectingSocket(
			atInbox(endpoint.chat),
			atInbox(endpoint.probe),
			tokens,
			protocol,
			{
				changed: (state) => this.#changed(state),
				opened: () => {},
				message: (text) => this.#message(text),
				down: (code) => this.#down(code),
				query: () => ({}),
				settled: () => Promise.resolve(),
				end: (_, status) =>
					status === 404
						? new ChatError("not_found", "the server has no inbox", status)
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
	get welcome(): SeatHost["welcome"] {
		const { userId = "", limits } = this.#inbox ?? {};
		return {
			userId,
			maxMessageBytes: (limits?.maxMessageBytes ?? ID_BYTES) - ID_BYTES,
		};
	}

	enter(seat: Seat): void {
		this.#seats.add(seat);
		this.#open();
		this.place(seat);
		seat.show();
	}

	exit(seat: Seat): void {
		this.#seats.delete(seat);
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
			for (const { isSeated } of this.#seats) if (isSeated) seated++;
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
		if (!this.#socket.isOpen) this.#socket.dispatch({ type: "reconnect" });
	}

	check(): void {
		this.#socket.noticed("woken");
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

	/** Closes a socket that neither a conversation nor a listener needs. */
	#rest(): void {
		if (this.#seats.size === 0 && this.#listeners === 0) this.close();
	}

	#changed(state: ConnectionState): void {
		if (state.name === "failed" && state.error.code === "not_found") {
			this.#hasInbox = false;
			for (const seat of this.#seats) seat.useOwn();
			this.#socket.close();
		} else {
			if (state.name === "open") {
				const { since: _, ...rest } = state;
				this.#joining = { ...rest, name: "connecting" };
			} else this.#joining = state;
			for (const seat of this.#seats) seat.show();
		}
		this.#list.changed();
	}

	#down(code: number): void {
		this.#inbox = undefined;
		this.#leaving.clear();
		// If several conversations have a command under way, the longest is the one that is too long.
		const [longest] = BLAMING_CLOSES.includes(code)
			? [...this.#seats].sort((a, b) => b.onWay - a.onWay)
			: [];
		for (const seat of this.#seats) seat.down(seat === longest ? code : 1006);
	}

	#message(text = ""): void {
		const value = parseFrame(text) as Readonly<Record<string, unknown>> | null;
		const { type, conversation_id: id } = value ?? {};
		const isOfSeat = type === "subscribed" || type === "unsubscribed";
		if (isInboxType(type) && !isOfSeat) this.#listed(value ?? {});
		else if (typeof id === "string") this.#pass(id, value ?? {}, text);
		else this.#own(value);
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
		for (const seat of this.#seats)
			if (seat.conversationId === id) seat.frame(value, text);
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
		this.#socket.welcomed(frame);
		for (const seat of this.#seats) this.place(seat);
	}

	/** Handles a frame about the connection. */
	#own(value: unknown): void {
		const read = readFrame(value, false);
		if (!("frame" in read)) {
			if (read.why) this.#list.invalid(read.why);
			return;
		}
		const { frame } = read;
		if (frame.type === "auth_ok") this.#socket.renewed(frame);
		else if (frame.type === "error" && frame.code === "unauthorized")
			this.#socket.renewLater();
	}
}

/** Returns the inbox's URL, which is beside that of the chat. */
function atInbox(chatUrl: string): string {
	return chatUrl.replace(/chat$/, "inbox");
}
