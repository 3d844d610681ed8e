/** The requests of `createClient`: conversations, participants and messages over REST, beside the socket. */
import { randomUUID } from "node:crypto";
import { ChatError, createClient } from "@secureconnect/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";
import { chat, FakeServer } from "./support/fake-server.ts";

test("a conversation is created, listed, shown, joined and left without a connection", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, carol, id] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	const { conversations } = clientOf(server, alice);
	const created = await conversations.create({
		conversationId: id,
		title: "Lunch",
		metadata: { a_b: { cD: 1 } },
		participantIds: [bob],
	});
	expect(created).toMatchObject({
		conversationId: id,
		metadata: { a_b: { cD: 1 } },
		participantCount: 2,
	});
	expect(await conversations.get(id)).toEqual(created);

	const participants = conversations.participants(id);
	expect(await participants.add([carol])).toMatchObject({
		participantCount: 3,
	});
	await participants.remove(carol);
	const bobs = clientOf(server, bob).conversations;
	expect((await bobs.list()).conversations).toHaveLength(1);
	await bobs.participants(id).leave();
	expect(
		(await participants.list()).map(({ userId, role }) => [userId, role]),
	).toEqual([[alice, "owner"]]);
	await expect(bobs.get(id)).rejects.toMatchObject({
		code: "forbidden",
		status: 403,
	});
	expect(await conversations.presence(id)).toEqual({ users: [], count: 0 });
	expect(await conversations.receipts(id)).toEqual(expect.any(Array));
});

test("a message sent over REST is stored once per id, and pages and the list contain it as the socket does", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const { conversations } = clientOf(server, alice);
	const { conversationId: id } = await conversations.create({
		participantIds: [bob],
	});
	const room = clientOf(server, bob).conversation(id);
	await ready(room);
	const live = collect(room);

	const options = {
		metadata: { a_b: { cD: 1 } },
		messageType: "order",
		isEncrypted: true,
		clientMessageId: randomUUID(),
	};
	const sent = await conversations.send(id, "Packed", options);
	expect(sent).toMatchObject({ ...options, content: "Packed", seq: 1 });
	expect(await conversations.send(id, "Packed", options)).toEqual(sent);
	await expect(
		conversations.send(id, "Different", options),
	).rejects.toMatchObject({ code: "conflict", status: 409 });
	await conversations.send(id, "Sent");
	await until(room, () => live.length === 2, "two messages");

	expect(live[0]).toEqual(sent);
	const { messages, next, epoch } = await room.messages();
	expect(messages).toEqual(live);
	expect(next).toBeNull();
	const { conversations: list } = await conversations.list();
	expect(list[0]?.lastMessage).toEqual(live[1]);
	await expect(
		room.messages({ after: 0, epoch: randomUUID() }),
	).rejects.toMatchObject({ code: "epoch_changed", status: 412 });
	expect(
		await conversations.messages(id, { after: 1, limit: 1, epoch }),
	).toEqual({ messages: [live[1]], next: null, epoch });
	expect(await conversations.messages(id, { before: 2 })).toEqual({
		messages: [live[0]],
		next: null,
		epoch,
	});
});

test("pages continue by next, in both directions", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const { conversations } = clientOf(server, alice);
	const client = await server.connect(id, alice);
	for (let i = 1; i <= 5; i++) await say(client, `m${i}`);
	client.ws.close();
	const all = async (direction: "before" | "after"): Promise<number[][]> => {
		const pages: number[][] = [];
		let next: number | null | undefined = direction === "after" ? 0 : undefined;
		do {
			const page = await conversations.messages(id, {
				[direction]: next,
				limit: 2,
			});
			pages.push(page.messages.map(({ seq }) => seq));
			next = page.next;
		} while (next !== null);
		return pages;
	};
	expect(await all("after")).toEqual([[1, 2], [3, 4], [5]]);
	expect(await all("before")).toEqual([[4, 5], [2, 3], [1]]);
});

