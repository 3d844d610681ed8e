import { randomUUID } from "node:crypto";
import { Rest, ServerFrames } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import { type ChatMessage, createConversation } from "./support/http.ts";
import { startTestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

/** Creates a conversation of two users and a function that posts messages to it. */
async function chat(maxMessageBytes = 1024 * 1024) {
	const server = await startTestServer({ maxMessageBytes });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, alice, [bob]);
	const path = `/v1/conversations/${id}/messages`;
	return {
		server,
		alice,
		bob,
		id,
		path,
		post: (user: string, body: unknown) =>
			server.rest("POST", path, user, body),
	};
}

describe("POST /v1/conversations/{id}/messages", () => {
	test("[RS-12] runs the same command as the frame and answers 201 with what every connection gets", async () => {
		const { server, alice, bob, id, post } = await chat();
		const sockets = [
			await server.connect(id, alice),
			await server.connect(id, bob),
		];
		const client_message_id = randomUUID();
		const { status, body } = await post(alice, {
			content: "",
			is_encrypted: true,
			message_type: "note",
			metadata: { a: [1, null, "x"] },
			client_message_id: client_message_id.toUpperCase(),
			sender_id: bob,
			seq: 77,
			type: "typing",
		});
		expect(status).toBe(201);
		expectShape(ServerFrames.chat, body);
		expect(body).toMatchObject({
			type: "chat",
			conversation_id: id,
			sender_id: alice,
			content: "",
			is_encrypted: true,
			message_type: "note",
			metadata: { a: [1, null, "x"] },
			seq: 1,
			client_message_id,
		});
		for (const socket of sockets)
			expect(await socket.next("chat")).toEqual(body);
	});

	test("fills in the frame's defaults", async () => {
		const { alice, post } = await chat();
		const { body } = await post(alice, { content: "plain" });
		expectShape(ServerFrames.chat, body);
		expect(body).toMatchObject({
			is_encrypted: false,
			message_type: "text",
			metadata: {},
		});
		expect(body).not.toHaveProperty("client_message_id");
	});

	test("[RS-12] a repeated client_message_id gets 200 and the same message, without a second broadcast", async () => {
		const { server, alice, bob, id, post } = await chat();
		const socket = await server.connect(id, bob);
		const message = { content: "once", client_message_id: randomUUID() };
		const first = await post(alice, message);
		const again = await post(alice, message);
		expect([first.status, again.status]).toEqual([201, 200]);
		expect(again.body).toEqual(first.body);
		const fromFrame = await server.connect(id, alice);
		fromFrame.send({ type: "chat", ...message });
		const { message_id, seq } = first.body as ChatMessage;
		expect(await fromFrame.next("ack")).toMatchObject({ message_id, seq });
		await post(alice, { content: "end" });
		await socket.waitFor((frame) => frame.content === "end");
		expect(socket.of("chat").map((frame) => frame.content)).toEqual([
			"once",
			"end",
		]);
	});

	test("[RS-12] a client_message_id with different content gets 409, and each sender has their own ids", async () => {
		const { alice, bob, post } = await chat();
		const client_message_id = randomUUID();
		await post(alice, { content: "one", client_message_id });
		expect(
			await post(alice, { content: "two", client_message_id }),
		).toMatchObject({
			status: 409,
			body: { error: "client_message_id conflict" },
		});
		expect(
			(await post(bob, { content: "two", client_message_id })).status,
		).toBe(201);
	});

	test.each<[what: string, body: unknown, why: RegExp]>([
		["no content", {}, /content/],
		["content that is not text", { content: 1 }, /content.*string/],
		[
			"is_encrypted that is not a boolean",
			{ content: "", is_encrypted: "yes" },
			/is_encrypted.*boolean/,
		],
		[
			"a message_type of 65 characters",
			{ content: "", message_type: "x".repeat(65) },
			/message_type.*64/,
		],
		[
			"metadata that is a list",
			{ content: "", metadata: [] },
			/metadata.*object/,
		],
		[
			"metadata over 16 KiB",
			{ content: "", metadata: { a: "x".repeat(16_384) } },
			/metadata.*16384/,
		],
		[
			"a client_message_id that is not a UUID",
			{ content: "", client_message_id: "1" },
			/client_message_id must be a UUID/,
		],
		["a lone surrogate", { content: "\ud800" }, /Unicode/],
		["a list", [{ content: "" }], /JSON object/],
		["null", null, /JSON object/],
		["text", "hello", /JSON object/],
	])(
		"[RS-3] refuses %s with 400, says why, and stores nothing",
		async (_, body, why) => {
			const { server, alice, path, post } = await chat();
			const answer = await post(alice, body);
			expect([answer.status, answer.body]).toEqual([
				400,
				{ error: expect.stringMatching(why) },
			]);
			expectShape(Rest.error, answer.body);
			expect((await server.rest("GET", path, alice)).body).toEqual({
				messages: [],
				next: null,
				epoch: expect.any(String),
			});
		},
	);

	test.each([
		["no JSON", "application/json", "{", 400],
		["nothing", "application/json", "", 400],
		["text", "text/plain", '{"content":"x"}', 400],
		["a form", "application/x-www-form-urlencoded", "content=x", 415],
	])("refuses %s with %j as its type", async (_, type, body, status) => {
		const { server, alice, path } = await chat();
		const answer = await fetch(`http://${server.address}${path}`, {
			method: "POST",
			headers: {
				Authorization: `Bearer ${await token(alice)}`,
				"Content-Type": type,
			},
			body,
		});
		expect(answer.status).toBe(status);
		expectShape(Rest.error, await answer.json());
	});

	test("[RS-3] accepts a body of the maximum length, and refuses one more byte with 413", async () => {
		const bytes = 2048;
		const { alice, post } = await chat(bytes);
		const content = "x".repeat(bytes - JSON.stringify({ content: "" }).length);
		expect((await post(alice, { content })).status).toBe(201);
		const over = await post(alice, { content: `${content}x` });
		expect(over.status).toBe(413);
		expectShape(Rest.error, over.body);
	});
});
