/** A scripted server on a real socket. */
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

export class FakeServer {
	readonly connections: FakeConnection[] = [];
	readonly #http: Server;
	readonly #waiting = new Set<() => void>();
	/** Handler of each new connection. */
	readonly greet: (connection: FakeConnection) => void;

	private constructor(
		http: Server,
		wss: WebSocketServer,
		greet: (connection: FakeConnection) => void,
	) {
		this.#http = http;
		this.greet = greet;
		wss.on("connection", (ws, request) => {
			const connection: FakeConnection = {
				ws,
				query: new URL(request.url ?? "", "http://localhost").searchParams,
				received: [],
				send: (frame) => ws.send(JSON.stringify(frame)),
			};
			this.connections.push(connection);
			ws.on("message", (data: Buffer) => {
				connection.received.push(
					JSON.parse(data.toString()) as Record<string, unknown>,
				);
				this.#changed();
			});
			ws.on("close", () => this.#changed());
			greet(connection);
			this.#changed();
		});
	}

	/** Starts the server. @param answer status and body for a plain request */
	static async start(
		greet: (connection: FakeConnection) => void,
		answer: (path: string) => readonly [number, unknown] = () => [404, ""],
	): Promise<FakeServer> {
		const http = createServer((request, response) => {
			const [status, body] = answer(request.url ?? "");
			response.writeHead(status, { "Content-Type": "application/json" });
			response.end(typeof body === "string" ? body : JSON.stringify(body));
		});
		const wss = new WebSocketServer({
			server: http,
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
		return new FakeServer(http, wss, greet);
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

	#changed(): void {
		for (const check of this.#waiting) check();
	}
}

const NOW = "2026-11-24T00:00:00.000Z";

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
