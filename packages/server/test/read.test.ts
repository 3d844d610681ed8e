import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { expectError, say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

interface Readers {
	server: TestServer;
	conversation: string;
	alice: string;
	bob: string;
	a: TestClient;
	b: TestClient;
	/** Second connection of Bob. */
	b2: TestClient;
	/** Three messages from Alice. */
	messages: [string, string, string];
}

async function readers(): Promise<Readers> {
	const server = await startTestServer();
	const [conversation, alice, bob] = [randomUUID(), randomUUID(), randomUUID()];
	const a = await server.connect(conversation, alice);
	const b = await server.connect(conversation, bob);
	const b2 = await server.connect(conversation, bob);
	const messages: [string, string, string] = ["", "", ""];
	for (const i of messages.keys())
		messages[i] = String((await say(a, `message ${i}`)).message_id);
	return { server, conversation, alice, bob, a, b, b2, messages };
}

/** Returns the `read` frames that a client has received when a message sent after them has arrived. */
async function readsOf(client: TestClient, via: TestClient): Promise<unknown> {
	const { seq } = await say(via, "marker");
	await client.waitFor((f) => f.seq === seq);
	return client.of("read").map(({ message_id }) => message_id);
}

/** Returns Bob's receipt. Alice has one too, because she wrote the messages. */
async function receiptOfBob({
	server,
	conversation,
	alice,
	bob,
}: Readers): Promise<unknown> {
	const { body } = await server.rest(
		"GET",
		`/v1/conversations/${conversation}/receipts`,
		alice,
	);
	const { receipts } = body as { receipts: { user_id: string }[] };
	return receipts.find(({ user_id }) => user_id === bob);
}

test("[RD-1] [RD-2] read reaches all connections except the sending one, including the reader's others", async () => {
	const { a, b, b2, conversation, bob, messages } = await readers();
	b.send({ type: "read", message_id: messages[1] });
	for (const client of [a, b2]) {
		const frame = await client.next("read");
		expect(frame).toEqual({
			type: "read",
			conversation_id: conversation,
			sender_id: bob,
			message_id: messages[1],
			timestamp: expect.any(String),
		});
	}
	expect(await readsOf(b, b)).toEqual([]);
});

test("[RD-4] [RD-5] a watermark is committed before it is relayed, and older and equal ones are accepted without an event", async () => {
	const all = await readers();
	const { a, b, bob, messages } = all;
	b.send({ type: "read", message_id: messages[1] });
	await a.next("read");
	const kept = { user_id: bob, read: { message_id: messages[1], seq: 2 } };
	expect(await receiptOfBob(all)).toEqual(kept);
	b.send({ type: "read", message_id: messages[0] });
	b.send({ type: "read", message_id: messages[1] });
	expect(await readsOf(a, a)).toEqual([messages[1]]);
	expect(b.of("error")).toEqual([]);
	expect(await receiptOfBob(all)).toEqual(kept);
	b.send({ type: "read", message_id: messages[2] });
	await a.next("read");
	expect(await receiptOfBob(all)).toMatchObject({ read: { seq: 3 } });
});

test("[RD-4] a participant has one watermark for all connections", async () => {
	const all = await readers();
	const { a, b, b2, alice, bob, messages } = all;
	b.send({ type: "read", message_id: messages[2] });
	await a.next("read");
	b2.send({ type: "read", message_id: messages[0] });
	a.send({ type: "read", message_id: messages[1] });
	await b.waitFor((f) => f.type === "read" && f.sender_id === alice);
	expect(await receiptOfBob(all)).toEqual({
		user_id: bob,
		read: { message_id: messages[2], seq: 3 },
	});
});

test("[RD-6] writing advances the writer's watermark without a frame, and reading an earlier message is still relayed", async () => {
	const all = await readers();
	const { a, b, messages } = all;
	const { message_id } = await say(b, "of Bob");
	expect(await receiptOfBob(all)).toMatchObject({
		read: { message_id, seq: 4 },
	});
	expect(a.of("read")).toEqual([]);
	b.send({ type: "read", message_id: messages[0] });
	expect(await a.next("read")).toMatchObject({ message_id: messages[0] });
	expect(await receiptOfBob(all)).toMatchObject({ read: { seq: 4 } });
});

test("an upper-case id refers to the same message", async () => {
	const { a, b, messages } = await readers();
	b.send({ type: "read", message_id: messages[0].toUpperCase() });
	expect(await a.next("read")).toMatchObject({ message_id: messages[0] });
});

test("[RD-5] a watermark survives a restart", async () => {
	const all = await readers();
	const { server, a, b, bob, messages } = all;
	b.send({ type: "read", message_id: messages[1] });
	await a.next("read");
	await server.drain();
	const again = await startTestServer({ dataDirectory: server.directory });
	expect(await receiptOfBob({ ...all, server: again })).toEqual({
		user_id: bob,
		read: { message_id: messages[1], seq: 2 },
	});
});

test("[RD-3] an id that is not a chat message of this conversation is refused", async () => {
	const { server, a, b, conversation, alice, bob, messages } = await readers();
	const elsewhere = await say(
		await server.connect(randomUUID(), bob),
		"elsewhere",
	);
	const leaver = randomUUID();
	const third = await server.connect(conversation, leaver);
	await server.rest(
		"DELETE",
		`/v1/conversations/${conversation}/participants/${leaver}`,
		alice,
	);
	await third.closed;
	const removal = await b.next("participant_removed");
	for (const id of [randomUUID(), elsewhere.message_id, removal.message_id]) {
		b.send({ type: "read", message_id: id });
		await expectError(b, "unknown_message");
	}
	b.send({ type: "read", message_id: messages[0] });
	await a.next("read");
	expect(await readsOf(a, b)).toEqual([messages[0]]);
});

test("[RS-6] unread counts the messages after the watermark, which sending advances", async () => {
	const { server, a, b, alice, bob } = await readers();
	await say(b, "of Bob's own");
	const unread = async (user: string) => {
		const { body } = await server.rest("GET", "/v1/conversations", user);
		return (body as { conversations: unknown }).conversations;
	};
	expect(await unread(bob)).toMatchObject([{ unread: 0, read_seq: 4 }]);
	expect(await unread(alice)).toMatchObject([{ unread: 1, read_seq: 3 }]);
	await say(a, "of Alice");
	expect(await unread(bob)).toMatchObject([{ unread: 1, read_seq: 4 }]);
	expect(await unread(alice)).toMatchObject([{ unread: 0, read_seq: 5 }]);
});