test("pages skip entries of unknown types, and an answer that is no page is a ChatError", async () => {
	let answer: unknown = {
		messages: [chat(1), { ...chat(2), type: "reaction" }, chat(3)],
		next: 3,
		epoch: randomUUID(),
	};
	const server = await FakeServer.start(
		() => {},
		() => [200, answer],
	);
	const { conversations } = clientOf(server, randomUUID());
	const { messages, next } = await conversations.messages(randomUUID());
	expect(messages.map(({ seq }) => seq)).toEqual([1, 3]);
	expect(next).toBe(3);
	for (answer of ["<html>", { messages: 7 }, null]) {
		const refused = conversations.messages(randomUUID());
		await expect(refused).rejects.toBeInstanceOf(ChatError);
		await expect(refused).rejects.toMatchObject({ code: "request_failed" });
	}
});

test("a participant who cannot be added or removed, and a server that is away, are a ChatError", async () => {
	const server = await startTestServer({
		policy: "members",
		maxParticipants: 2,
	});
	const { conversations } = clientOf(server, randomUUID());
	const { conversationId: id } = await conversations.create({
		participantIds: [randomUUID()],
	});
	const participants = conversations.participants(id);
	await expect(participants.add([randomUUID()])).rejects.toMatchObject({
		code: "conversation_full",
		status: 409,
	});
	await expect(participants.remove(randomUUID())).rejects.toMatchObject({
		code: "not_found",
		status: 404,
	});
	await expect(
		conversations.send(id, "x".repeat(2 * 1024 * 1024)),
	).rejects.toMatchObject({ code: "too_large", status: 413 });
	await expect(conversations.messages("no UUID")).rejects.toMatchObject({
		code: "bad_request",
		status: 400,
	});
	await server.drain();
	await expect(conversations.list()).rejects.toMatchObject({
		code: "request_failed",
		status: undefined,
	});
});

test("a token that names no user cannot leave", async () => {
	const client = createClient({
		url: "http://127.0.0.1:1",
		token: () => "opaque",
	});
	await expect(
		client.conversations.participants(randomUUID()).leave(),
	).rejects.toMatchObject({ code: "bad_request" });
});

test("the socket and the requests share one token, and one renewal after a rejection", async () => {
	const server = await startTestServer({ policy: "members" });
	const alice = randomUUID();
	const [stale, good] = [
		await token(alice, {}, "a secret that the server does not know"),
		await token(alice),
	];
	const fetchToken = vi.fn(() => stale);
	const client = createClient({
		url: `http://${server.address}`,
		token: fetchToken,
	});
	onTestFinished(() => client.close());
	fetchToken.mockReturnValueOnce(stale).mockReturnValue(good);
	const { conversationId } = await client.conversations.create({
		participantIds: [],
	});
	expect(fetchToken).toHaveBeenCalledTimes(2);
	const room = client.conversation(conversationId);
	await ready(room);
	await Promise.all([
		room.send("Hello").acknowledged,
		room.participants.list(),
		client.conversations.list(),
	]);
	expect(fetchToken).toHaveBeenCalledTimes(2);
});

test("a pending message has the fields of the stored one", async () => {
	const server = await startTestServer();
	const alice = randomUUID();
	const room = clientOf(server, alice).conversation(randomUUID());
	const live = collect(room);
	const before = Date.now();
	const pending = room.send("Hello", { metadata: { mood: "hungry" } });
	expect(pending.senderId).toBeUndefined();
	expect(pending.createdAt).toBeGreaterThanOrEqual(before);
	await pending.acknowledged;
	const [stored] = live;
	if (!stored) throw new Error("the message did not arrive");
	for (const field of [
		"senderId",
		"content",
		"isEncrypted",
		"messageType",
		"metadata",
		"clientMessageId",
	] as const)
		expect(pending[field], field).toEqual(stored[field]);
	expect(stored.createdAt).toBe(Date.parse(stored.timestamp));
	expect(room.unacknowledged).toEqual([]);
});

