import { randomUUID } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { entries, expectEntries, say } from "./support/chat.ts";
import type { TestClient } from "./support/client.ts";
import { startTestServer } from "./support/server.ts";

const MIB = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Returns the number of bytes in buffers that are still in use. */
function bufferBytes(): number {
	collect();
	return process.memoryUsage().arrayBuffers;
}

/** Sends large messages until this many bytes have come back. */
async function sayMuch(client: TestClient, bytes: number): Promise<number> {
	const content = "x".repeat(256 * 1024);
	const before = entries(client).length;
	const count = Math.ceil(bytes / content.length);
	for (let i = 0; i < count; i++) client.send({ type: "chat", content });
	await client.until(() => entries(client).length >= before + count, "it all");
	return before + count;
}

test("[SL-1] a client that stops reading in a busy room stays connected, delays no other client, and gets exactly its sequence later", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const slow = await server.connect(conversation, randomUUID());
	const other = await server.connect(conversation, randomUUID());
	const sender = await server.connect(conversation, randomUUID());
	await say(sender, "first");
	await slow.next("chat");
	slow.ws.pause();
	const head = await sayMuch(sender, 14 * MIB);
	await expectEntries(other, 1, head);
	slow.ws.resume();
	await expectEntries(slow, 1, head);
	expect(slow.of("chat")).toEqual(other.of("chat"));
	await say(sender, "live again");
	await expectEntries(slow, 1, head + 1);
});

test("[SL-1] [GA-8] a client that stops reading costs the server a bounded amount of memory", async () => {
	const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
	const conversation = randomUUID();
	const slow = await Promise.all(
		Array.from({ length: 5 }, () => server.connect(conversation, randomUUID())),
	);
	for (const client of slow) client.ws.pause();
	const sender = await server.connect(conversation, randomUUID());
	// The first messages go into the kernel's buffers.
	await sayMuch(sender, 8 * MIB);
	const before = bufferBytes();
	const head = await sayMuch(sender, 20 * MIB);
	// One message or one page of the log for each connection.
	await expect.poll(() => (bufferBytes() - before) / MIB).toBeLessThan(10);
	for (const client of slow.slice(1)) client.ws.terminate();
	const [client] = slow as [TestClient];
	client.ws.resume();
	await expectEntries(client, 1, head);
});

test("a client that stops reading and disconnects does not affect the room", async () => {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const [conversation, user] = [randomUUID(), randomUUID()];
	const slow = await server.connect(conversation, user);
	const sender = await server.connect(conversation, randomUUID());
	slow.ws.pause();
	const head = await sayMuch(sender, 12 * MIB);
	slow.ws.terminate();
	expect(await sender.next("user_left")).toMatchObject({ sender_id: user });
	const back = await server.connect(conversation, user, {
		query: { after_seq: String(head - 2) },
	});
	await expectEntries(back, head - 1, head);
});

test("[SL-2] a client that stops reading later gets each participant's newest watermark, but not all typing", async () => {
	const server = await startTestServer({ presenceBroadcastUsers: 0 });
	const conversation = randomUUID();
	const slow = await server.connect(conversation, randomUUID());
	const sender = await server.connect(conversation, randomUUID());
	slow.ws.pause();
	const readers: string[] = [];
	const content = "x".repeat(900_000);
	// Each reader starts to read at a different level of the buffers. One starts just as the server stops pushing.
	for (let i = 1; i <= 16; i++) {
		const { message_id } = await say(sender, content);
		const reader = randomUUID();
		const client = await server.connect(conversation, reader);
		client.send({ type: "read", message_id });
		await sender.waitFor((f) => f.type === "read" && f.sender_id === reader);
		client.send({ type: "typing" });
		await sender.waitFor((f) => f.type === "typing" && f.sender_id === reader);
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

test("[SL-4] [OR-2] a flood is slowed down and arrives complete and in order, and a second sender can send", async () => {
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

test("[SL-4] [GA-8] a sender that reads no answers is paused, and nothing is lost when it reads again", async () => {
	const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
	const conversation = randomUUID();
	const client = await server.connect(conversation, randomUUID());
	const { client_message_id } = await say(client, "once");
	const repeat = JSON.stringify({
		type: "chat",
		content: "once",
		client_message_id,
		// Makes requests as long as answers, so that either direction can fill up.
		padding: "x".repeat(100),
	});
	const witness = await server.connect(conversation, randomUUID());
	client.ws.pause();
	let sent = 0;
	let taken = 0;
	// Until the server takes nothing more during the time in which it stores thirty messages of a different user.
	for (let still = 0; still < 30; ) {
		while (client.ws.bufferedAmount < MIB) {
			client.ws.send(repeat);
			sent++;
		}
		await say(witness, "unaffected");
		const before = taken;
		taken = sent * repeat.length - client.ws.bufferedAmount;
		still = taken === before ? still + 1 : 0;
		expect(sent, "the server reads on and on").toBeLessThan(150_000);
	}
	let acks = 0;
	client.ws.removeAllListeners("message");
	const all = new Promise<void>((resolve) => {
		client.ws.on("message", (data: Buffer) => {
			if (data.includes('"type":"ack"') && ++acks === sent) resolve();
		});
	});
	client.ws.resume();
	await all;
	expect(client.ws.readyState).toBe(client.ws.OPEN);
});
