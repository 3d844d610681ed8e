import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Rest } from "@secureconnect/protocol";
import type { Static } from "typebox";
import { say } from "./chat.ts";
import type { TestClient, WireFrame } from "./client.ts";
import {
	type ConversationList,
	createConversation,
	type MessagePage,
} from "./http.ts";
import { startTestServer, type TestServer } from "./server.ts";

export type FoldedMessage = Static<typeof Rest.message>;
export type TimelinePage = Static<typeof Rest.timelinePage>;

export const V1 = { protocols: ["secureconnect.v1"] };

export interface Pair {
	readonly server: TestServer;
	readonly conversation: string;
	/** Path of the conversation. */
	readonly path: string;
	/** Owner. */
	readonly alice: string;
	/** Member. */
	readonly bob: string;
	readonly a: TestClient;
	readonly b: TestClient;
}

/** Starts a server with a conversation of an owner and a member, one connection each. */
export async function pair(
	options: Parameters<typeof startTestServer>[0] = {},
): Promise<Pair> {
	const server = await startTestServer({ policy: "members", ...options });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const conversation = await createConversation(server, alice, [bob]);
	return {
		server,
		conversation,
		path: `/v1/conversations/${conversation}`,
		alice,
		bob,
		a: await server.connect(conversation, alice, V1),
		b: await server.connect(conversation, bob, V1),
	};
}

/**
 * Sends a command. Resolves with its answer: the sender's own copy, an `ack` or an `error`.
 */
export function command(
	client: TestClient,
	frame: Record<string, unknown>,
): Promise<WireFrame> {
	const client_message_id = frame.client_message_id ?? randomUUID();
	const before = client.frames.length;
	client.send({ ...frame, client_message_id });
	return client.waitFor(
		(answer) =>
			answer.client_message_id === client_message_id &&
			client.frames.indexOf(answer) >= before,
	);
}

/** Sends a message. Resolves with its id. */
export async function message(
	client: TestClient,
	content: string,
	fields: Record<string, unknown> = {},
): Promise<string> {
	return String((await say(client, content, fields)).message_id);
}

export async function view(
	{ server, path }: Pick<Pair, "server" | "path">,
	messageId: string,
	userId: string,
): Promise<FoldedMessage> {
	const { status, body } = await server.rest(
		"GET",
		`${path}/messages/${messageId}`,
		userId,
	);
	if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
	return body as FoldedMessage;
}

export async function timeline(
	{ server, path }: Pick<Pair, "server" | "path">,
	userId: string,
	query = "view=timeline",
): Promise<TimelinePage> {
	const answer = await server.rest("GET", `${path}/messages?${query}`, userId);
	if (answer.status !== 200)
		throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body as TimelinePage;
}

export async function log(
	{ server, path }: Pick<Pair, "server" | "path">,
	userId: string,
): Promise<MessagePage["messages"]> {
	const { body } = await server.rest("GET", `${path}/messages`, userId);
	return (body as MessagePage).messages;
}

/** Returns the user's row of the conversation in the list. */
export async function row(
	{ server, conversation }: Pick<Pair, "server" | "conversation">,
	userId: string,
): Promise<ConversationList["conversations"][number] | undefined> {
	const { body } = await server.rest("GET", "/v1/conversations", userId);
	return (body as ConversationList).conversations.find(
		({ conversation_id }) => conversation_id === conversation,
	);
}

/** Writes a role or the state of the conversation into the store, beside the server. */
export function inStore(directory: string, sql: string): void {
	const db = new DatabaseSync(join(directory, "messages.db"));
	db.exec("PRAGMA busy_timeout = 5000");
	db.exec(sql);
	db.close();
}
