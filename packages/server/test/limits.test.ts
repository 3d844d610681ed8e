import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { expectError, say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

/** Opens a client and a witness in the same conversation. The witness must not be affected. */
async function clientAndWitness(): Promise<[TestClient, TestClient]> {
	const server = await startTestServer();
	const conversation = randomUUID();
	const witness = await server.connect(conversation, randomUUID());
	return [await server.connect(conversation, randomUUID()), witness];
}

const MIB = 1024 * 1024;

/** Builds a chat frame of exactly this many bytes. */
function frameOf(bytes: number): string {
	const empty = JSON.stringify({ type: "chat", content: "" });
	return empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`);
}

test("[FR-6] a message of exactly 1 MiB passes", async () => {
	const [client, witness] = await clientAndWitness();
	client.send(frameOf(MIB));
	expect((await witness.next("chat")).seq).toBe(1);
});

test.each<[string, number, (client: TestClient) => void]>([
	["a message over 1 MiB", 1009, (c) => c.send(frameOf(MIB + 1))],
	[
		"a message over 1 MiB in fragments",
		1009,
		(c) => {
			const text = frameOf(MIB + 1);
			c.ws.send(text.slice(0, MIB / 2), { fin: false });
			c.ws.send(text.slice(MIB / 2), { fin: true });
		},
	],
	[
		"a binary message",
		1003,
		(c) =>
			c.ws.send(Buffer.from('{"type":"chat","content":"x"}'), { binary: true }),
	],
	[
		"text that is not UTF-8",
		1007,
		(c) =>
			c.ws.send(Buffer.from('{"type":"chat","content":"\xff"}', "latin1"), {
				binary: false,
			}),
	],
	[
		"text with an encoded surrogate",
		1007,
		(c) =>
			c.ws.send(
				Buffer.from('{"type":"chat","content":"\xed\xa0\x80"}', "latin1"),
				{ binary: false },
			),
	],
])(
	"[FR-6] [FR-7] [FR-8] %s closes its connection with %i and reaches no other client",
	async (_, code, send) => {
		const [client, witness] = await clientAndWitness();
		send(client);
		expect((await client.closed).code).toBe(code);
		expect((await say(witness, "marker")).seq).toBe(1);
	},
);

test("[FR-6] the size limit is a setting", async () => {
	const server = await startTestServer({ maxMessageBytes: 1000 });
	const conversation = randomUUID();
	const client = await server.connect(conversation, randomUUID());
	client.send(frameOf(1000));
	await client.next("chat");
	client.send(frameOf(1001));
	expect((await client.closed).code).toBe(1009);
});

test("[FR-11] [CL-3] the twentieth invalid frame in a minute gets its error and closes with 1008", async () => {
	const [client, witness] = await clientAndWitness();
	for (let i = 0; i < 19; i++) client.send({ type: "nonsense" });
	// Valid frames that the server cannot carry out do not count as abuse.
	for (let i = 0; i < 20; i++)
		client.send({ type: "read", message_id: randomUUID() });
	await client.until(
		() =>
			client.of("error").filter(({ code }) => code === "unknown_message")
				.length === 20,
		"twenty refusals",
	);
	await say(client, "still here");
	client.send("one more");
	expect(await client.closed).toEqual({
		code: 1008,
		reason: "too many invalid frames",
	});
	expect(client.of("error")).toHaveLength(40);
	expect(client.of("error").at(-1)).toMatchObject({ code: "invalid_json" });
	await witness.next("user_left");
});

test("a second connection of the same user has its own limit", async () => {
	const server = await startTestServer();
	const [conversation, user] = [randomUUID(), randomUUID()];
	const one = await server.connect(conversation, user);
	const other = await server.connect(conversation, user);
	for (let i = 0; i < 20; i++) one.send("{");
	expect((await one.closed).code).toBe(1008);
	other.send("{");
	await expectError(other, "invalid_json");
	await say(other, "still here");
});

test("[FR-11] a burst of bad frames gets twenty answers and no more", async () => {
	const [client] = await clientAndWitness();
	for (let i = 0; i < 2000; i++) client.send("{}");
	expect(await client.closed).toMatchObject({ code: 1008 });
	expect(client.of("error")).toHaveLength(20);
});

test("[FR-11] in a room too busy to be written at every turn, the twenty answers precede the close", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const talker = await server.connect(conversation, randomUUID());
	const compressing = new WebSocket(server.url(conversation), {
		headers: { Authorization: `Bearer ${await token(randomUUID())}` },
	});
	await once(compressing, "open");
	let isOver = false;
	const talk = async (): Promise<void> => {
		// The messages are compressed for one client, so that a flush takes a while and a pause follows it.
		while (!isOver) await say(talker, randomBytes(100_000).toString("hex"));
	};
	const talking = talk();
	for (let round = 0; round < 20; round++) {
		const client = await server.connect(conversation, randomUUID());
		for (let i = 0; i < 20; i++) client.send("{");
		expect(await client.closed).toMatchObject({ code: 1008 });
		expect(client.of("error")).toHaveLength(20);
	}
	isOver = true;
	await talking;
	compressing.terminate();
});
