/** The terminal's view of a conversation, over the client's timeline and a real server. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import {
	chat,
	FakeServer,
	welcome,
} from "../../client/test/support/fake-server.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import type { Post } from "../src/chat/items.ts";
import { ChatModel } from "../src/chat/model.ts";

const MANY = 1060;

/** A model of Alice's view of a conversation in which Bob writes. */
async function scene() {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const client = clientOf(server, alice);
	const conversation = client.conversation(id);
	const model = new ChatModel(
		conversation,
		() => client.conversation(id),
		() => {},
	);
	const bob = await server.connect(id, randomUUID());
	return { conversation, model, bob };
}

function textsOf(model: ChatModel): string[] {
	return model.entries
		.filter((entry): entry is Post => entry.kind === "post")
		.map(({ text }) => text);
}

test("a view drops old entries when there are many, and keeps the newest and what follows", async () => {
	const { conversation, model, bob } = await scene();
	await model.start(50);
	for (let i = 1; i <= MANY; i++) bob.send({ type: "chat", content: `${i}` });
	await expect.poll(() => model.entries.length).toBe(MANY);
	const kept = model.entries.at(-1)?.key;
	await expect
		.poll(() => {
			model.trim();
			return model.entries.length;
		})
		.toBe(50);
	expect(model.entries.at(-1)?.key).toBe(kept);
	expect(textsOf(model)).toEqual(
		Array.from({ length: 50 }, (_, i) => `${MANY - 49 + i}`),
	);
	const { acknowledged } = conversation.send("mine");
	await acknowledged;
	await expect.poll(() => textsOf(model).at(-1)).toBe("mine");
	await model.loadOlder();
	expect(textsOf(model)[0]).toBe(`${MANY - 99}`);
});

test("a message that the server refused stays when old entries are dropped", async () => {
	const { conversation, model, bob } = await scene();
	await model.start(50);
	const message = conversation.send("x", { messageType: "y".repeat(65) });
	await expect(message.acknowledged).rejects.toThrow();
	for (let i = 1; i <= MANY; i++) bob.send({ type: "chat", content: `${i}` });
	await expect.poll(() => model.entries.length).toBe(MANY + 1);
	await expect
		.poll(() => {
			model.trim();
			return model.entries.length;
		})
		.toBeLessThan(MANY);
	expect(model.entries.at(-1)).toMatchObject({ status: "failed", text: "x" });
	expect(textsOf(model).filter((text) => text === "x")).toHaveLength(1);
	await model.discard(message.clientMessageId);
	expect(textsOf(model)).not.toContain("x");
});

test("an answer shows the message that it answers as it is now", async () => {
	const { model, bob } = await scene();
	await model.start(50);
	bob.send({ type: "chat", content: "first" });
	const { message_id: target_id } = await bob.next("chat");
	bob.send({ type: "chat", content: "second", reply_to: target_id });
	const quoted = () =>
		model.entries.flatMap((entry) =>
			entry.kind === "post" && entry.quote ? [entry.quote.text] : [],
		);
	await expect.poll(quoted).toEqual(["first"]);
	const [unchanged] = model.entries;
	bob.send({ type: "edit", target_id, content: "a\u001b[2Jb\nc" });
	await expect.poll(quoted).toEqual(["a␛[2Jb c"]);
	expect(model.entries[0]).not.toBe(unchanged);
	expect(model.entries[0]?.key).toBe(unchanged?.key);
	const [, answer] = model.entries;
	bob.send({ type: "chat", content: "third" });
	await expect.poll(() => model.entries.length).toBe(3);
	expect(model.entries[1]).toBe(answer);
	bob.send({ type: "delete", target_id });
	await expect.poll(quoted).toEqual(["message deleted"]);
});

test("a message that the server refused stays until it is discarded", async () => {
	const { conversation, model } = await scene();
	await model.start(50);
	const message = conversation.send("x", { messageType: "y".repeat(65) });
	await expect(message.acknowledged).rejects.toThrow();
	expect(model.entries).toMatchObject([{ status: "failed", text: "x" }]);
	await model.discard(message.clientMessageId);
	expect(model.entries).toEqual([]);
});

test("after a restore of the server's backup the view shows the restored log", async () => {
	const [alice, epochs] = [randomUUID(), [randomUUID(), randomUUID()]];
	const logs = [
		[chat(1), chat(2, { content: "lost" })],
		[chat(1), chat(2, { content: "new" })],
	];
	let at = 0;
	const server = await FakeServer.start(
		(connection) => connection.send(welcome(alice, 2, { epoch: epochs[at] })),
		() => [200, { messages: logs[at], next: null, epoch: epochs[at] }],
	);
	const client = clientOf(server, alice);
	const conversation = client.conversation(randomUUID());
	const model = new ChatModel(
		conversation,
		() => client.conversation(conversation.id),
		() => {},
	);
	await model.start(50);
	expect(textsOf(model)).toEqual(["m1", "lost"]);
	at = 1;
	server.connections[0]?.ws.terminate();
	await expect.poll(() => textsOf(model)).toEqual(["m1", "new"]);
	expect(model.notice).toMatch(/restored from a backup/);
	server.connections[1]?.send(chat(3));
	await expect.poll(() => textsOf(model)).toEqual(["m1", "new", "m3"]);
});

test("after a gap that the server cannot fill the view shows what the server has", async () => {
	const [alice, fifth] = [randomUUID(), chat(5)];
	const page = { messages: [chat(1), chat(2)], next: null };
	const server = await FakeServer.start(
		(connection) => {
			const recovered = server.connections.length > 1;
			connection.send(welcome(alice, recovered ? 5 : 2, { recovered }));
			if (recovered) connection.send(fifth);
		},
		() => [200, page],
	);
	const client = clientOf(server, alice);
	const conversation = client.conversation(randomUUID());
	const model = new ChatModel(
		conversation,
		() => client.conversation(conversation.id),
		() => {},
	);
	await model.start(50);
	page.messages.push(fifth);
	server.connections[0]?.send(fifth);
	await expect.poll(() => textsOf(model)).toEqual(["m1", "m2", "m5"]);
	expect(model.notice).toMatch(/lost the entries 3 to 4/);
});

test("a message that waits for a connection can be discarded, and is not sent", async () => {
	const server = await startTestServer();
	const offline = clientOf(server, randomUUID(), {
		token: () => new Promise<string>(() => {}),
	});
	const conversation = offline.conversation(randomUUID());
	const model = new ChatModel(
		conversation,
		() => offline.conversation(conversation.id),
		() => {},
	);
	const message = conversation.send("typo");
	expect(model.entries).toMatchObject([{ text: "typo", status: "queued" }]);
	await model.discard(message.clientMessageId);
	expect(model.entries).toEqual([]);
	expect(conversation.unacknowledged).toEqual([]);
});
