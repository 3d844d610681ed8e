import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { entries, expectEntries, say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { startTestServer } from "./support/server.ts";

const MIB = 1024 * 1024;

/** Says big things until so many bytes have come back. */
async function sayMuch(client: TestClient, bytes: number): Promise<number> {
	const content = "x".repeat(256 * 1024);
	const before = entries(client).length;
	const count = Math.ceil(bytes / content.length);
	for (let i = 0; i < count; i++) client.send({ type: "chat", content });
	await client.until(() => entries(client).length >= before + count, "it all");
	return before + count;
}

test("who stops reading in a busy room stays connected, holds nobody up, and gets exactly its sequence once it reads on", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const slow = await server.connect(conversation, randomUUID());
	const other = await server.connect(conversation, randomUUID());
	const sender = await server.connect(conversation, randomUUID());
	await say(sender, "first");
	await slow.next("chat");
	slow.ws.pause();
	const head = await sayMuch(sender, 24 * MIB);
	await expectEntries(other, 1, head);
	slow.ws.resume();
	await expectEntries(slow, 1, head);
	expect(slow.of("chat")).toEqual(other.of("chat"));
	await say(sender, "live again");
	await expectEntries(slow, 1, head + 1);
});

test("twenty who stop reading cost the server a bounded amount of memory, not the room's whole traffic each", async () => {
	const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
	const conversation = randomUUID();
	const slow = await Promise.all(
		Array.from({ length: 20 }, () =>
			server.connect(conversation, randomUUID()),
		),
	);
	for (const client of slow) client.ws.pause();
	const sender = await server.connect(conversation, randomUUID());
	// What a few messages cost is the kernel's buffers, and those are full after them.
	await sayMuch(sender, 8 * MIB);
	const before = process.memoryUsage().arrayBuffers;
	const head = await sayMuch(sender, 40 * MIB);
	const grown = process.memoryUsage().arrayBuffers - before;
	// Pushed to all that do not read, this would be 800 MiB.
	expect(grown / MIB).toBeLessThan(150);
	for (const client of slow.slice(2)) client.ws.terminate();
	for (const client of slow.slice(0, 2)) {
		client.ws.resume();
		await expectEntries(client, 1, head);
	}
});

test("who stops reading and goes away leaves the room as it was", async () => {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const [conversation, user] = [randomUUID(), randomUUID()];
	const slow = await server.connect(conversation, user);
	const sender = await server.connect(conversation, randomUUID());
	slow.ws.pause();
	const head = await sayMuch(sender, 16 * MIB);
	slow.ws.terminate();
	expect(await sender.next("user_left")).toMatchObject({ sender_id: user });
	const back = await server.connect(conversation, user, {
		query: { after_seq: String(head - 2) },
	});
	await expectEntries(back, head - 1, head);
});

test("who stops reading gets the newest watermark of every participant who read meanwhile, and no typing", async () => {
	const server = await startTestServer({ presenceBroadcastUsers: 0 });
	const conversation = randomUUID();
	const slow = await server.connect(conversation, randomUUID());
	const sender = await server.connect(conversation, randomUUID());
	slow.ws.pause();
	const readers: string[] = [];
	const content = "x".repeat(900_000);
	// Each reader reads at another fill of the buffers, one of them just as the server stops pushing.
	for (let i = 1; i <= 16; i++) {
		const { message_id } = await say(sender, content);
		const reader = randomUUID();
		const client = await server.connect(conversation, reader);
		client.send({ type: "typing" });
		client.send({ type: "read", message_id });
		await sender.waitFor((f) => f.type === "read" && f.sender_id === reader);
		await client.close();
		readers.push(reader);
	}
	slow.ws.resume();
	await slow.until(
		() => slow.of("read").length >= readers.length,
		"sixteen watermarks",
	);
	expect(new Set(slow.of("read").map((f) => f.sender_id))).toEqual(
		new Set(readers),
	);
	await say(sender, "live again");
	await expectEntries(slow, 1, 17);
	expect(slow.of("typing").length).toBeLessThan(readers.length);
});

test("a flood from one sender is slowed down, not dropped: all of it comes, in order, and another sender gets a word in", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const flooder = await server.connect(conversation, randomUUID());
	const other = await server.connect(conversation, randomUUID());
	const FLOOD = 6000;
	for (let i = 0; i < FLOOD; i++)
		flooder.send({ type: "chat", content: String(i) });
	await other.waitFor((f) => f.type === "chat");
	const word = await say(other, "a word");
	await expectEntries(other, 1, FLOOD + 1);
	expect(Number(word.seq)).toBeLessThan(FLOOD);
	expect(
		other
			.of("chat")
			.map(({ content }) => content)
			.filter((content) => content !== "a word"),
	).toEqual(Array.from({ length: FLOOD }, (_, i) => String(i)));
	await flooder.settle();
});

test("who sends and never reads the answers is no longer read from, and nothing is lost when it reads on", async () => {
	const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
	const conversation = randomUUID();
	const client = await server.connect(conversation, randomUUID());
	const { client_message_id } = await say(client, "once");
	const repeat = JSON.stringify({
		type: "chat",
		content: "once",
		client_message_id,
		// Makes what is sent as long as what is answered, so that either side can fill up.
		padding: "x".repeat(100),
	});
	client.ws.pause();
	const BURST = 1000;
	let sent = 0;
	// Until what the server has left unread comes back on us: it takes the rest only as we read.
	while (client.ws.bufferedAmount < MIB) {
		for (let i = 0; i < BURST; i++) client.ws.send(repeat);
		sent += BURST;
		await new Promise(setImmediate);
		expect(sent, "the server reads on and on").toBeLessThan(500_000);
	}
	const witness = await server.connect(conversation, randomUUID());
	await say(witness, "unaffected");
	let acks = 0;
	client.ws.removeAllListeners("message");
	const all = new Promise<void>((resolve) => {
		client.ws.on("message", () => {
			if (++acks === sent + 1) resolve();
		});
	});
	client.ws.resume();
	await all;
	expect(client.ws.readyState).toBe(client.ws.OPEN);
});
