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
import { type WebSocket, WebSocketServer } from "ws";
import {
	answerOf,
	type Identity,
	type SmallOptions,
	VERSION,
} from "./small-door.ts";
import type { Conversation, Entry } from "./small-log.ts";
import { type Answer, restAnswer } from "./small-rest.ts";
import { type Connection, SmallTalk } from "./small-talk.ts";

const PAGE = 4;
const PAGE_MS = 8;
const GRACE_MS = 3000;

export class SmallServer extends SmallTalk {
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
		const connection: Connection = {
			ws,
			conversation,
			identity,
			v1: ws.protocol === VERSION,
			nextSeq: 0,
			live: false,
			pongAt: performance.now(),
			invalid: 0,
			gone: false,
		};
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
		this.beatUntilClosed(connection);
		this.enterRoom(connection, deviceId, url);
	}

	beatUntilClosed(connection: Pick<Connection, "ws">): void {
		const heartbeat = setInterval(
			() => this.beat(connection),
			this.options.pingIntervalMs,
		);
		this.#timers.add(heartbeat);
		connection.ws.on("close", () => clearInterval(heartbeat));
	}

	/** Adds a connection to its conversation, from its cursor on. */
	enterRoom(
		connection: Connection,
		deviceId: string | undefined,
		url: URL,
	): void {
		const { ws, conversation, identity } = connection;
		const given = this.cursorOf(conversation, url);
		const { id: conversationId, head } = conversation;
		const device = deviceId && {
			conversationId,
			userId: identity.userId,
			deviceId,
		};
		const cursor = device ? this.devices.enter(device, given, head) : given;
		connection.nextSeq = (cursor ?? conversation.head) + 1;
		const first = this.comesOnline(connection);
		this.connections.add(connection);
		if (device)
			this.devices.follow(
				device,
				ws,
				() => connection.nextSeq - 1,
				given !== undefined,
			);
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

	/** Whether a new connection brings its user online. */
	comesOnline(connection: Connection): boolean {
		const { conversation, identity } = connection;
		const returns = this.#cancelLeaving(connection);
		return !this.isPresent(conversation, identity.userId) && !returns;
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

	beat({ ws }: Pick<Connection, "ws">): void {
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
		return this.present(conversation).some((c) => c.identity.userId === userId);
	}

	/** Removes a participant, informs all participants, and closes the removed user's connections. */
	removeParticipant(conversation: Conversation, userId: string, by: string) {
		conversation.remove(userId, by);
		this.record(conversation, by, "participant_removed", { user_id: userId });
		for (const connection of this.of(conversation))
			if (connection.identity.userId === userId) this.expel(connection);
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
			const open = await this.admit(request);
			this.#wss.handleUpgrade(request, socket, head, open);
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

	/** Checks a handshake. Returns the function that takes the socket. @throws {Refused} */
	async admit(request: IncomingMessage): Promise<(ws: WebSocket) => void> {
		const { conversation, identity, deviceId, url } = await this.checkHandshake(
			request,
			true,
		);
		return (ws) => this.open(ws, conversation, identity, deviceId, url);
	}

	/** Checks a plain request of a WebSocket's path. @throws {Refused} */
	async checkPlain(request: IncomingMessage): Promise<void> {
		if (request.url?.startsWith("/v1/ws/chat"))
			await this.checkHandshake(request, false);
	}

	rest(request: IncomingMessage): Promise<Answer> {
		return restAnswer(this, request);
	}

	async #respond(
		request: IncomingMessage,
		response: ServerResponse,
	): Promise<void> {
		try {
			await this.checkPlain(request);
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
