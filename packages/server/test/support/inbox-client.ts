import { randomUUID } from "node:crypto";
import { TestClient, type WireFrame } from "./client.ts";
import type { TestServer } from "./server.ts";
import { token } from "./token.ts";

/** Opens a user's connection for all conversations. Waits for its first frame. */
export async function openInbox(
	server: TestServer,
	userId: string,
	options: { token?: string; autoPong?: boolean } = {},
): Promise<TestClient> {
	const inbox = await TestClient.open(`ws://${server.address}/v1/ws/inbox`, {
		protocols: ["secureconnect.v1"],
		headers: {
			Authorization: `Bearer ${options.token ?? (await token(userId))}`,
		},
		...(options.autoPong === undefined ? {} : { autoPong: options.autoPong }),
	});
	await inbox.waitFor(({ type }) => type === "inbox");
	return inbox;
}

/** Subscribes to a conversation. Resolves with the answer: `subscribed` or an error. */
export function subscribe(
	inbox: TestClient,
	conversationId: string,
	fields: Record<string, unknown> = {},
): Promise<WireFrame> {
	return answerTo(inbox, ["subscribed", "error"], {
		type: "subscribe",
		conversation_id: conversationId,
		...fields,
	});
}

/** Ends a subscription. Resolves with `unsubscribed`. */
export function unsubscribe(
	inbox: TestClient,
	conversationId: string,
): Promise<WireFrame> {
	return answerTo(inbox, ["unsubscribed"], {
		type: "unsubscribe",
		conversation_id: conversationId,
	});
}

/** Returns what a subscription received, as `type` or, for entries, `type` and `seq`. */
export function received(
	inbox: TestClient,
	conversationId: string,
	from = 0,
): string[] {
	return inbox.frames
		.slice(from)
		.filter(
			({ conversation_id, type }) =>
				conversation_id === conversationId && type !== "conversation_removed",
		)
		.map(({ type, seq }) => (seq === undefined ? type : `${type} ${seq}`));
}

async function answerTo(
	inbox: TestClient,
	types: readonly string[],
	frame: { conversation_id: string } & Record<string, unknown>,
): Promise<WireFrame> {
	const from = inbox.frames.length;
	inbox.send(frame);
	return inbox.waitFor(
		(answer) =>
			inbox.frames.indexOf(answer) >= from &&
			types.includes(answer.type) &&
			answer.conversation_id === frame.conversation_id,
	);
}

/** Sends a message to a conversation. Resolves with its answer: the own copy, or `ack`. */
export function tell(
	inbox: TestClient,
	conversationId: string,
	content: string,
): Promise<WireFrame> {
	const clientMessageId = randomUUID();
	inbox.send({
		type: "chat",
		content,
		conversation_id: conversationId,
		client_message_id: clientMessageId,
	});
	return inbox.waitFor(
		({ client_message_id }) => client_message_id === clientMessageId,
	);
}
