/** How the seats of a connection for several conversations end, and what they do to presence and devices. */
import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { expectEntries, say } from "./support/chat.ts";
import type { TestClient, WireFrame } from "./support/client.ts";
import { createConversation } from "./support/http.ts";
import {
	openInbox,
	received,
	subscribe,
	unsubscribe,
} from "./support/inbox-client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

/** Creates a conversation of an owner and a user. */
async function conversationOf(
	server: TestServer,
): Promise<{ id: string; owner: string; userId: string }> {
	const [owner, userId] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [userId]);
	return { id, owner, userId };
}

function ended(inbox: TestClient, conversationId: string): Promise<WireFrame> {
	return inbox.waitFor(
		({ type, conversation_id }) =>
			type === "unsubscribed" && conversation_id === conversationId,
	);
}

describe("[IN-9] the server ends a subscription and leaves the connection open", () => {
	test("after a removal, whose entry is the last that the user gets", async () => {
		const server = await startTestServer({ policy: "members" });
		const { id, owner, userId } = await conversationOf(server);
		const kept = await createConversation(server, owner, [userId]);
		const devices = [
			await openInbox(server, userId),
			await openInbox(server, userId),
		];
		for (const inbox of devices) {
			await subscribe(inbox, id);
			await subscribe(inbox, kept);
		}
		const other = await server.connect(id, owner);
		await server.rest(
			"DELETE",
			`/v1/conversations/${id}/participants/${userId}`,
			owner,
		);
		await say(other, "after");
		for (const inbox of devices) {
			expect(await ended(inbox, id)).toMatchObject({ reason: "removed" });
			expect(received(inbox, id).slice(-2)).toEqual([
				expect.stringContaining("participant_removed"),
				"unsubscribed",
			]);
			await say(inbox, "still here", { conversation_id: kept });
			expect(await subscribe(inbox, id)).toMatchObject({
				code: "not_participant",
			});
		}
	});

	test("after the deletion of the conversation", async () => {
		const server = await startTestServer();
		const { id, owner, userId } = await conversationOf(server);
		const inbox = await openInbox(server, userId);
		await subscribe(inbox, id);
		const chat = await server.connect(id, userId);
		await server.rest("DELETE", `/v1/conversations/${id}`, owner);
		expect(await ended(inbox, id)).toMatchObject({ reason: "deleted" });
		expect(await chat.closed).toMatchObject({ code: 1008, reason: "deleted" });
		expect(await subscribe(inbox, id)).toMatchObject({
			code: "not_participant",
		});
	});

	test("after a removal while the history is read for it", async () => {
		const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
		const { id, owner, userId } = await conversationOf(server);
		const writer = await server.connect(id, owner);
		for (let i = 0; i < 40; i++) await say(writer, "x".repeat(200_000));
		const inbox = await openInbox(server, userId);
		inbox.ws.pause();
		inbox.send({ type: "subscribe", conversation_id: id, after_seq: 0 });
		await writer.waitFor(
			({ type, sender_id }) => type === "user_joined" && sender_id === userId,
		);
		await server.rest(
			"DELETE",
			`/v1/conversations/${id}/participants/${userId}`,
			owner,
		);
		await say(writer, "secret");
		inbox.ws.resume();
		expect(await ended(inbox, id)).toMatchObject({ reason: "removed" });
		expect(JSON.stringify(inbox.frames)).not.toContain("secret");
		expect(inbox.ws.readyState).toBe(inbox.ws.OPEN);
	});
});

test("[IN-8] a subscription that ends during its replay sends nothing more, and a new one continues where it is told", async () => {
	const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
	const { id, owner, userId } = await conversationOf(server);
	const writer = await server.connect(id, owner);
	for (let i = 0; i < 40; i++) await say(writer, "x".repeat(200_000));
	const inbox = await openInbox(server, userId);
	const own = { conversation_id: id };
	inbox.send({ type: "subscribe", after_seq: 0, ...own });
	inbox.send({ type: "unsubscribe", ...own });
	inbox.send({ type: "subscribe", after_seq: 38, ...own });
	await inbox.waitFor(({ seq }) => seq === 40);
	const frames = received(inbox, id);
	const second = frames.lastIndexOf("subscribed");
	expect(frames[second - 1]).toBe("unsubscribed");
	expect(frames.slice(second)).toEqual([
		"subscribed",
		"user_joined",
		"chat 39",
		"chat 40",
	]);
	// A command whose entry waits behind a replay has an answer when the subscription ends.
	await unsubscribe(inbox, id);
	await subscribe(inbox, id, { after_seq: 0 });
	const clientMessageId = randomUUID();
	inbox.send({
		type: "chat",
		content: "mine",
		client_message_id: clientMessageId,
		...own,
	});
	await writer.waitFor(
		({ client_message_id }) => client_message_id === clientMessageId,
	);
	await unsubscribe(inbox, id);
	expect(
		await inbox.waitFor(
			({ client_message_id }) => client_message_id === clientMessageId,
		),
	).toMatchObject({ seq: 41 });
});

