import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { entries, expectEntries, say } from "./support/chat.ts";
import { refusal } from "./support/client.ts";
import { createConversation } from "./support/http.ts";
import {
	openInbox,
	received,
	subscribe,
	unsubscribe,
} from "./support/inbox-client.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const V1 = ["secureconnect.v1"];

test("[IN-1] a connection needs a valid token, an allowed origin and the subprotocol, and no conversation", async () => {
	const server = await startTestServer({ maxConnections: 1 });
	const url = `ws://${server.address}/v1/ws/inbox`;
	const headers = { Authorization: `Bearer ${await token(randomUUID())}` };
	expect(await refusal(url, { protocols: V1 })).toMatchObject({
		status: 401,
		body: { error: "unauthorized" },
	});
	expect(
		await refusal(url, {
			protocols: V1,
			headers: { ...headers, Origin: "https://elsewhere.example" },
		}),
	).toMatchObject({ status: 403, body: { error: "origin not allowed" } });
	expect(await refusal(url, { headers })).toMatchObject({
		status: 426,
		body: { error: "upgrade required" },
		headers: { "sec-websocket-version": "13" },
	});
	const plain = await fetch(`http://${server.address}/v1/ws/inbox`, {
		headers,
	});
	expect([plain.status, await plain.json()]).toEqual([
		426,
		{ error: "upgrade required" },
	]);
	const userId = randomUUID();
	const inbox = await openInbox(server, userId);
	expect(inbox.ws.protocol).toBe("secureconnect.v1");
	expect(inbox.frames[0]).toMatchObject({ type: "inbox", user_id: userId });
	expect(await refusal(url, { protocols: V1, headers })).toMatchObject({
		status: 503,
	});
});

test("[IN-4] a frame without a valid conversation_id is invalid, and answers name their conversation", async () => {
	const server = await startTestServer();
	const inbox = await openInbox(server, randomUUID());
	for (const frame of [
		{ type: "chat", content: "x" },
		{ type: "subscribe", conversation_id: "lunch" },
		{ type: "typing" },
	]) {
		inbox.send(frame);
		expect(await inbox.next("error")).toMatchObject({ code: "invalid_frame" });
	}
	const conversationId = randomUUID();
	await subscribe(inbox, conversationId);
	const clientMessageId = randomUUID();
	const chat = {
		type: "chat",
		conversation_id: conversationId,
		content: "x",
		client_message_id: clientMessageId,
	};
	inbox.send(chat);
	const { message_id, seq } = await inbox.next("chat");
	inbox.send(chat);
	expect(await inbox.next("ack")).toMatchObject({
		conversation_id: conversationId,
		client_message_id: clientMessageId,
		message_id,
		seq,
	});
	inbox.send({ ...chat, content: "y" });
	expect(await inbox.next("error")).toMatchObject({
		conversation_id: conversationId,
		code: "client_message_id_conflict",
	});
	inbox.send({ type: "read", conversation_id: conversationId });
	expect(await inbox.next("error")).toMatchObject({
		conversation_id: conversationId,
		code: "invalid_frame",
	});
	inbox.send({ type: "auth", access_token: "none" });
	const refused = await inbox.next("error");
	expect(refused).toMatchObject({ code: "unauthorized" });
	expect(refused.conversation_id).toBeUndefined();
});

