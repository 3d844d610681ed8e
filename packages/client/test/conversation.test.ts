import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";

test("two clients chat: each message arrives once, in order, and its acknowledgement names its place", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const a = clientOf(server, alice).conversation(id);
	const b = clientOf(server, bob).conversation(id);
	const [seenByA, seenByB] = [collect(a), collect(b)];
	await Promise.all([ready(a), ready(b)]);
	const first = a.send("Hello", { metadata: { a_b: { c_d: 1 } } });
	expect(first.status).toBe("sent");
	const second = a.send("Again");
	expect(second.status).toBe("queued");
	const at = await second.acknowledged;
	expect(at.seq).toBe(2);
	expect(second.status).toBe("acknowledged");
	await until(b, () => seenByB.length === 2, "both messages");
	expect(seenByB).toEqual(seenByA);
	expect(seenByB[0]).toMatchObject({
		content: "Hello",
		senderId: alice,
		clientMessageId: first.clientMessageId,
		metadata: { a_b: { c_d: 1 } },
		seq: 1,
	});
	expect(a.unacknowledged).toEqual([]);
});

test("a message written before the connection opens is sent once it opens", async () => {
	const server = await startTestServer();
	const conversation = clientOf(server, randomUUID()).conversation(
		randomUUID(),
	);
	const sent = conversation.send("early");
	expect(sent.status).toBe("queued");
	expect((await sent.acknowledged).seq).toBe(1);
});

test("history without options continues backwards from the start of the live entries", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const plain = await server.connect(id, alice);
	for (let i = 1; i <= 120; i++) await say(plain, `m${i}`);
	const conversation = clientOf(server, alice).conversation(id);
	const live = collect(conversation);
	const seqs: number[] = [];
	for await (const entry of conversation.history()) seqs.push(entry.seq);
	expect(seqs).toEqual(Array.from({ length: 120 }, (_, i) => 120 - i));
	await conversation.send("live").acknowledged;
	expect(live.map(({ seq }) => seq)).toEqual([121]);
});

test("the history of a later view begins at the start of that view's live entries", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const client = clientOf(server, alice);
	const first = client.conversation(id);
	await first.send("before").acknowledged;
	const late = client.conversation(id);
	const live = collect(late);
	await first.send("after").acknowledged;
	const shown: number[] = [];
	for await (const { seq } of late.history()) shown.push(seq);
	expect(shown).toEqual([1]);
	expect(live.map(({ seq }) => seq)).toEqual([2]);
	const old: number[] = [];
	for await (const { seq } of first.history()) old.push(seq);
	expect(old).toEqual([]);
});

test("check() retries a waiting connection at once", async () => {
	const client = clientOf({ address: "127.0.0.1:9" }, randomUUID());
	const room = client.conversation(randomUUID());
	await until(room, () => room.state.name === "waiting", "the first failure");
	client.check();
	expect(room.state.name).toBe("authorising");
});
