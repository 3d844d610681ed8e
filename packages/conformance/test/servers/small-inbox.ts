/** A small server with a connection for all conversations: handshake, subscriptions and commands. */
import type { IncomingMessage } from "node:http";
import { InboxClientFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { type Identity, Refused, UUID, VERSION } from "./small-door.ts";
import { checkFrame } from "./small-frames.ts";
import { type Inbox, MAX_SUBSCRIPTIONS, SmallList } from "./small-list.ts";
import { Conversation, type Fields } from "./small-log.ts";
import type { Connection } from "./small-talk.ts";

const LOOK_MS = 100;
const validators: Record<string, { Check(value: unknown): boolean }> = {
	subscribe: Compile(InboxClientFrames.subscribe),
	unsubscribe: Compile(InboxClientFrames.unsubscribe),
};

export class SmallInboxServer extends SmallList {
	/** Inbox of each subscription, and of each command without one. */
	readonly #inboxes = new WeakMap<Connection, Inbox>();
	/** Subscriptions that do not show their user as online. */
	readonly #hidden = new WeakSet<Connection>();

	// --- handshake

	override async admit(
		request: IncomingMessage,
	): Promise<(ws: WebSocket) => void> {
		if (!isInbox(request)) return super.admit(request);
		const identity = await this.checkInbox(request, true);
		return (ws) => this.openInbox(ws, identity);
	}

	override async checkPlain(request: IncomingMessage): Promise<void> {
		if (isInbox(request)) await this.checkInbox(request, false);
		else await super.checkPlain(request);
	}

	async checkInbox(
		request: IncomingMessage,
		upgrading: boolean,
	): Promise<Identity> {
		this.checkOrigin(request);
		const url = new URL(request.url ?? "/", "http://localhost");
		const identity = await this.identify(this.tokenOf(request, url));
		if (!upgrading || !this.offersEnough(request))
			throw new Refused(426, "upgrade required", {
				Upgrade: "websocket",
				"Sec-WebSocket-Version": "13",
			});
		return identity;
	}

	offersEnough({ headers }: IncomingMessage): boolean {
		const offered = headers["sec-websocket-protocol"] ?? "";
		return offered.split(/ *, */).includes(VERSION);
	}

	openInbox(ws: WebSocket, identity: Identity): void {
		const inbox: Inbox = {
			ws,
			identity,
			seats: new Map(),
			shown: new Map(),
			pongAt: performance.now(),
		};
		ws.on("message", (data: Buffer) => this.hear(inbox, data.toString()));
		ws.on("pong", () => {
			inbox.pongAt = performance.now();
		});
		ws.on("error", () => {});
		this.beatUntilClosed({ ws });
		const looking = setInterval(() => {
			if (this.isDead(inbox)) ws.terminate();
			else if (identity.expiresAt <= Date.now())
				ws.close(1008, "token expired");
			else this.look(inbox);
		}, LOOK_MS);
		ws.on("close", (code, reason) => {
			clearInterval(looking);
			for (const seat of inbox.seats.values())
				this.closed(seat, code, reason.toString());
		});
		this.greetInbox(inbox);
	}

	isDead({ pongAt }: Inbox): boolean {
		return performance.now() - pongAt > this.options.pongTimeoutMs;
	}

	// --- frames of a client

	/** Handles a frame. */
	hear(inbox: Inbox, text: string): void {
		let frame: Fields;
		try {
			frame = JSON.parse(text) as Fields;
		} catch {
			this.answer(inbox, undefined, "invalid_json");
			return;
		}
		if (frame.type === "auth") {
			void this.auth(this.nowhere(inbox), String(frame.access_token));
			return;
		}
		const { conversation_id: given } = frame;
		if (typeof given !== "string" || !UUID.test(given)) {
			this.answer(inbox, undefined, "invalid_frame");
			return;
		}
		const id = given.toLowerCase();
		const own = validators[String(frame.type)];
		if (!own) this.perform(inbox, id, text);
		else if (!own.Check(frame)) this.answer(inbox, id, "invalid_frame");
		else if (frame.type === "subscribe") this.subscribe(inbox, id, frame);
		else this.unsubscribe(inbox, id);
	}

	perform(inbox: Inbox, id: string, text: string): void {
		const checked = checkFrame(text, true);
		if (!checked.ok) {
			this.answer(inbox, id, checked.code, checked.frame);
			return;
		}
		const { frame } = checked;
		const conversation = this.conversations.get(id);
		if (!conversation?.participants.has(inbox.identity.userId)) {
			this.answer(inbox, id, "not_participant", frame);
			return;
		}
		this.handle(inbox.seats.get(id) ?? this.voice(inbox, conversation), frame);
	}

	subscribe(inbox: Inbox, id: string, frame: Fields): void {
		const { seats, identity } = inbox;
		if (seats.has(id)) {
			this.answer(inbox, id, "invalid_frame");
			return;
		}
		if (seats.size >= this.mostSubscriptions()) {
			this.answer(inbox, id, "limit_reached");
			return;
		}
		let conversation: Conversation;
		try {
			conversation = this.enterFor(id, identity);
		} catch {
			this.answer(inbox, id, "not_participant");
			return;
		}
		const url = new URL("http://localhost");
		for (const name of ["after", "after_seq"])
			if (name in frame) url.searchParams.set(name, String(frame[name]));
		const seat = this.voice(inbox, conversation);
		if (frame.presence === false) this.hide(seat);
		seats.set(id, seat);
		this.enterRoom(seat, this.deviceOf(frame), url);
	}

	/** Returns the conversation if the user may subscribe to it. @throws {Refused} */
	enterFor(id: string, identity: Identity): Conversation {
		return this.enter(id, identity, true);
	}

	deviceOf({ device_id }: Fields): string | undefined {
		return device_id === undefined
			? undefined
			: String(device_id).toLowerCase();
	}

	mostSubscriptions(): number {
		return MAX_SUBSCRIPTIONS;
	}

	hide(seat: Connection): void {
		this.#hidden.add(seat);
	}

	unsubscribe(inbox: Inbox, id: string): void {
		const seat = inbox.seats.get(id);
		inbox.seats.delete(id);
		if (seat) this.leave(seat);
		this.tell(inbox.ws, "unsubscribed", { conversation_id: id });
	}

	/** Ends a subscription without a frame. */
	leave(seat: Connection): void {
		this.closed(seat, 1000, "");
	}

	/** Creates a connection in a conversation that shares the socket of an inbox. */
	voice(inbox: Inbox, conversation: Conversation): Connection {
		const { ws, identity } = inbox;
		const seat: Connection = {
			ws,
			conversation,
			identity,
			v1: true,
			nextSeq: 0,
			live: false,
			// The inbox proves that the socket is alive.
			pongAt: Number.POSITIVE_INFINITY,
			invalid: 0,
			gone: false,
		};
		this.#inboxes.set(seat, inbox);
		return seat;
	}

	/** Creates a connection that is in no conversation. */
	nowhere(inbox: Inbox): Connection {
		const { userId } = inbox.identity;
		return this.voice(inbox, new Conversation("", userId, null, {}));
	}

	answer(
		inbox: Inbox,
		id: string | undefined,
		code: string,
		frame: Fields = {},
	): void {
		const { client_message_id } = frame;
		this.tell(inbox.ws, "error", {
			...(id === undefined ? {} : { conversation_id: id }),
			...(client_message_id === undefined ? {} : { client_message_id }),
			code,
			message: code.replaceAll("_", " "),
		});
	}

	// --- subscriptions in their conversations

	override greet(connection: Connection, recovered: boolean): void {
		if (!this.#inboxes.has(connection)) {
			super.greet(connection, recovered);
			return;
		}
		const { conversation, identity } = connection;
		const {
			type: _,
			user_id: __,
			limits: ___,
			intervals: ____,
			expires_at: _____,
			...fields
		} = this.welcome(connection, recovered);
		this.send(connection, { type: "subscribed", ...fields });
		this.send(connection, this.about("user_joined", conversation, identity));
	}

	override send(connection: Connection, frame: Fields): void {
		super.send(
			connection,
			this.#inboxes.has(connection) ? this.named(connection, frame) : frame,
		);
	}

	/** Adds the name of the conversation to an answer. */
	named({ conversation: { id } }: Connection, frame: Fields): Fields {
		const { type } = frame;
		return id !== "" && (type === "ack" || type === "error")
			? { ...frame, conversation_id: id }
			: frame;
	}

	override getsCopies(connection: Connection): boolean {
		const inbox = this.#inboxes.get(connection);
		return !inbox || inbox.seats.get(connection.conversation.id) === connection;
	}

	override present(conversation: Conversation): Connection[] {
		return super.present(conversation).filter((it) => !this.#hidden.has(it));
	}

	override comesOnline(connection: Connection): boolean {
		return !this.#hidden.has(connection) && super.comesOnline(connection);
	}

	override closed(connection: Connection, code: number, reason: string): void {
		if (this.#hidden.has(connection)) {
			connection.gone = true;
			this.connections.delete(connection);
		} else super.closed(connection, code, reason);
	}

	override expel(connection: Connection): void {
		if (this.#inboxes.has(connection)) this.endSeat(connection, "removed");
		else super.expel(connection);
	}

	override dismiss(connection: Connection): void {
		if (this.#inboxes.has(connection)) this.endSeat(connection, "deleted");
		else super.dismiss(connection);
	}

	endSeat(seat: Connection, reason: string): void {
		const { id } = seat.conversation;
		this.#inboxes.get(seat)?.seats.delete(id);
		this.closed(seat, 1008, reason);
		this.tell(seat.ws, "unsubscribed", { conversation_id: id, reason });
	}
}

function isInbox({ url = "" }: IncomingMessage): boolean {
	return url.split("?")[0] === "/v1/ws/inbox";
}
