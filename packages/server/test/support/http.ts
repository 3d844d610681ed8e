import { randomUUID } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import type { Rest, ServerFrames } from "@secureconnect/protocol";
import type { Static } from "typebox";
import type { TestServer } from "./server.ts";
import { token } from "./token.ts";

export type ChatMessage = Static<typeof ServerFrames.chat>;
export type ConversationView = Static<typeof Rest.conversation>;
export type ConversationList = Static<typeof Rest.conversationList>;
export type MessagePage = Static<typeof Rest.messagePage>;

export interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly text: string;
}

/** Headers that turn a GET into an upgrade. */
export const UPGRADE = {
	Connection: "Upgrade",
	Upgrade: "websocket",
	"Sec-WebSocket-Version": "13",
	"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
} as const;

export const CHAT = "/v1/ws/chat";

export function chatPath(conversationId: string): string {
	return `${CHAT}?conversation_id=${conversationId}`;
}

export async function bearer(
	userId: string,
): Promise<{ Authorization: string }> {
	return { Authorization: `Bearer ${await token(userId)}` };
}

/** Sends one request with exactly these headers on a new connection. If the answer is 101, it cuts the connection. */
export function ask(
	server: { readonly address: string },
	path: string,
	headers: Readonly<Record<string, string>> = {},
	method = "GET",
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request(`http://${server.address}${path}`, {
			method,
			headers,
			agent: false,
		});
		asked.on("error", reject);
		asked.on("upgrade", (response, socket) => {
			socket.destroy();
			resolve({ status: 101, headers: response.headers, text: "" });
		});
		asked.on("response", (response) => {
			let text = "";
			response.setEncoding("utf8");
			response.on("data", (chunk: string) => {
				text += chunk;
			});
			response.on("end", () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					text,
				}),
			);
		});
		asked.end();
	});
}

/** Creates a conversation over REST. Returns its id. */
export async function createConversation(
	server: TestServer,
	owner: string,
	participants: readonly string[] = [],
): Promise<string> {
	const { status, body } = await server.rest(
		"POST",
		"/v1/conversations",
		owner,
		{ conversation_id: randomUUID(), participant_ids: participants },
	);
	if (status !== 201) throw new Error(`not created: ${JSON.stringify(body)}`);
	return (body as ConversationView).conversation_id;
}

/** Sends a REST request with a token that has the scope `admin`. */
export async function restAsAdmin(
	server: TestServer,
	method: string,
	path: string,
	body?: unknown,
): Promise<{ status: number; body: unknown }> {
	const bearer = await token(randomUUID(), { scope: "admin" });
	const response = await fetch(`http://${server.address}${path}`, {
		method,
		headers: {
			Authorization: `Bearer ${bearer}`,
			...(body === undefined ? {} : { "Content-Type": "application/json" }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	const text = await response.text();
	return {
		status: response.status,
		body: text === "" ? undefined : JSON.parse(text),
	};
}
