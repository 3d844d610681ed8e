import { randomUUID } from "node:crypto";
import { ServerFrames } from "@secureconnect/protocol";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { entries, say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { repeats } from "./support/long.ts";
import { startTestServer } from "./support/server.ts";

const valid = {
	chat: Compile(ServerFrames.chat),
	typing: Compile(ServerFrames.typing),
	read: Compile(ServerFrames.read),
	user_joined: Compile(ServerFrames.user_joined),
	user_left: Compile(ServerFrames.user_left),
};

/** Arbitrary text in place of a frame or a field. It need not be JSON. */
const oddText = fc.oneof(
	fc.string({ unit: "binary" }),
	fc.json({ stringUnit: "binary" }),
	fc.constantFrom(
		"null",
		"1e400",
		"-0",
		"123456789012345678901234567890",
		'"\\ud800"',
		'"\\u0000"',
		'{"__proto__":{"type":"chat"}}',
		'{"constructor":{"prototype":{}}}',
		`${"[".repeat(5000)}${"]".repeat(5000)}`,
		`${'{"a":'.repeat(200)}1${"}".repeat(200)}`,
	),
);
const field = fc.tuple(
	fc.constantFrom(
		"type",
		"content",
		"is_encrypted",
		"message_type",
		"metadata",
		"client_message_id",
		"message_id",
		"sender_id",
		"seq",
		"timestamp",
		"__proto__",
		"toString",
	),
	fc.oneof(
		oddText,
		fc.jsonValue().map((value) => JSON.stringify(value)),
		fc.constantFrom('"chat"', '"typing"', '"read"', '"text"', "{}", "true"),
	),
);
/** Frames whose fields have arbitrary types and may occur twice. */
const oddFrame = fc
	.tuple(
		fc.constantFrom("chat", "typing", "read", "auth", "user_left", "ack"),
		fc.array(field, { maxLength: 6 }),
	)
	.map(
		([type, fields]) =>
			`{${[["type", `"${type}"`], ...fields].map(([key, value]) => `"${key}":${value}`).join(",")}}`,
	);
const oddBytes = fc.uint8Array({ maxLength: 300 });
const oddMessage = fc.oneof(
	{ weight: 3, arbitrary: oddFrame },
	{ weight: 2, arbitrary: oddText },
	{ weight: 1, arbitrary: oddBytes },
);

function send(client: TestClient, message: string | Uint8Array): void {
	// The bytes are also sent as text, although most are not valid text.
	client.ws.send(message, { binary: false });
}

test("[GA-10] after any frame of a client the server continues, and other clients get only valid frames and can send", async () => {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	const sender = randomUUID();
	let client = await server.connect(conversation, sender);
	let seen = 0;
	await fc.assert(
		fc.asyncProperty(
			fc.array(oddMessage, { minLength: 1, maxLength: 15 }),
			async (messages) => {
				for (const message of messages) send(client, message);
				const word = await say(witness, "still here");
				// All clients receive the same entries, in order.
				expect(word.seq).toBe(entries(witness).length);
				for (const frame of witness.frames.slice(seen)) {
					const check = valid[frame.type as keyof typeof valid];
					expect([...check.Errors(frame)]).toEqual([]);
					expect([witness.frames[0]?.sender_id, sender]).toContain(
						frame.sender_id,
					);
				}
				seen = witness.frames.length;
				client.ws.terminate();
				await client.closed;
				client = await server.connect(conversation, sender);
			},
		),
		{ numRuns: repeats(60) },
	);
});

test("a handshake with any query gets an answer, and no undocumented server error", async () => {
	const server = await startTestServer();
	await fc.assert(
		fc.asyncProperty(
			fc.dictionary(
				fc.constantFrom(
					"conversation_id",
					"access_token",
					"after",
					"after_seq",
					"__proto__",
				),
				fc.string({ unit: "binary" }).map((s) => s.toWellFormed()),
			),
			async (query) => {
				const { status, body } = await fetchChat(server.address, query);
				expect([400, 401]).toContain(status);
				expect(body).toEqual({ error: expect.any(String) });
			},
		),
		{ numRuns: repeats(60) },
	);
});

test("frames with prototype names as keys do not change the server's own objects", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const client = await server.connect(conversation, randomUUID());
	for (const message of [
		'{"type":"chat","content":"x","metadata":{"__proto__":{"polluted":1}}}',
		'{"__proto__":{"polluted":1},"type":"chat","content":"x"}',
		'{"type":"chat","content":"x","metadata":{"constructor":{"prototype":{"polluted":1}}}}',
	])
		client.send(message);
	await client.until(() => client.of("chat").length === 2, "two of the three");
	expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
	expect(client.of("chat")[0]?.metadata).toEqual({});
	expect(client.of("chat")[1]?.metadata).toEqual({
		constructor: { prototype: { polluted: 1 } },
	});
});

async function fetchChat(
	address: string,
	query: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
	const response = await fetch(
		`http://${address}/v1/ws/chat?${new URLSearchParams(query)}`,
	);
	return { status: response.status, body: await response.json() };
}
