import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { entries, expectEntries, expectError, say } from "./support/chat.ts";
import { startTestServer } from "./support/server.ts";

describe("order", () => {
	test("[OR-1] [OR-2] [GA-3] [CH-5] with many concurrent senders, every connection gets the same frames in the same order, without gaps", async () => {
		const server = await startTestServer();
		const conversation = randomUUID();
		const users = Array.from({ length: 12 }, () => randomUUID());
		const clients = await Promise.all(
			[...users, ...users.slice(0, 3)].map((user) =>
				server.connect(conversation, user),
			),
		);
		const EACH = 40;
		for (let i = 0; i < EACH; i++)
			for (const [n, client] of clients.entries())
				client.send({ type: "chat", content: `${n}:${i}` });
		const total = EACH * clients.length;
		for (const client of clients) await expectEntries(client, 1, total);
		const [first, ...others] = clients.map((client) => client.of("chat"));
		for (const other of others) expect(other).toEqual(first);
		expect(new Set(first?.map(({ message_id }) => message_id)).size).toBe(
			total,
		);
		// Frames of one connection keep their order.
		for (const n of clients.keys())
			expect(
				first
					?.map(({ content }) => String(content))
					.filter((content) => content.startsWith(`${n}:`)),
			).toEqual(Array.from({ length: EACH }, (_, i) => `${n}:${i}`));
	});

	test("[OR-1] every conversation counts from 1 independently", async () => {
		const server = await startTestServer();
		const user = randomUUID();
		const one = await server.connect(randomUUID(), user);
		const other = await server.connect(randomUUID(), user);
		await say(one, "a");
		await say(one, "b");
		expect(await say(other, "c")).toMatchObject({ seq: 1 });
		await one.settle();
		expect(entries(one)).toHaveLength(2);
	});

	test("[OR-3] seq continues after a restart", async () => {
		const server = await startTestServer();
		const [conversation, user] = [randomUUID(), randomUUID()];
		await say(await server.connect(conversation, user), "before");
		await server.drain();
		const again = await startTestServer({ dataDirectory: server.directory });
		const client = await again.connect(conversation, user);
		expect(await say(client, "after")).toMatchObject({ seq: 2 });
	});
});

describe("client_message_id", () => {
	test("[OR-5] a repeat is acknowledged to its sending connection, and neither stored nor broadcast", async () => {
		const server = await startTestServer();
		const [conversation, alice] = [randomUUID(), randomUUID()];
		const a = await server.connect(conversation, alice);
		const other = await server.connect(conversation, alice);
		const b = await server.connect(conversation, randomUUID());
		const first = await say(a, "once");
		const { client_message_id } = first;
		other.send({ type: "chat", content: "once", client_message_id });
		const ack = await other.next("ack");
		expect(ack).toEqual({
			type: "ack",
			client_message_id,
			message_id: first.message_id,
			seq: first.seq,
			timestamp: first.timestamp,
		});
		await say(a, "marker");
		for (const client of [a, b, other]) {
			await client.waitFor((f) => f.content === "marker");
			expect(
				client.of("chat").map(({ seq, content }) => [seq, content]),
			).toEqual([
				[1, "once"],
				[2, "marker"],
			]);
		}
		for (const client of [a, b]) expect(client.of("ack")).toEqual([]);
	});

	test("[OR-4] [OR-5] concurrent repeats make one message and get an ack each", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID());
		const frame = {
			type: "chat",
			content: "x",
			client_message_id: randomUUID(),
		};
		for (let i = 0; i < 10; i++) client.send(frame);
		await client.until(() => client.of("ack").length === 9, "nine acks");
		await say(client, "marker");
		expect(client.of("chat").map(({ content }) => content)).toEqual([
			"x",
			"marker",
		]);
	});

	test("[OR-4] a repeat is recognised after a restart on the same data", async () => {
		const server = await startTestServer();
		const [conversation, user] = [randomUUID(), randomUUID()];
		const first = await say(await server.connect(conversation, user), "once");
		await server.drain();
		const again = await startTestServer({ dataDirectory: server.directory });
		const client = await again.connect(conversation, user);
		const { client_message_id, message_id, timestamp } = first;
		client.send({ type: "chat", content: "once", client_message_id });
		expect(await client.next("ack")).toMatchObject({
			client_message_id,
			message_id,
			timestamp,
			seq: 1,
		});
		expect(await say(client, "marker")).toMatchObject({ seq: 2 });
	});

	test.each([
		["content", { content: "other" }],
		["is_encrypted", { is_encrypted: true }],
		["message_type", { message_type: "image" }],
		["metadata", { metadata: { a: 1 } }],
	])(
		"[OR-6] a repeat with different %s is a conflict, and nothing is stored",
		async (_, other) => {
			const server = await startTestServer();
			const client = await server.connect(randomUUID(), randomUUID());
			const { client_message_id } = await say(client, "once");
			client.send({
				type: "chat",
				content: "once",
				client_message_id,
				...other,
			});
			const error = await expectError(client, "client_message_id_conflict");
			expect(error).toMatchObject({ client_message_id });
			expect(await say(client, "marker")).toMatchObject({ seq: 2 });
			expect(client.of("ack")).toEqual([]);
		},
	);

	test("[OR-6] explicit defaults are the same content as omitted ones", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID());
		const { client_message_id } = await say(client, "once");
		client.send({
			type: "chat",
			content: "once",
			is_encrypted: false,
			message_type: "text",
			metadata: {},
			client_message_id,
		});
		await client.next("ack");
	});

	test("[HS-6] ids in upper and lower case are equal, and answers use lower case", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID());
		const id = "abcdefab-cdef-4abc-8def-abcdefabcdef";
		client.send({
			type: "chat",
			content: "x",
			client_message_id: id.toUpperCase(),
		});
		expect(await client.next("chat")).toMatchObject({ client_message_id: id });
		client.send({ type: "chat", content: "x", client_message_id: id });
		expect(await client.next("ack")).toMatchObject({ client_message_id: id });
		client.send({
			type: "chat",
			content: "x",
			client_message_id: id.toUpperCase(),
		});
		expect(await client.next("ack")).toMatchObject({ client_message_id: id });
	});

	test("[OR-7] two senders or two conversations may use the same id", async () => {
		const server = await startTestServer();
		const [conversation, alice] = [randomUUID(), randomUUID()];
		const a = await server.connect(conversation, alice);
		const b = await server.connect(conversation, randomUUID());
		const elsewhere = await server.connect(randomUUID(), alice);
		const client_message_id = randomUUID();
		const from = async (client: typeof a, content: string) => {
			client.send({ type: "chat", content, client_message_id });
			return client.waitFor((f) => f.content === content);
		};
		expect(await from(a, "a")).toMatchObject({ seq: 1 });
		expect(await from(b, "b")).toMatchObject({ seq: 2, client_message_id });
		expect(await from(elsewhere, "c")).toMatchObject({ seq: 1 });
	});
});
