/**
 * A small server with a connection for all conversations. It looks for changes of the lists several times a second,
 * instead of hearing of them, so that no other part of the server knows about lists.
 */
import type { IncomingMessage } from "node:http";
import { InboxClientFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { type Identity, Refused, UUID, VERSION } from "./small-door.ts";
import { checkFrame } from "./small-frames.ts";
import { Conversation, type Fields } from "./small-log.ts";
import { conversationsOf, listed } from "./small-rest.ts";
import { SmallServer } from "./small-server.ts";
import type { Connection } from "./small-talk.ts";

const LOOK_MS = 100;
const ROW_EVERY_MS = 1000;
const MAX_ROWS = 100;
const MAX_SUBSCRIPTIONS = 200;
const MAX_LISTED_BYTES = 4096;
const LISTED_CHARACTERS = 1000;
const validators: Record<string, { Check(value: unknown): boolean }> = {
	subscribe: Compile(InboxClientFrames.subscribe),
	unsubscribe: Compile(InboxClientFrames.unsubscribe),
};

/** What the server sent last about a conversation of the list. */
interface Shown {
	json: string;
	stamp: string;
	at: number;
}

/** A connection for all conversations of a user. */
export interface Inbox {
	readonly ws: WebSocket;
	readonly seats: Map<string, Connection>;
	readonly shown: Map<string, Shown>;
	readonly identity: Identity;
	pongAt: number;
}

export class SmallInboxServer extends SmallServer {
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

	// --- the list

	greetInbox(inbox: Inbox): void {
		this.tell(inbox.ws, "inbox", this.snapshot(inbox));
	}

	/** Returns the first frame of a connection, and records what it shows. */
	snapshot(inbox: Inbox): Fields {
		const { identity } = inbox;
		const { userId } = identity;
		const all = conversationsOf(this, userId);
		const rows = this.firstRows(all).map((it) => this.row(it, userId));
		for (const conversation of all) this.show(inbox, conversation);
		const { limits, intervals } = this.welcome(this.nowhere(inbox), false);
		return {
			user_id: userId,
			epoch: this.epoch,
			conversations: rows,
			more: all.length > rows.length,
			...this.totals(userId),
			limits: { ...(limits as Fields), max_subscriptions: MAX_SUBSCRIPTIONS },
			intervals,
			expires_at: new Date(identity.expiresAt).toISOString(),
		};
	}

	firstRows(all: readonly Conversation[]): Conversation[] {
		return all.slice(0, MAX_ROWS);
	}

	row(conversation: Conversation, userId: string): Fields {
		const { metadata: _, ...row } = listed(this, conversation, userId);
		return { ...row, last_message: this.shortened(row.last_message) };
	}

	shortened(message: unknown): unknown {
		const { content } = (message ?? {}) as Fields;
		return Buffer.byteLength(JSON.stringify(message)) > MAX_LISTED_BYTES
			? {
					...(message as Fields),
					content: Array.from(String(content))
						.slice(0, LISTED_CHARACTERS)
						.join(""),
					metadata: {},
					truncated: true,
				}
			: message;
	}

	totals(userId: string): Fields {
		let [total_unread, total_mentions] = [0, 0];
		for (const conversation of conversationsOf(this, userId)) {
			if (!this.countsInTotals(conversation, userId)) continue;
			const counts = this.folds.counts(conversation, userId);
			total_unread += Number(counts.unread);
			total_mentions += Number(counts.mentions);
		}
		return { total_unread, total_mentions };
	}

	countsInTotals(conversation: Conversation, userId: string): boolean {
		const { archived, muted_until } = this.changes.settings(
			conversation,
			userId,
		);
		const muted = muted_until !== null && Date.parse(muted_until) > Date.now();
		return !archived && !muted;
	}

	/** Records what the list of a connection shows of a conversation. Returns the row if it is new. */
	show(inbox: Inbox, conversation: Conversation): Fields | undefined {
		const { shown, identity } = inbox;
		const stamp = this.stampOf(conversation, identity.userId);
		const before = shown.get(conversation.id);
		if (before?.stamp === stamp) return undefined;
		const now = performance.now();
		if (before && now - before.at < this.rowEveryMs()) return undefined;
		const row = this.row(conversation, identity.userId);
		const json = JSON.stringify(row);
		const at = before?.json === json ? before.at : now;
		shown.set(conversation.id, { json, stamp, at });
		return before?.json === json ? undefined : row;
	}

	rowEveryMs(): number {
		return ROW_EVERY_MS;
	}

	/** Returns text that changes with a row, at less cost than the row. */
	stampOf(conversation: Conversation, userId: string): string {
		return JSON.stringify([
			conversation.head,
			conversation.title,
			conversation.closed,
			conversation.roleOf(userId),
			this.changes.settings(conversation, userId),
			this.readStamp(conversation, userId),
		]);
	}

	readStamp({ read }: Conversation, userId: string): unknown {
		return read.get(userId)?.seq;
	}

	/** Sends the changes of a user's list. */
	look(inbox: Inbox): void {
		const { ws, shown, identity } = inbox;
		const { userId } = identity;
		const mine = conversationsOf(this, userId);
		const ids = new Set(mine.map(({ id }) => id));
		for (const id of shown.keys()) {
			if (ids.has(id)) continue;
			shown.delete(id);
			this.tell(ws, "conversation_removed", {
				conversation_id: id,
				reason: this.deleted.has(id) ? "deleted" : "removed",
				...this.totals(userId),
			});
		}
		const rows: Fields[] = [];
		for (const conversation of mine) {
			const isKnown = shown.has(conversation.id);
			const row = this.show(inbox, conversation);
			if (row && isKnown) rows.push(row);
			else if (row) this.announce(inbox, row);
		}
		if (rows.length > 0)
			this.tell(ws, "inbox_changed", {
				conversations: rows,
				...this.totals(userId),
			});
	}

	announce({ ws, identity }: Inbox, conversation: Fields): void {
		this.tell(ws, "conversation_added", {
			conversation,
			...this.totals(identity.userId),
		});
	}

	tell(ws: WebSocket, type: string, fields: Fields): void {
		const timestamp = new Date().toISOString();
		ws.send(JSON.stringify({ type, ...fields, timestamp }));
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