test("[IN-5] a subscription gets subscribed, its own user_joined, the replay and live frames", async () => {
	const server = await startTestServer();
	const [conversationId, other, userId] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	const writer = await server.connect(conversationId, randomUUID());
	for (let i = 1; i <= 3; i++) await say(writer, `m${i}`);
	await server.connect(conversationId, userId).then((client) => client.close());
	const inbox = await openInbox(server, userId, {
		token: await token(userId, { name: "Ada" }),
	});
	await subscribe(inbox, other);
	const subscribed = await subscribe(inbox, conversationId, { after_seq: 1 });
	expect(subscribed).toMatchObject({
		head_seq: 3,
		recovered: true,
		present_count: 2,
		epoch: expect.any(String),
		read: expect.any(Array),
	});
	await say(writer, "m4");
	await inbox.waitFor(({ seq }) => seq === 4);
	expect(received(inbox, conversationId)).toEqual([
		"subscribed",
		"user_joined",
		"chat 2",
		"chat 3",
		"chat 4",
	]);
	expect(
		await inbox.waitFor(
			({ type, conversation_id }) =>
				type === "user_joined" && conversation_id === conversationId,
		),
	).toMatchObject({ sender_id: userId, name: "Ada" });
	expect(
		await subscribe(inbox, randomUUID(), { after: randomUUID() }),
	).toMatchObject({ recovered: false });
	expect(await inbox.next("error")).toMatchObject({
		code: "unknown_cursor",
		conversation_id: expect.any(String),
	});
});

test("[IN-6] a user who is not a participant gets not_participant, and joins under the policy open", async () => {
	const server = await startTestServer({ policy: "members" });
	const [owner, userId] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner);
	const inbox = await openInbox(server, userId);
	for (const conversationId of [id, randomUUID()])
		expect(await subscribe(inbox, conversationId)).toMatchObject({
			type: "error",
			code: "not_participant",
			conversation_id: conversationId,
		});
	await server.rest("POST", `/v1/conversations/${id}/participants`, owner, {
		participant_ids: [userId],
	});
	expect(await subscribe(inbox, id)).toMatchObject({ type: "subscribed" });

	const open = await startTestServer();
	const joined = await openInbox(open, userId);
	expect(await subscribe(joined, id)).toMatchObject({ type: "subscribed" });
	expect(
		(await open.rest("GET", `/v1/conversations/${id}`, userId)).status,
	).toBe(200);
});

test("[IN-7] a second subscription for a conversation is refused and changes nothing", async () => {
	const server = await startTestServer();
	const conversationId = randomUUID();
	const inbox = await openInbox(server, randomUUID());
	await subscribe(inbox, conversationId);
	expect(
		await subscribe(inbox, conversationId, { after_seq: 0 }),
	).toMatchObject({
		code: "invalid_frame",
	});
	const own = { conversation_id: conversationId };
	await say(inbox, "one", own);
	await say(inbox, "two", own);
	await expectEntries(inbox, 1, 2);
});

test("[IN-7] a connection has at most 200 subscriptions, those that are opening included", async () => {
	const server = await startTestServer();
	const inbox = await openInbox(server, randomUUID());
	const ids = Array.from({ length: 201 }, () => randomUUID());
	for (const id of ids) inbox.send({ type: "subscribe", conversation_id: id });
	expect(await inbox.next("error")).toMatchObject({ code: "limit_reached" });
	await inbox.until(
		() => inbox.of("subscribed").length === 200,
		"200 subscriptions",
	);
	const [first = "", last = ""] = [ids[0], ids[200]];
	expect(await subscribe(inbox, last)).toMatchObject({ code: "limit_reached" });
	await unsubscribe(inbox, first);
	expect(await subscribe(inbox, last)).toMatchObject({ type: "subscribed" });
});

test("[IN-8] after unsubscribed a connection gets answers to its own frames and nothing else of the conversation", async () => {
	const server = await startTestServer();
	const conversationId = randomUUID();
	const own = { conversation_id: conversationId };
	const writer = await server.connect(conversationId, randomUUID());
	const inbox = await openInbox(server, randomUUID());
	await subscribe(inbox, conversationId);
	await say(writer, "before");
	expect(await unsubscribe(inbox, conversationId)).not.toHaveProperty("reason");
	const from = inbox.frames.length;
	await say(writer, "after");
	writer.send({ type: "typing" });
	inbox.send({ type: "chat", content: "mine", ...own });
	await inbox.next("ack");
	// Without a subscription the answer is the same.
	await unsubscribe(inbox, conversationId);
	expect(received(inbox, conversationId, from)).toEqual([
		"ack 3",
		"unsubscribed",
	]);
});

