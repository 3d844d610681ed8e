import { randomUUID } from "node:crypto";
/**
 * A second implementation of the protocol, written from the specification alone, in memory. It proves that the
 * suite checks the protocol and not one server. Faults are planted in subclasses, so every decision that an
 * implementer could get wrong is a separate method.
 */
import {
	createServer,
	type IncomingMessage,
	type Server,
	type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { type WebSocket, WebSocketServer } from "ws";
import { picked, SmallAmendments } from "./small-amendments.ts";
import { SmallChanges } from "./small-changes.ts";
import {
	type Identity,
	Refused,
	SmallDoor,
	type SmallOptions,
	UUID,
	VERSION,
} from "./small-door.ts";
import { SmallFolds } from "./small-folds.ts";
import { checkFrame, commandFields } from "./small-frames.ts";
import {
	type Conversation,
	type Entry,
	type Fields,
	type Known,
	uuidV7,
} from "./small-log.ts";
import { type Answer, restAnswer } from "./small-rest.ts";

export interface Connection {
	readonly ws: WebSocket;
	readonly conversation: Conversation;
	readonly v1: boolean;
	identity: Identity;
	/** Next entry to send. The connection is live once it has caught up. */
	nextSeq: number;
	live: boolean;
	pongAt: number;
	invalid: number;
	gone: boolean;
}

/** Result of a command. @property repeated whether it made no entry */
export type Stored =
	| { readonly refused: string }
	| { readonly entry: Entry; readonly repeated: boolean };

const PAGE = 4;
const PAGE_MS = 8;
const GRACE_MS = 3000;
const MAX_INVALID = 20;

export class SmallServer extends SmallDoor {
	/** Epoch of the log, which ends with the process. */
	readonly epoch = randomUUID();
	readonly connections = new Set<Connection>();
	readonly amendments: SmallAmendments = new SmallAmendments();
	readonly folds: SmallFolds = new SmallFolds();
	readonly changes: SmallChanges = new SmallChanges();
	readonly #http: Server;
	readonly #wss: WebSocketServer;
	readonly #timers = new Set<NodeJS.Timeout>();
	readonly #leaving = new Map<string, NodeJS.Timeout>();

	constructor(options: SmallOptions) {
		super(options);
		this.#wss = new WebSocketServer({
			noServer: true,
			maxPayload: this.options.maxBytes,
			handleProtocols: (offered) =>
				this.options.v1 && offered.has(VERSION) ? VERSION : false,
		});
		this.#http = createServer((request, response) => {
			void this.#respond(request, response);
		});
		this.#http.on(
			"upgrade",
			(request: IncomingMessage, socket: Duplex, head) => {
				void this.#upgrade(request, socket, head as Buffer);
			},
		);
		const expiry = setInterval(() => this.expire(), 250);
		const deadlines = setInterval(() => {
			for (const connection of this.connections) this.cutIfDead(connection);
		}, 20);
		for (const timer of [expiry, deadlines]) this.#timers.add(timer);
	}

	get url(): string {
		return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
	}

	async start(): Promise<this> {
		await new Promise<void>((resolve) =>
			this.#http.listen(0, "127.0.0.1", resolve),
		);
		return this;
	}

	close(): void {
		for (const timer of [...this.#timers, ...this.#leaving.values()])
			clearTimeout(timer);
		for (const { ws } of this.connections) ws.terminate();
		this.#http.close();
		this.#http.closeAllConnections();
	}

	// --- lifetime of a connection

	open(
		ws: WebSocket,
		conversation: Conversation,
		identity: Identity,
		deviceId: string | undefined,
		url: URL,
	): void {
		const given = this.cursorOf(conversation, url);
		const { id: conversationId, head } = conversation;
		const device = deviceId && {
			conversationId,
			userId: identity.userId,
			deviceId,
		};
		const cursor = device ? this.devices.enter(device, given, head) : given;
		const connection: Connection = {
			ws,
			conversation,
			identity,
			v1: ws.protocol === VERSION,
			nextSeq: (cursor ?? conversation.head) + 1,
			live: false,
			pongAt: performance.now(),
			invalid: 0,
			gone: false,
		};
		const returns = this.#cancelLeaving(connection);
		const first = !this.isPresent(conversation, identity.userId) && !returns;
		this.connections.add(connection);
		if (device)
			this.devices.follow(
				device,
				ws,
				() => connection.nextSeq - 1,
				given !== undefined,
			);
		ws.on("message", (data: Buffer, isBinary) =>
			this.receive(connection, data, isBinary),
		);
		ws.on("pong", () => {
			connection.pongAt = performance.now();
		});
		ws.on("error", () => {});
		ws.on("close", (code, reason) =>
			this.closed(connection, code, reason.toString()),
		);
		const heartbeat = setInterval(
			() => this.beat(connection),
			this.options.pingIntervalMs,
		);
		this.#timers.add(heartbeat);
		ws.on("close", () => clearInterval(heartbeat));
		this.greet(
			connection,
			cursor !== undefined && !this.isHead(url.searchParams.get("after")),
		);
		if (first)
			this.toOthers(
				conversation,
				this.about("user_joined", conversation, identity),
				connection,
			);
		if (given === undefined && this.#hasCursor(url))
			this.error(connection, "unknown_cursor");
		void this.replay(connection);
	}

	/** Sends the first frames of a connection. */
	greet(connection: Connection, recovered: boolean): void {
		if (this.welcomes(connection))
			this.send(connection, this.welcome(connection, recovered));
		const { conversation, identity } = connection;
		this.send(connection, this.about("user_joined", conversation, identity));
	}

	welcomes({ v1 }: Connection): boolean {
		return v1;
	}

	/** Sends the missed entries page by page, then adds the connection to the live ones. */
	async replay(connection: Connection): Promise<void> {
		const { conversation } = connection;
		while (connection.nextSeq <= conversation.head && !connection.gone) {
			for (const entry of this.page(connection))
				if (connection.v1 || this.amendments.isForPlainClients(entry))
					this.deliver(connection, entry);
				else connection.nextSeq = entry.seq + 1;
			const { head } = conversation;
			await new Promise((resolve) => setTimeout(resolve, PAGE_MS));
			if (conversation.head > head) this.storedMeanwhile(connection);
		}
		connection.live = true;
	}

	page({ conversation, nextSeq }: Connection): Entry[] {
		return conversation.entries
			.filter(({ seq }) => seq >= nextSeq)
			.slice(0, PAGE);
	}

	/** Hook: entries were stored while a page was being sent. */
	storedMeanwhile(_connection: Connection): void {}

	deliver(connection: Connection, entry: Entry): void {
		connection.nextSeq = entry.seq + 1;
		this.send(
			connection,
			this.amendments.shown(connection.conversation, entry),
		);
	}

	beat({ ws }: Connection): void {
		ws.ping();
	}

	cutIfDead({ ws, pongAt }: Connection): void {
		if (performance.now() - pongAt > this.options.pongTimeoutMs) ws.terminate();
	}

	/** Closes the connections whose tokens have expired. */
	expire(): void {
		for (const connection of this.connections)
			if (connection.identity.expiresAt <= Date.now())
				this.putOut(connection, "token expired");
	}

	putOut(connection: Connection, reason: string): void {
		connection.ws.close(1008, reason);
		this.closed(connection, 1008, reason);
	}

	closed(connection: Connection, code: number, reason: string): void {
		if (connection.gone) return;
		connection.gone = true;
		this.connections.delete(connection);
		const { conversation, identity } = connection;
		if (!this.leaves(conversation, identity.userId)) return;
		const atOnce =
			(code === 1000 && reason !== "Token refresh") ||
			code === 1005 ||
			code === 1008;
		const left = (): void => {
			this.toOthers(
				conversation,
				this.about("user_left", conversation, identity),
				connection,
			);
		};
		if (atOnce) left();
		else {
			const key = `${conversation.id} ${identity.userId}`;
			this.#leaving.set(
				key,
				setTimeout(() => {
					this.#leaving.delete(key);
					left();
				}, GRACE_MS),
			);
		}
	}

	/** Whether a user leaves when a connection ends. */
	leaves(conversation: Conversation, userId: string): boolean {
		return !this.isPresent(conversation, userId);
	}

	isPresent(conversation: Conversation, userId: string): boolean {
		return this.of(conversation).some((c) => c.identity.userId === userId);
	}

	// --- frames

	receive(connection: Connection, data: Buffer, isBinary: boolean): void {
		if (connection.gone) return;
		if (isBinary) {
			connection.ws.close(1003);
			return;
		}
		const checked = checkFrame(data.toString(), connection.v1);
		if (!checked.ok) {
			this.refuse(connection, checked.code, checked.frame);
			return;
		}
		const { frame } = checked;
		switch (frame.type) {
			case "typing":
				this.typing(connection);
				break;
			case "read":
				this.read(connection, String(frame.message_id).toLowerCase());
				break;
			case "auth":
				void this.auth(connection, String(frame.access_token));
				break;
			default:
				this.command(connection, frame);
		}
	}

	refuse(connection: Connection, code: string, frame?: Fields): void {
		this.error(connection, code, frame);
		if (++connection.invalid >= MAX_INVALID)
			this.putOut(connection, "too many invalid frames");
	}

	command(connection: Connection, frame: Fields): void {
		const { conversation, identity } = connection;
		if (!conversation.participants.has(identity.userId)) {
			this.error(connection, "not_participant", frame);
			return;
		}
		const stored = this.store(conversation, identity, frame);
		if ("refused" in stored) this.error(connection, stored.refused, frame);
		else if (stored.repeated)
			this.send(connection, {
				type: "ack",
				...this.#idOf(frame),
				...picked(stored.entry, ["message_id", "seq", "timestamp"]),
			});
	}

	/** Stores a command unless it was stored before or changes nothing, and sends it to all participants. */
	store(conversation: Conversation, identity: Identity, frame: Fields): Stored {
		const { userId } = identity;
		const command = this.commandOf(frame);
		const named = this.#idOf(frame);
		const id = named.client_message_id;
		const known = id && this.known(conversation, userId, id);
		if (known)
			return this.isSame(known.command, command)
				? { entry: known.entry, repeated: true }
				: { refused: "client_message_id_conflict" };
		const refused = this.amendments.refusal(conversation, identity, command);
		if (refused) return { refused };
		const unchanged = this.amendments.unchanged(conversation, userId, command);
		const entry = unchanged ?? this.#write(conversation, userId, frame, named);
		if (id) conversation.known.set(`${userId} ${id}`, { command, entry });
		return { entry, repeated: unchanged !== undefined };
	}

	#write(
		conversation: Conversation,
		userId: string,
		frame: Fields,
		named: Fields,
	): Entry {
		const { type, ...command } = this.commandOf(frame);
		const entry: Entry = {
			...this.entry(conversation, userId, String(type)),
			message_id: this.messageId(frame),
			...(type === "edit" ? picked(command, ["target_id"]) : command),
			...named,
		};
		this.amendments.apply(conversation, entry, command);
		if (type === "chat" && this.readsOwn())
			conversation.read.set(userId, entry);
		this.append(conversation, entry);
		return entry;
	}

	/** Creates an entry without its own fields. */
	entry(conversation: Conversation, senderId: string, type: string): Entry {
		return {
			type,
			conversation_id: conversation.id,
			sender_id: senderId,
			message_id: uuidV7(),
			timestamp: new Date().toISOString(),
			seq: this.nextSeq(conversation),
		};
	}

	/** Returns what a command says, with defaults filled in, so that equal commands compare equal. */
	commandOf(frame: Fields): Fields {
		const command = commandFields(frame);
		return command.type === "chat"
			? {
					is_encrypted: false,
					message_type: "text",
					...command,
					metadata: undefined,
					...this.metadataOf(frame),
				}
			: command;
	}

	#idOf({ client_message_id }: Fields): { client_message_id?: string } {
		return client_message_id === undefined
			? {}
			: { client_message_id: this.clientMessageId(String(client_message_id)) };
	}

	/** Whether writing a message advances the writer's watermark. */
	readsOwn(): boolean {
		return true;
	}

	metadataOf(frame: Fields): Fields {
		return { metadata: frame.metadata ?? {} };
	}

	clientMessageId(given: string): string {
		return given.toLowerCase();
	}

	messageId(_frame: Fields): string {
		return uuidV7();
	}

	nextSeq(conversation: Conversation): number {
		return conversation.head + 1;
	}

	known(
		conversation: Conversation,
		senderId: string,
		id: string,
	): Known | undefined {
		return conversation.known.get(`${senderId} ${id}`);
	}

	isSame(known: Fields, command: Fields): boolean {
		return isDeepStrictEqual(known, command);
	}

	append(conversation: Conversation, entry: Entry): void {
		conversation.entries.push(entry);
		if (this.movesUp(entry)) conversation.updatedAt = performance.now();
		for (const connection of this.audience(conversation))
			if (connection.live) this.deliver(connection, entry);
	}

	/** Whether an entry moves its conversation up in lists. */
	movesUp({ type }: Entry): boolean {
		return type === "chat" || type === "participant_removed";
	}

	/** Returns the connections that receive a conversation's entries. */
	audience(conversation: Conversation): Connection[] {
		return this.of(conversation);
	}

	typing(connection: Connection): void {
		const { conversation, identity } = connection;
		if (this.amendments.onlyReads(conversation.roleOf(identity.userId))) return;
		const { name: _, ...typing } = this.about("typing", conversation, identity);
		for (const other of this.of(conversation))
			if (!this.withholdsTyping(other) && this.hearsTyping(other, connection))
				this.send(other, typing);
	}

	withholdsTyping({ live }: Connection): boolean {
		return !live;
	}

	hearsTyping(other: Connection, from: Connection): boolean {
		return other !== from;
	}

	read(connection: Connection, messageId: string): void {
		const { conversation, identity } = connection;
		const entry = this.readable(conversation, messageId);
		if (!entry) {
			this.error(connection, "unknown_message");
			return;
		}
		const { userId } = identity;
		const { read: watermarks, reported } = conversation;
		const moves = this.movesWatermark(reported.get(userId) ?? 0, entry.seq);
		this.changes.reads(conversation, userId, moves);
		if (!moves) return;
		reported.set(userId, entry.seq);
		if (this.movesWatermark(watermarks.get(userId)?.seq ?? 0, entry.seq))
			watermarks.set(userId, entry);
		const { name: _, ...read } = this.about("read", conversation, identity);
		this.toOthers(conversation, { ...read, message_id: messageId }, connection);
	}

	readable(conversation: Conversation, messageId: string): Entry | undefined {
		return conversation.message(messageId);
	}

	movesWatermark(before: number, seq: number): boolean {
		return seq > before;
	}

	async auth(connection: Connection, token: string): Promise<void> {
		let identity: Identity;
		try {
			identity = await this.identify(token);
		} catch {
			this.badAuth(connection);
			return;
		}
		if (identity.userId !== connection.identity.userId) {
			this.putOut(connection, "token of another user");
			return;
		}
		connection.identity = identity;
		this.send(connection, {
			type: "auth_ok",
			expires_at: new Date(identity.expiresAt).toISOString(),
			timestamp: new Date().toISOString(),
		});
	}

	badAuth(connection: Connection): void {
		this.error(connection, "unauthorized");
	}

	/** Returns a page of the history in ascending order. */
	pageOrder(messages: Entry[]): Entry[] {
		return messages;
	}

	/** Removes a participant, informs all participants, and closes the removed user's connections. */
	removeParticipant(conversation: Conversation, userId: string, by: string) {
		conversation.remove(userId, by);
		this.record(conversation, by, "participant_removed", { user_id: userId });
		for (const connection of this.of(conversation))
			if (connection.identity.userId === userId) this.expel(connection);
	}

	/** Stores an entry about the conversation, and sends it to all participants. */
	record(
		conversation: Conversation,
		by: string,
		type: string,
		fields: Fields,
	): void {
		this.append(conversation, {
			...this.entry(conversation, by, type),
			...fields,
		});
	}

	/** Informs all participants of users who were added. */
	addParticipants(conversation: Conversation, by: string, ids: string[]): void {
		if (ids.length > 0)
			this.record(conversation, by, "participant_added", { user_ids: ids });
	}

	/** Deletes a conversation, and closes its connections. */
	deleteConversation(conversation: Conversation): void {
		this.conversations.delete(conversation.id);
		this.deleted.add(conversation.id);
		for (const connection of this.of(conversation)) this.dismiss(connection);
	}

	dismiss(connection: Connection): void {
		this.putOut(connection, "deleted");
	}

	expel(connection: Connection): void {
		this.putOut(connection, "removed from the conversation");
	}

	// --- sending

	of(conversation: Conversation): Connection[] {
		return [...this.connections].filter((c) => c.conversation === conversation);
	}

	send({ ws }: Connection, frame: Fields): void {
		ws.send(JSON.stringify(frame));
	}

	toOthers(conversation: Conversation, frame: Fields, but: Connection): void {
		for (const connection of this.of(conversation))
			if (connection !== but) this.send(connection, frame);
	}

	error(connection: Connection, code: string, frame?: Fields): void {
		const id = frame?.client_message_id;
		this.send(connection, {
			type: "error",
			code,
			message: code.replaceAll("_", " "),
			timestamp: new Date().toISOString(),
			...(typeof id === "string" && UUID.test(id)
				? { client_message_id: id.toLowerCase() }
				: {}),
		});
	}

	about(
		type: string,
		{ id }: Conversation,
		{ userId, name }: Identity,
	): Fields {
		return {
			type,
			conversation_id: id,
			sender_id: userId,
			...(name === undefined ? {} : { name }),
			timestamp: new Date().toISOString(),
		};
	}

	welcome({ conversation, identity }: Connection, recovered: boolean): Fields {
		const present = new Map(
			this.of(conversation).map((c) => [
				c.identity.userId,
				{ user_id: c.identity.userId },
			]),
		);
		return {
			type: "welcome",
			conversation_id: conversation.id,
			user_id: identity.userId,
			epoch: this.epoch,
			head_seq: conversation.head,
			recovered,
			present: [...present.values()].slice(0, 100),
			present_count: present.size,
			read: this.watermarks(conversation).map(({ user_id, read }) => ({
				user_id,
				...read,
			})),
			limits: {
				max_message_bytes: this.options.maxBytes,
				max_metadata_bytes: 16_384,
				max_depth: 16,
				max_message_type_length: 64,
			},
			intervals: {
				ping_ms: this.options.pingIntervalMs,
				pong_timeout_ms: this.options.pongTimeoutMs,
			},
			expires_at: new Date(identity.expiresAt).toISOString(),
			timestamp: new Date().toISOString(),
		};
	}

	watermarks(conversation: Conversation) {
		return Array.from(conversation.read, ([user_id, { message_id, seq }]) => ({
			user_id,
			read: { message_id, seq },
		}));
	}

	// --- places in the log

	#hasCursor({ searchParams }: URL): boolean {
		return searchParams.has("after") || searchParams.has("after_seq");
	}

	/** Returns the last entry that the client has seen; undefined if the client names none. */
	cursorOf(
		conversation: Conversation,
		{ searchParams }: URL,
	): number | undefined {
		const after = searchParams.get("after");
		if (this.isHead(after)) return conversation.head;
		if (after !== null) return this.seqOf(conversation, after.toLowerCase());
		const seq = searchParams.get("after_seq");
		if (seq === null || !/^\d+$/.test(seq)) return undefined;
		return Number(seq) <= conversation.head ? Number(seq) : undefined;
	}

	/** Whether a cursor is the keyword for the newest entry. */
	isHead(after: string | null): boolean {
		return after === "head";
	}

	seqOf(conversation: Conversation, after: string): number | undefined {
		return conversation.find(after)?.seq;
	}

	#cancelLeaving({ conversation, identity }: Connection): boolean {
		const key = `${conversation.id} ${identity.userId}`;
		clearTimeout(this.#leaving.get(key));
		return this.#leaving.delete(key);
	}

	// --- HTTP

	async #upgrade(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		socket.on("error", () => {});
		try {
			const { conversation, identity, deviceId, url } =
				await this.checkHandshake(request, true);
			this.#wss.handleUpgrade(request, socket, head, (ws) =>
				this.open(ws, conversation, identity, deviceId, url),
			);
		} catch (error) {
			const { status, body, headers } = answerOf(error);
			const lines = Object.entries({
				"Content-Type": "application/json",
				"Content-Length": String(Buffer.byteLength(body)),
				Connection: "close",
				...headers,
			}).map(([name, value]) => `${name}: ${value}\r\n`);
			socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join("")}\r\n${body}`);
		}
	}

	rest(request: IncomingMessage): Promise<Answer> {
		return restAnswer(this, request);
	}

	async #respond(
		request: IncomingMessage,
		response: ServerResponse,
	): Promise<void> {
		try {
			if (request.url?.startsWith("/v1/ws/chat"))
				await this.checkHandshake(request, false);
			const { status, body } = await this.rest(request);
			response
				.writeHead(status, { "Content-Type": "application/json" })
				.end(body === undefined ? undefined : JSON.stringify(body));
		} catch (error) {
			const { status, body, headers } = answerOf(error);
			response
				.writeHead(status, { "Content-Type": "application/json", ...headers })
				.end(body);
		}
	}
}

function answerOf(error: unknown): {
	status: number;
	body: string;
	headers: Record<string, string>;
} {
	const refused =
		error instanceof Refused ? error : new Refused(500, "internal error");
	return {
		status: refused.status,
		headers: refused.headers,
		body: JSON.stringify({ error: refused.message }),
	};
}
