/** The inbox of a scripted server. */
import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import { type FakeConnection, type FakeServer, NOW } from "./fake-server.ts";

/** Creates an `inbox` frame. */
export function inbox(userId: string, fields: object = {}): object {
	return {
		type: "inbox",
		user_id: userId,
		epoch: "e0000000-0000-4000-8000-000000000000",
		conversations: [],
		more: false,
		total_unread: 0,
		total_mentions: 0,
		limits: {
			max_message_bytes: 1_048_576,
			max_metadata_bytes: 16_384,
			max_depth: 16,
			max_message_type_length: 64,
			max_subscriptions: 200,
		},
		intervals: { ping_ms: 54_000, pong_timeout_ms: 60_000 },
		expires_at: "2026-11-24T01:00:00.000Z",
		timestamp: NOW,
		...fields,
	};
}

/** Creates a row of the list. */
export function row(conversationId: string, fields: object = {}): object {
	return {
		conversation_id: conversationId,
		title: null,
		role: "member",
		kind: "group",
		closed: false,
		head_seq: 1,
		read_seq: 0,
		unread: 1,
		mentions: 0,
		muted_until: null,
		archived: false,
		favourite: false,
		marked_unread: false,
		last_message: null,
		updated_at: NOW,
		...fields,
	};
}

/** Creates a `subscribed` frame of a conversation whose head is `headSeq`. */
export function subscribed(
	conversationId: string,
	headSeq = 0,
	fields: object = {},
): object {
	return {
		type: "subscribed",
		conversation_id: conversationId,
		head_seq: headSeq,
		recovered: false,
		present: [],
		present_count: 1,
		read: [],
		timestamp: NOW,
		...fields,
	};
}

/**
 * Handles connections of the inbox: each subscription is a connection of the server's list, with the cursor as its
 * query. `welcome` is sent as `subscribed`, and each frame with the conversation's id. A cut cuts the shared socket.
 */
export function seats(
	server: () => FakeServer,
	userId: string,
): (connection: FakeConnection) => void {
	return (shared) => {
		const open = new Map<string, FakeConnection>();
		shared.send(inbox(userId));
		shared.ws.on("message", (data: Buffer) => {
			const { conversation_id: id, ...frame } = JSON.parse(
				data.toString(),
			) as Record<string, unknown> & { readonly conversation_id: string };
			const seat = open.get(id);
			if (frame.type === "unsubscribe") {
				open.delete(id);
				shared.send({
					type: "unsubscribed",
					conversation_id: id,
					timestamp: NOW,
				});
				seat?.ws.emit("close");
			} else if (frame.type !== "subscribe") {
				seat?.received.push(frame);
				seat?.ws.emit("message", Buffer.from(JSON.stringify(frame)));
			} else {
				const { type: _, ...cursor } = frame;
				const connection = seatOf(shared, id, cursor);
				open.set(id, connection);
				server().connections.push(connection);
				server().greet(connection);
			}
			server().changed();
		});
	};
}

function seatOf(
	shared: FakeConnection,
	id: string,
	cursor: Readonly<Record<string, unknown>>,
): FakeConnection {
	const send = (text: string | Buffer): void => {
		let frame: unknown;
		try {
			frame = JSON.parse(text.toString());
		} catch {
			shared.ws.send(text);
			return;
		}
		const isFrame =
			typeof frame === "object" && frame !== null && !Array.isArray(frame);
		if (!isFrame) {
			shared.ws.send(text);
			return;
		}
		const fields = frame as Record<string, unknown>;
		shared.send({
			...fields,
			conversation_id: id,
			...(fields.type === "welcome" && { type: "subscribed" }),
		});
	};
	const ws = Object.assign(new EventEmitter(), {
		send,
		terminate: () => shared.ws.terminate(),
		close: (code?: number, reason?: string) => shared.ws.close(code, reason),
	});
	return {
		ws: ws as unknown as WebSocket,
		query: new URLSearchParams({
			conversation_id: id,
			...(cursor as Record<string, string>),
		}),
		received: [],
		send: (frame) => send(JSON.stringify(frame)),
	};
}

/** A frame of a client, about a conversation. */
export type InboxFrame = Record<string, unknown> & {
	readonly type: string;
	readonly conversation_id: string;
};

/** Handles connections of the inbox: sends the list, and calls `handle` with each frame of the client. */
export function script(
	userId: string,
	handle: (frame: InboxFrame, connection: FakeConnection) => void,
	fields: object = {},
): (connection: FakeConnection) => void {
	return (connection) => {
		connection.send(inbox(userId, fields));
		connection.ws.on("message", (data: Buffer) =>
			handle(JSON.parse(data.toString()) as InboxFrame, connection),
		);
	};
}

/** Creates an `unsubscribed` frame. */
export function unsubscribed(conversationId: string, reason?: string): object {
	return {
		type: "unsubscribed",
		conversation_id: conversationId,
		...(reason && { reason }),
		timestamp: NOW,
	};
}

/** Creates an `error` frame about a conversation. */
export function refusal(
	conversationId: string,
	code: string,
	fields: object = {},
): object {
	return {
		type: "error",
		conversation_id: conversationId,
		code,
		message: code,
		timestamp: NOW,
		...fields,
	};
}
