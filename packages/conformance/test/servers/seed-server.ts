/** What somebody would build in an afternoon from the original protocol document, and nothing else. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { jwtVerify } from "jose";
import { type WebSocket, WebSocketServer } from "ws";

interface Member {
	readonly ws: WebSocket;
	readonly userId: string;
	pongAt: number;
}

export class SeedServer {
	readonly #secret: Uint8Array;
	readonly #pingMs: number;
	readonly #timeoutMs: number;
	readonly #rooms = new Map<string, Set<Member>>();
	readonly #wss = new WebSocketServer({ noServer: true });
	readonly #http = createServer((_request, response) => {
		response.writeHead(404).end();
	});

	constructor(
		secret: string,
		heartbeat: {
			readonly pingIntervalMs: number;
			readonly pongTimeoutMs: number;
		},
	) {
		this.#secret = new TextEncoder().encode(secret);
		this.#pingMs = heartbeat.pingIntervalMs;
		this.#timeoutMs = heartbeat.pongTimeoutMs;
		this.#http.on(
			"upgrade",
			(request: IncomingMessage, socket: Duplex, head) => {
				void this.#upgrade(request, socket, head as Buffer);
			},
		);
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
		for (const room of this.#rooms.values())
			for (const { ws } of room) ws.terminate();
		this.#http.close();
	}

	async #upgrade(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
	): Promise<void> {
		socket.on("error", () => {});
		const { searchParams } = new URL(request.url ?? "/", "http://localhost");
		const refuse = (status: string, error: string): void => {
			const body = JSON.stringify({ error });
			socket.end(
				`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
			);
		};
		const token =
			request.headers.authorization?.replace("Bearer ", "") ??
			searchParams.get("access_token") ??
			"";
		let userId: string;
		try {
			const { payload } = await jwtVerify(token, this.#secret);
			userId = String(payload.user_id ?? payload.sub);
		} catch {
			refuse("401 Unauthorized", "unauthorized");
			return;
		}
		const conversationId = searchParams.get("conversation_id");
		if (conversationId === null)
			refuse("400 Bad Request", "conversation_id required");
		else
			this.#wss.handleUpgrade(request, socket, head, (ws) =>
				this.#join(ws, conversationId, userId),
			);
	}

	#join(ws: WebSocket, conversationId: string, userId: string): void {
		const room = this.#rooms.get(conversationId) ?? new Set();
		this.#rooms.set(conversationId, room);
		const member: Member = { ws, userId, pongAt: performance.now() };
		room.add(member);
		const tell = (fields: object, but?: Member): void => {
			const text = JSON.stringify({
				conversation_id: conversationId,
				sender_id: userId,
				timestamp: new Date().toISOString(),
				...fields,
			});
			for (const other of room) if (other !== but) other.ws.send(text);
		};
		const heartbeat = setInterval(() => ws.ping(), this.#pingMs);
		const deadline = setInterval(() => {
			if (performance.now() - member.pongAt > this.#timeoutMs) ws.terminate();
		}, 20);
		ws.on("pong", () => {
			member.pongAt = performance.now();
		});
		ws.on("error", () => {});
		ws.on("message", (data: Buffer) => {
			const {
				type,
				content,
				is_encrypted,
				message_type,
				metadata,
				message_id,
			} = JSON.parse(data.toString()) as Record<string, unknown>;
			if (type === "chat")
				tell({
					type,
					message_id: randomUUID(),
					content,
					is_encrypted: is_encrypted ?? false,
					message_type: message_type ?? "text",
					metadata: metadata ?? {},
				});
			else if (type === "typing") tell({ type }, member);
			else if (type === "read") tell({ type, message_id }, member);
		});
		ws.on("close", () => {
			clearInterval(heartbeat);
			clearInterval(deadline);
			room.delete(member);
			tell({ type: "user_left" });
		});
		tell({ type: "user_joined" });
	}
}
