/** A minimal server, built from the original protocol document alone. */
import { randomUUID } from "node:crypto";
import {
	createServer,
	type IncomingMessage,
	type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { jwtVerify } from "jose";
import { type WebSocket, WebSocketServer } from "ws";
import { verifier } from "./small-door.ts";

export interface Member {
	readonly ws: WebSocket;
	readonly conversationId: string;
	readonly userId: string;
	pongAt: number;
}

export type Fields = Record<string, unknown>;

export interface SeedHeartbeat {
	readonly pingIntervalMs: number;
	readonly pongTimeoutMs: number;
}

export class SeedServer {
	readonly #key: Promise<CryptoKey>;
	readonly #heartbeat: SeedHeartbeat;
	readonly #rooms = new Map<string, Set<Member>>();
	readonly #wss = new WebSocketServer({ noServer: true });
	readonly #http = createServer((request, response) =>
		this.plain(request, response),
	);

	constructor(secret: string, heartbeat: SeedHeartbeat) {
		this.#key = verifier(secret);
		this.#heartbeat = heartbeat;
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
			const { payload } = await jwtVerify(token, await this.#key);
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

	/** Answers every request that is not a handshake. */
	plain(_request: IncomingMessage, response: ServerResponse): void {
		response.writeHead(404).end();
	}

	receive(member: Member, { type, ...sent }: Fields): void {
		if (type === "chat") this.chat(member, sent);
		else if (type === "typing") this.tell(member, { type }, member);
		else if (type === "read")
			this.tell(member, { type, message_id: sent.message_id }, member);
		else this.unknownType(member);
	}

	chat(member: Member, sent: Fields): void {
		this.tell(member, this.chatFrame(sent));
	}

	chatFrame({ content, is_encrypted, message_type, metadata }: Fields): Fields {
		return {
			type: "chat",
			message_id: randomUUID(),
			content,
			is_encrypted: is_encrypted ?? false,
			message_type: message_type ?? "text",
			metadata: metadata ?? {},
		};
	}

	unknownType(_member: Member): void {}

	/** Sends a frame about a member to the conversation. */
	tell({ conversationId, userId }: Member, fields: Fields, but?: Member): void {
		const text = JSON.stringify({
			conversation_id: conversationId,
			sender_id: userId,
			timestamp: new Date().toISOString(),
			...fields,
		});
		for (const other of this.#rooms.get(conversationId) ?? [])
			if (other !== but) other.ws.send(text);
	}

	#join(ws: WebSocket, conversationId: string, userId: string): void {
		const room = this.#rooms.get(conversationId) ?? new Set();
		this.#rooms.set(conversationId, room);
		const pongAt = performance.now();
		const member: Member = { ws, conversationId, userId, pongAt };
		room.add(member);
		const { pingIntervalMs, pongTimeoutMs } = this.#heartbeat;
		const heartbeat = setInterval(() => ws.ping(), pingIntervalMs);
		const deadline = setInterval(() => {
			if (performance.now() - member.pongAt > pongTimeoutMs) ws.terminate();
		}, 20);
		ws.on("pong", () => {
			member.pongAt = performance.now();
		});
		ws.on("error", () => {});
		ws.on("message", (data: Buffer) =>
			this.receive(member, JSON.parse(data.toString()) as Fields),
		);
		ws.on("close", () => {
			clearInterval(heartbeat);
			clearInterval(deadline);
			room.delete(member);
			this.tell(member, { type: "user_left" });
		});
		this.tell(member, { type: "user_joined" });
	}
}