test("[IN-8] subscribe and unsubscribe in quick succession are handled in their order", async () => {
	const server = await startTestServer();
	const conversationId = randomUUID();
	const inbox = await openInbox(server, randomUUID());
	for (const type of ["subscribe", "unsubscribe", "subscribe", "unsubscribe"])
		inbox.send({ type, conversation_id: conversationId });
	await inbox.until(() => inbox.of("unsubscribed").length === 2, "two answers");
	expect(received(inbox, conversationId)).toEqual([
		"subscribed",
		"user_joined",
		"unsubscribed",
		"subscribed",
		"user_joined",
		"unsubscribed",
	]);
});

test("[IN-10] commands without a subscription get ack, also an amendment and a repeat", async () => {
	const server = await startTestServer();
	const [conversationId, userId] = [randomUUID(), randomUUID()];
	const chat = await server.connect(conversationId, userId);
	const inbox = await openInbox(server, userId);
	const own = { conversation_id: conversationId };
	const clientMessageId = randomUUID();
	const command = {
		type: "chat",
		content: "hello",
		client_message_id: clientMessageId,
		...own,
	};
	inbox.send(command);
	const ack = await inbox.next("ack");
	const entry = await chat.next("chat");
	expect(ack).toMatchObject({
		...own,
		client_message_id: clientMessageId,
		message_id: entry.message_id,
		seq: 1,
	});
	inbox.send(command);
	expect(await inbox.next("ack")).toMatchObject({ seq: 1 });
	inbox.send({
		type: "edit",
		target_id: entry.message_id,
		content: "goodbye",
		...own,
	});
	expect(await inbox.next("ack")).toMatchObject({ seq: 2, ...own });
	inbox.send({ type: "read", message_id: entry.message_id, ...own });
	inbox.send({ type: "typing", ...own });
	await chat.next("typing");
	expect(entries(inbox).map(({ type }) => type)).toEqual(["ack", "ack", "ack"]);
});

test("[IN-10] a user who is not a participant can send nothing, and is not seen typing", async () => {
	const server = await startTestServer();
	const conversationId = randomUUID();
	const own = { conversation_id: conversationId };
	const chat = await server.connect(conversationId, randomUUID());
	const inbox = await openInbox(server, randomUUID());
	inbox.send({ type: "chat", content: "x", ...own });
	expect(await inbox.next("error")).toMatchObject({
		code: "not_participant",
		...own,
	});
	inbox.send({ type: "typing", ...own });
	expect(await inbox.next("error")).toMatchObject({
		code: "not_participant",
		...own,
	});
	await say(chat, "one");
	expect(chat.of("typing")).toEqual([]);
});

test("[IN-10] with a subscription the own copy is the answer, also if the subscription is younger than the command", async () => {
	const server = await startTestServer();
	const conversationId = randomUUID();
	const inbox = await openInbox(server, randomUUID());
	const own = { conversation_id: conversationId };
	await subscribe(inbox, conversationId);
	await say(inbox, "first", own);
	expect(inbox.of("ack")).toEqual([]);
	// Each command gets exactly one answer, whatever becomes of the subscription meanwhile.
	const ids = Array.from({ length: 40 }, () => randomUUID());
	for (const [i, clientMessageId] of ids.entries()) {
		inbox.send({
			type: "chat",
			content: "x",
			client_message_id: clientMessageId,
			...own,
		});
		if (i % 2 === 1)
			inbox.send({
				type: i % 4 === 1 ? "unsubscribe" : "subscribe",
				...own,
			});
	}
	const answersTo = (id: string): string[] =>
		inbox.frames
			.filter((frame) => frame.client_message_id === id)
			.map(({ type }) => type);
	await inbox.until(
		() => ids.every((id) => answersTo(id).length > 0),
		"an answer to each command",
	);
	await unsubscribe(inbox, conversationId);
	expect(ids.map((id) => answersTo(id).length)).toEqual(ids.map(() => 1));
});
