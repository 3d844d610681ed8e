import { randomUUID } from "node:crypto";
import { ServerFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const UUID_V7 =
	/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const RFC_3339_MS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

interface Two {
	server: TestServer;
	conversation: string;
	alice: string;
	bob: string;
	a: TestClient;
	b: TestClient;
}

async function two(): Promise<Two> {
	const server = await startTestServer();
	const [conversation, alice, bob] = [randomUUID(), randomUUID(), randomUUID()];
	const a = await server.connect(conversation, alice);
	const b = await server.connect(conversation, bob);
	await a.waitFor((f) => f.type === "user_joined" && f.sender_id === bob);
	return { server, conversation, alice, bob, a, b };
}

describe("a chat message", () => {
	test("[CH-1] [CH-3] reaches all participants with the nine documented fields in order, then seq, even if the sender omitted all", async () => {
		const { a, b, conversation, alice } = await two();
		const before = Date.now();
		a.send({ type: "chat", content: "Hello" });
		const frame = await b.next("chat");
		expect(Object.keys(frame)).toEqual([
			"type",
			"conversation_id",
			"sender_id",
			"message_id",
			"content",
			"is_encrypted",
			"message_type",
			"metadata",
			"timestamp",
			"seq",
		]);
		expect(frame).toMatchObject({
			conversation_id: conversation,
			sender_id: alice,
			content: "Hello",
			is_encrypted: false,
			message_type: "text",
			metadata: {},
			seq: 1,
		});
		expect(frame.message_id).toMatch(UUID_V7);
		expect(frame.timestamp).toMatch(RFC_3339_MS);
		expect(Date.parse(frame.timestamp)).toBeGreaterThanOrEqual(before);
		expect(Date.parse(frame.timestamp)).toBeLessThanOrEqual(Date.now());
		expect(Compile(ServerFrames.chat).Check(frame)).toBe(true);
	});

	test("[CH-2] [CH-9] is relayed with its sender's fields, and client_message_id last", async () => {
		const { a, b } = await two();
		const said = {
			content: "ciphertext",
			is_encrypted: true,
			message_type: "image",
			metadata: { width: 3, tags: ["a", null, { b: 1.5 }], ключ: "значение" },
			client_message_id: randomUUID(),
		};
		a.send({ type: "chat", ...said });
		const frame = await b.next("chat");
		expect(frame).toMatchObject(said);
		expect(Object.keys(frame).slice(-2)).toEqual(["seq", "client_message_id"]);
	});

	test("[CH-9] comes back to its sender as other participants get it", async () => {
		const { a, b } = await two();
		const own = await say(a, "Hello");
		expect(await b.next("chat")).toEqual(own);
	});

	test("[CH-4] [FR-5] gets ids, sender, time and seq from the server, whatever the client sends", async () => {
		const { a, b, conversation, alice, bob } = await two();
		const forged = {
			message_id: randomUUID(),
			sender_id: bob,
			conversation_id: randomUUID(),
			timestamp: "2001-01-01T00:00:00.000Z",
			seq: 77,
			something_unknown: true,
		};
		a.send({ type: "chat", content: "mine", ...forged });
		const frame = await b.next("chat");
		expect(frame).toMatchObject({
			conversation_id: conversation,
			sender_id: alice,
			seq: 1,
		});
		expect(frame.message_id).not.toBe(forged.message_id);
		expect(frame.timestamp).not.toBe(forged.timestamp);
		expect(frame).not.toHaveProperty("something_unknown");
	});

	test.each([
		["empty", ""],
		["of every plane and with control characters", 'é漢😀\u2028\u0001\t"\\/'],
		["that looks like a frame", '{"type":"user_left"}'],
		["of 900 kB", "x".repeat(900_000)],
		["of 300,000 three-byte characters", "漢".repeat(300_000)],
	])("[CH-8] accepts content %s", async (_, content) => {
		const { a, b } = await two();
		a.send({ type: "chat", content });
		expect((await b.next("chat")).content).toBe(content);
	});

	test("[FR-9] may reach every limit", async () => {
		const { a, b } = await two();
		const metadata = { a: "x".repeat(16 * 1024 - '{"a":""}'.length) };
		const messageType = "t".repeat(64);
		a.send({ type: "chat", content: "", message_type: messageType, metadata });
		const frame = await b.next("chat");
		expect(frame).toMatchObject({ message_type: messageType, metadata });
	});

	test("[FR-9] may nest sixteen levels deep", async () => {
		const { a, b } = await two();
		const metadata = nested(15);
		a.send({ type: "chat", content: "", metadata });
		expect(await b.next("chat")).toMatchObject({ metadata });
	});
});

test("[FR-1] every frame of every kind has a type and a timestamp", async () => {
	const { a, b, server, conversation, bob } = await two();
	const again = await server.connect(conversation, bob, {
		protocols: ["secureconnect.v1"],
	});
	const { message_id, client_message_id } = await say(a, "Hello");
	a.send({ type: "chat", content: "Hello", client_message_id });
	a.send({ type: "typing" });
	a.send({ type: "read", message_id });
	again.send({ type: "auth", access_token: await token(bob) });
	await again.waitFor((f) => f.type === "auth_ok");
	await again.waitFor((f) => f.type === "read");
	await a.next("ack");
	await a.settle();
	await again.settle();
	expect(await again.close()).toMatchObject({ code: 1000 });
	await b.close();
	await a.waitFor((f) => f.type === "user_left");
	const frames = [a, b, again].flatMap((client) => client.frames);
	const types = new Set(frames.map(({ type }) => type));
	expect([...types].sort()).toEqual([
		"ack",
		"auth_ok",
		"chat",
		"error",
		"read",
		"typing",
		"user_joined",
		"user_left",
		"welcome",
	]);
	for (const { timestamp } of frames) expect(timestamp).toMatch(RFC_3339_MS);
});

describe("typing", () => {
	test("[TY-1] [TY-2] [TY-4] reaches all connections except the sending one, including the sender's others", async () => {
		const { a, b, server, conversation, alice } = await two();
		const other = await server.connect(conversation, alice);
		a.send({ type: "typing" });
		for (const client of [b, other]) {
			const frame = await client.next("typing");
			expect(Object.keys(frame)).toEqual([
				"type",
				"conversation_id",
				"sender_id",
				"timestamp",
			]);
			expect(frame).toMatchObject({
				conversation_id: conversation,
				sender_id: alice,
			});
		}
		await a.settle();
		expect(a.of("typing")).toEqual([]);
	});

	test("[TY-3] is not stored and not sent to later connections", async () => {
		const { a, b, server, conversation, bob } = await two();
		a.send({ type: "typing" });
		await b.next("typing");
		const later = await server.connect(conversation, bob, {
			query: { after_seq: "0" },
		});
		await later.settle();
		expect(later.of("typing")).toEqual([]);
	});
});

function nested(levels: number): Record<string, unknown> {
	return levels === 1 ? {} : { a: nested(levels - 1) };
}

test("[CH-6] a conversation's messages do not reach a different conversation, even with shared participants", async () => {
	const server = await startTestServer();
	const [one, other] = [randomUUID(), randomUUID()];
	const [alice, bob] = [randomUUID(), randomUUID()];
	const a = await server.connect(one, alice);
	const inside = await server.connect(one, bob);
	const outside = await server.connect(other, bob);
	await say(a, "for one conversation");
	await inside.next("chat");
	await outside.settle();
	expect(outside.frames.map(({ type }) => type)).toEqual([
		"user_joined",
		"error",
	]);
});