describe("[IN-14] presence", () => {
	test("a subscription makes the user present, the connection itself does not", async () => {
		const server = await startTestServer();
		const { id, owner, userId } = await conversationOf(server);
		const other = await server.connect(id, owner);
		const inbox = await openInbox(server, userId);
		const present = async (): Promise<string[]> => {
			const { body } = await server.rest(
				"GET",
				`/v1/conversations/${id}/presence`,
				owner,
			);
			return (body as { users: { user_id: string }[] }).users.map(
				({ user_id }) => user_id,
			);
		};
		expect(await present()).toEqual([owner]);
		const unseen = await subscribe(inbox, id, { presence: false });
		expect(unseen).toMatchObject({
			present: [{ user_id: owner }],
			present_count: 1,
		});
		await say(other, "one");
		await inbox.waitFor(({ seq }) => seq === 1);
		expect(received(inbox, id)).toEqual(["subscribed", "chat 1"]);
		expect(await present()).toEqual([owner]);
		await unsubscribe(inbox, id);
		await subscribe(inbox, id);
		await other.waitFor(
			({ type, sender_id }) => type === "user_joined" && sender_id === userId,
		);
		// A chat connection of the same user keeps the user present.
		const chat = await server.connect(id, userId);
		await unsubscribe(inbox, id);
		expect((await present()).sort()).toEqual([owner, userId].sort());
		await chat.close(1000);
		expect(await other.next("user_left")).toMatchObject({ sender_id: userId });
		await say(other, "two");
		expect(other.of("user_joined").slice(1)).toHaveLength(1);
	});

	test("unsubscribe and a close with 1000 end presence at once, a cut after the grace", async () => {
		const server = await startTestServer({ presenceGraceMs: 600_000 });
		const { id, owner, userId } = await conversationOf(server);
		const other = await server.connect(id, owner);
		const inbox = await openInbox(server, userId);
		await subscribe(inbox, id);
		await unsubscribe(inbox, id);
		await other.next("user_left");
		await subscribe(inbox, id);
		await inbox.close(1000);
		await other.next("user_left");
		const cut = await openInbox(server, userId);
		await subscribe(cut, id);
		cut.ws.terminate();
		const back = await openInbox(server, userId);
		await subscribe(back, id);
		await say(other, "end");
		expect(other.of("user_left")).toHaveLength(2);
		expect(
			other.of("user_joined").filter(({ sender_id }) => sender_id === userId),
		).toHaveLength(3);
	});

	test("a renewed token's name reaches every subscription", async () => {
		const server = await startTestServer();
		const { id, owner, userId } = await conversationOf(server);
		const second = await createConversation(server, owner, [userId]);
		const issuedAt = Math.floor(Date.now() / 1000);
		const inbox = await openInbox(server, userId, {
			token: await token(userId, { name: "Ada", iat: issuedAt }),
		});
		await subscribe(inbox, id);
		await subscribe(inbox, second);
		inbox.send({
			type: "auth",
			access_token: await token(userId, { name: "Grace", iat: issuedAt + 1 }),
		});
		expect(await inbox.next("auth_ok")).not.toHaveProperty("conversation_id");
		for (const conversationId of [id, second]) {
			const { body } = await server.rest(
				"GET",
				`/v1/conversations/${conversationId}/presence`,
				owner,
			);
			expect(body).toMatchObject({
				users: [{ user_id: userId, name: "Grace" }],
			});
		}
		const third = await createConversation(server, owner, [userId]);
		expect(await subscribe(inbox, third)).toMatchObject({
			present: [{ user_id: userId, name: "Grace" }],
		});
	});
});

test("[IN-15] one ping proves the position of a device in each of its subscriptions", async () => {
	const server = await startTestServer();
	const [owner, userId, deviceId] = [randomUUID(), randomUUID(), randomUUID()];
	const ids = [
		await createConversation(server, owner, [userId]),
		await createConversation(server, owner, [userId]),
	];
	const inbox = await openInbox(server, userId);
	const writers = await Promise.all(ids.map((id) => server.connect(id, owner)));
	for (const id of ids) await subscribe(inbox, id, { device_id: deviceId });
	for (const writer of writers) {
		await say(writer, "one");
		await say(writer, "two");
	}
	for (const id of ids) {
		await inbox.waitFor(
			({ conversation_id, seq }) => conversation_id === id && seq === 2,
		);
		await vi.waitFor(
			async () => {
				const { body } = await server.rest(
					"GET",
					`/v1/conversations/${id}/receipts`,
					owner,
				);
				expect((body as { receipts: unknown[] }).receipts).toContainEqual(
					expect.objectContaining({
						user_id: userId,
						delivered: expect.objectContaining({ seq: 2 }),
					}),
				);
			},
			{ timeout: 15_000, interval: 50 },
		);
	}
	inbox.ws.terminate();
	for (const writer of writers) await say(writer, "three");
	const back = await openInbox(server, userId);
	for (const id of ids) {
		await subscribe(back, id, { device_id: deviceId });
		await back.waitFor(
			({ conversation_id, seq }) => conversation_id === id && seq === 3,
		);
		expect(received(back, id)).toEqual(["subscribed", "user_joined", "chat 3"]);
	}
	expect(
		await subscribe(back, ids[0] ?? "", { device_id: "telephone" }),
	).toMatchObject({ code: "invalid_frame" });
});

test("an inbox and a chat connection of a user get the same entries of a conversation", async () => {
	const server = await startTestServer();
	const { id, userId } = await conversationOf(server);
	const own = { conversation_id: id };
	const [inbox, second, chat] = [
		await openInbox(server, userId),
		await openInbox(server, userId),
		await server.connect(id, userId),
	];
	await subscribe(inbox, id);
	await subscribe(second, id);
	await say(inbox, "one", own);
	await say(chat, "two");
	await say(second, "three", own);
	for (const client of [inbox, second, chat]) await expectEntries(client, 1, 3);
	expect(inbox.of("chat")).toEqual(chat.of("chat"));
	expect(second.of("chat")).toEqual(chat.of("chat"));
	inbox.send({ type: "typing", ...own });
	await second.next("typing");
	await chat.next("typing");
	await say(inbox, "four", own);
	expect(inbox.of("typing")).toEqual([]);
});