test("readSeq, hasRead and readers answer how far users have read, live, from the history and after a connect", async () => {
	const server = await startTestServer();
	const [alice, bob, carol, id] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	const writer = await server.connect(id, carol);
	const plain = await server.connect(id, bob);
	const ids: string[] = [];
	for (let i = 1; i <= 4; i++)
		ids.push(String((await say(writer, `m${i}`)).message_id));
	const read = async (seq: number): Promise<void> => {
		plain.send({ type: "read", message_id: ids[seq - 1] });
		await until(
			room,
			() => room.receipts.get(bob) === ids[seq - 1],
			`bob's receipt of ${seq}`,
		);
	};
	const message = (seq: number, senderId = carol) => ({
		seq,
		messageId: ids[seq - 1] ?? "",
		senderId,
	});

	const client = clientOf(server, alice);
	let room = client.conversation(id);
	await ready(room);
	expect(room.readSeq(bob)).toBeUndefined();
	expect(room.hasRead(bob, message(1))).toBe(false);
	// The client has not seen this message: it was before the first live one.
	await read(1);
	expect(room.readSeq(bob)).toBeUndefined();
	for await (const _ of room.history());
	expect(room.readSeq(bob)).toBe(1);
	await read(3);
	expect(room.readSeq(bob)).toBe(3);
	expect([1, 2, 3, 4].map((seq) => room.hasRead(bob, message(seq)))).toEqual([
		true,
		true,
		true,
		false,
	]);
	// Carol has read what she wrote.
	expect(room.hasRead(carol, message(1, bob))).toBe(true);
	expect(room.readers(message(2))).toEqual([bob]);
	expect(room.readers(message(2, bob))).toEqual([carol]);
	expect(room.readers(message(4))).toEqual([]);
	// Bob writes, which moves his watermark, and then reads an earlier message.
	ids.push(String((await say(plain, "m5")).message_id));
	client.close();

	// A new connection gets the watermarks with their places.
	room = clientOf(server, alice).conversation(id);
	await ready(room);
	expect(room.readSeq(bob)).toBe(5);
	expect(room.hasRead(bob, message(3))).toBe(true);
	for await (const _ of room.history());
	const contents: string[] = [];
	room.on("message", ({ content }) => contents.push(content));
	plain.send({ type: "read", message_id: ids[3] });
	await say(writer, "m6");
	await until(room, () => contents.includes("m6"), "the message after it");
	expect(room.readSeq(bob)).toBe(5);
});

test("metadata has the types of createClient", async () => {
	interface Mood {
		readonly mood: "hungry" | "busy";
	}
	interface Topic {
		readonly colour: string;
	}
	const server = await startTestServer({ policy: "members" });
	const client = createClient<Mood, Topic>({
		url: `http://${server.address}`,
		token: () => token("a11ce000-0000-4000-8000-000000000001"),
	});
	onTestFinished(() => client.close());
	const { conversationId, metadata } = await client.conversations.create({
		metadata: { colour: "red" },
		participantIds: [],
	});
	const colour: string = metadata.colour;
	expect(colour).toBe("red");
	const room = client.conversation(conversationId);
	const moods: Mood["mood"][] = [];
	room.on("message", (message) => moods.push(message.metadata.mood));
	const sent = room.send("Lunch?", { metadata: { mood: "hungry" } });
	await sent.acknowledged;
	moods.push(sent.metadata.mood);
	for await (const entry of room.history({ after: 0 }))
		if (entry.type === "chat") moods.push(entry.metadata.mood);
	const [row] = (await client.conversations.list()).conversations;
	if (row?.lastMessage) moods.push(row.lastMessage.metadata.mood);
	expect(moods).toEqual(["hungry", "hungry", "hungry", "hungry"]);
	const wrong = (): void => {
		// @ts-expect-error: no such mood
		room.send("Lunch?", { metadata: { mood: "tired" } });
		// @ts-expect-error: the metadata of a conversation has a colour
		void client.conversations.create({ metadata: {}, participantIds: [] });
	};
	expect(wrong).toBeTypeOf("function");
});
