/** A scripted server on a real socket. By default it is a server without an inbox. */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";

const TIMEOUT_MS = 30_000;

export interface FakeConnection {
	readonly ws: WebSocket;
	readonly query: URLSearchParams;
	/** Frames that the client has sent, parsed. */
	readonly received: Record<string, unknown>[];
	send(frame: object): void;
}

/** What the server is besides a chat. */
export interface FakeOptions {
	/**
	 * Handles connections of the inbox. {@link seats} makes each subscription look like a connection of the chat.
	 * Undefined: the server has no inbox.
	 */
	readonly inbox?: (connection: FakeConnection) => void;
}

export class FakeServer {
	/** Connections of the chat, and subscriptions of an inbox that {@link seats} handles. */
	readonly connections: FakeConnection[] = [];
	readonly #http: Server;
	readonly #waiting = new Set<() => void>();
	/** Connections of the inbox. */
	readonly inboxes: FakeConnection[] = [];
	/** Handler of each new connection of the chat. */
	readonly greet: (connection: FakeConnection) => void;
	/** Handler of each new connection of the inbox. */
	inbox: FakeOptions["inbox"];

	private constructor(
		http: Server,
		wss: WebSocketServer,
		greet: (connection: FakeConnection) => void,
		{ inbox }: FakeOptions,
	) {
		this.#http = http;
		this.greet = greet;
		this.inbox = inbox;
		http.on("upgrade", (request, socket, head) => {
			// A client that is refused may reset the connection.
			socket.on("error", () => {});
			const url = new URL(request.url ?? "", "http://localhost");
			const isInbox = url.pathname === "/v1/ws/inbox";
			if (isInbox && !this.inbox) {
				socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
				return;
			}
			wss.handleUpgrade(request, socket, head, (ws) => {
				const connection: FakeConnection = {
					ws,
					query: url.searchParams,
					received: [],
					send: (frame) => ws.send(JSON.stringify(frame)),
				};
				(isInbox ? this.inboxes : this.connections).push(connection);
				ws.on("message", (data: Buffer) => {
					connection.received.push(
						JSON.parse(data.toString()) as Record<string, unknown>,
					);
				});
				ws.on("close", () => this.changed());
				if (isInbox) this.inbox?.(connection);
				else greet(connection);
				// After the handlers that were added meanwhile.
				ws.on("message", () => this.changed());
				this.changed();
			});
		});
	}

	/** Starts the server. @param answer status and body for a plain request */
	static async start(
		greet: (connection: FakeConnection) => void,
		answer: (path: string) => readonly [number, unknown] = () => [404, ""],
		options: FakeOptions = {},
	): Promise<FakeServer> {
		const http = createServer((request, response) => {
			const [status, body] = answer(request.url ?? "");
			response.writeHead(status, { "Content-Type": "application/json" });
			response.end(typeof body === "string" ? body : JSON.stringify(body));
		});
		const wss = new WebSocketServer({
			noServer: true,
			handleProtocols: () => "secureconnect.v1",
		});
		await new Promise<void>((resolve) => {
			http.listen(0, "127.0.0.1", resolve);
		});
		onTestFinished(() => {
			for (const client of wss.clients) client.terminate();
			wss.close();
			http.closeAllConnections();
			http.close();
		});
		return new FakeServer(http, wss, greet, options);
	}

	get address(): string {
		return `127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
	}

	/** Resolves with the first value of `find`, which is called at every connection, message and close. */
	until<T>(find: () => T | undefined | false, what: string): Promise<T> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				const found = find();
				if (found === undefined || found === false) return;
				clearTimeout(timer);
				this.#waiting.delete(check);
				resolve(found);
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(new Error(`expected ${what}`));
			}, TIMEOUT_MS);
			this.#waiting.add(check);
			check();
		});
	}

	/** Calls everything that waits for a change. */
	changed(): void {
		for (const check of this.#waiting) check();
	}
}

export const NOW = "2026-11-24T00:00:00.000Z";

/** Creates a `welcome` of a conversation whose head is `headSeq`. */
export function welcome(
	userId: string,
	headSeq: number,
	fields: object = {},
): object {
	return {
		type: "welcome",
		conversation_id: randomUUID(),
		user_id: userId,
		head_seq: headSeq,
		recovered: false,
		present: [{ user_id: userId }],
		present_count: 1,
		read: [],
		limits: {
			max_message_bytes: 1_048_576,
			max_metadata_bytes: 16_384,
			max_depth: 16,
			max_message_type_length: 64,
		},
		intervals: { ping_ms: 54_000, pong_timeout_ms: 60_000 },
		expires_at: "2026-11-24T01:00:00.000Z",
		timestamp: NOW,
		...fields,
	};
}

/** Creates a chat frame with a `seq`. */
export function chat(seq: number, fields: object = {}): object {
	return {
		type: "chat",
		conversation_id: randomUUID(),
		sender_id: randomUUID(),
		message_id: randomUUID(),
		content: `m${seq}`,
		is_encrypted: false,
		message_type: "text",
		metadata: {},
		timestamp: NOW,
		seq,
		...fields,
	};
}
