import { randomUUID } from "node:crypto";
import { type Check, check } from "../check.ts";
import { expectNone, type Frame } from "../test-client.ts";
import { expect, expectSame } from "../verdict.ts";
import { command, expectCode } from "./amending.ts";

const FIELDS = [
	"type",
	"conversation_id",
	"sender_id",
	"message_id",
	"content",
	"is_encrypted",
	"message_type",
	"metadata",
	"timestamp",
];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Enough messages for a server with a small deduplication memory to forget the first id. */
const MESSAGES_BETWEEN = 6;

export const CHAT: readonly Check[] = [
	check("CH-1", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const other = await t.connect(alice, room);
		const own = await a.say({ metadata: { k: "v" } });
		for (const peer of [a, b, other]) {
			await peer.upTo(own);
			const got = peer.of("chat").at(-1) ?? {};
			for (const field of FIELDS)
				expect(field in got, `a chat frame with ${field}`, got);
		}
	}),

	check("CH-2", async (t) => {
		const { a, b } = await t.pair();
		const sent: Frame = {
			content: `"\\\n\u2028 <b>é</b> \u{1f600} ${randomUUID()}`,
			is_encrypted: true,
			message_type: "conformance/text",
			metadata: { list: [1, -0.5, null, true], nested: { "": "x", é: {} } },
		};
		const own = await a.say(sent);
		await b.upTo(own);
		const got = b.of("chat").at(-1) ?? {};
		for (const [field, value] of Object.entries(sent))
			expectSame(got[field], value, `${field} as the client sent it`);
	}),

	check("CH-3", async (t) => {
		const { a, b } = await t.pair();
		for (const fields of [{}, { metadata: {} }]) {
			await b.upTo(await a.say(fields));
			const { is_encrypted, message_type, metadata } =
				b.of("chat").at(-1) ?? {};
			expectSame(
				{ is_encrypted, message_type, metadata },
				{ is_encrypted: false, message_type: "text", metadata: {} },
				`defaults for a message with ${JSON.stringify(fields)}`,
			);
		}
	}),

	check("CH-4", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const claimed = {
			message_id: randomUUID(),
			conversation_id: randomUUID(),
			sender_id: b.userId,
			timestamp: "2001-01-01T00:00:00.000Z",
			seq: 4711,
		};
		const content = randomUUID();
		await a.send({ type: "chat", content, ...claimed });
		const got = await b.find(
			"the message",
			(frame) => frame.type === "chat" && frame.content === content,
		);
		for (const field of ["message_id", "timestamp", "seq"] as const)
			expect(
				got[field] !== claimed[field],
				`the server's ${field}, not the client's`,
				got,
			);
		expectSame(got.conversation_id, room, "conversation_id of the connection");
		// CH-1 checks that the field exists.
		if ("sender_id" in got)
			expectSame(got.sender_id, alice.userId, "sender_id of the token's user");
	}),

	check("CH-5", async (t) => {
		const { a } = await t.pair();
		const ids = new Set<unknown>();
		for (let i = 0; i < 5; i++) {
			const { message_id } = await a.say();
			expect(UUID.test(String(message_id)), "a UUID as message_id", message_id);
			expect(
				!ids.has(message_id),
				"a message_id that no other message has",
				message_id,
			);
			ids.add(message_id);
		}
	}),

	check("CH-6", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const [one, other] = [await t.room(alice, bob), await t.room(alice, bob)];
		const a = await t.connect(alice, one);
		const inside = await t.connect(bob, one);
		const outside = await t.connect(bob, other);
		await inside.upTo(await a.say());
		const fence = await (await t.connect(alice, other)).say();
		expectNone(
			await outside.upTo(fence),
			"chat",
			"no message of another conversation",
		);
	}),

	check("CH-7", async (t) => {
		const { a } = await t.pair();
		const { message_id } = await a.say();
		expectSame(String(message_id)[14], "7", "UUID version of message_id");
	}),

	check("CH-8", async (t) => {
		const { a } = await t.pair();
		expectSame(
			(await a.say({ content: "" })).content,
			"",
			"content of an empty message",
		);
		for (const fields of [{}, { content: 1 }, { content: null }]) {
			await a.send({ type: "chat", ...fields });
			expectSame(
				(await a.next("error")).code,
				"invalid_frame",
				`error code for a chat with ${JSON.stringify(fields)}`,
			);
		}
	}),

	check("CH-9", async (t) => {
		const { a, b } = await t.pair();
		const id = randomUUID();
		const fields = { metadata: { k: "v" }, client_message_id: id };
		const own = await a.say(fields);
		expect(Number.isInteger(own.seq), "an integer seq", own);
		expectSame(own.client_message_id, id, "client_message_id");
		await b.upTo(own);
		expectSame(b.of("chat").at(-1), own, "the same frame at every connection");
	}),

	check("CH-10", async (t) => {
		t.needsRest();
		const { a, alice, room } = await t.pair();
		const own = await a.say({ metadata: { k: "v" } });
		const { body, text } = await t.rest(
			"GET",
			`/conversations/${room}/messages?limit=100`,
			alice,
		);
		const { messages = [] } = (body ?? {}) as { messages?: Frame[] };
		expect(
			messages.some(({ message_id }) => message_id === own.message_id),
			"the message in the history when its sender has the copy",
			text,
		);
	}),

	check("CH-11", async (t) => {
		const alice = await t.user();
		const a = await t.connect(alice, await t.room(alice));
		const elsewhere = await t.connect(alice, await t.room(alice));
		const { message_id: root } = await a.say();
		const reply = await a.say({ reply_to: root });
		const inThread = await a.say({
			thread_id: root,
			reply_to: reply.message_id,
		});
		expectSame(
			[reply.reply_to, inThread.thread_id, inThread.reply_to],
			[root, root, reply.message_id],
			"reply_to and thread_id as the client sent them",
		);
		const other = (await elsewhere.say()).message_id;
		for (const [field, id, what] of [
			["reply_to", randomUUID(), "an unknown message"],
			["reply_to", other, "a message of another conversation"],
			["thread_id", randomUUID(), "an unknown message"],
			["thread_id", inThread.message_id, "a message in a thread"],
		] as const)
			await expectCode(
				a,
				{ type: "chat", content: "x", [field]: id },
				"unknown_message",
				`with ${field} of ${what}`,
			);
	}),

	check("CH-12", async (t) => {
		const { a, b, bob } = await t.pair();
		const mentions = { user_ids: [bob.userId], all: true };
		await b.upTo(await a.say({ mentions }));
		expectSame(b.of("chat").at(-1)?.mentions, mentions, "mentions as sent");
		const chat = { type: "chat", content: "x" };
		const all = { ...chat, mentions: { all: true } };
		await expectCode(b, all, "forbidden", "with mentions.all of a member");
		const users = (count: number) => ({
			...chat,
			mentions: { user_ids: Array.from({ length: count }, () => randomUUID()) },
		});
		const answer = await command(b, users(50));
		expectSame(answer.type, "chat", "answer to 50 mentions");
		await expectCode(b, users(51), "invalid_frame", "with 51 mentions");
	}),

	check("OR-1", async (t) => {
		const { a, b } = await t.pair();
		await Promise.all(
			[a, b].map(async (peer) => {
				for (let i = 0; i < 8; i++)
					await peer.send({ type: "chat", content: `${i}` });
			}),
		);
		for (const peer of [a, b]) {
			await peer.until("sixteen messages", () => peer.of("chat").length >= 16);
			expectSame(
				peer.entries().map(({ seq }) => seq),
				Array.from({ length: 16 }, (_, i) => i + 1),
				"seq of each entry in a new conversation",
			);
		}
		expectSame(
			a.entries().map(({ message_id }) => message_id),
			b.entries().map(({ message_id }) => message_id),
			"the same order at every connection",
		);
	}),

	check("OR-2", async (t) => {
		const { a, b } = await t.pair();
		const sent = Array.from({ length: 12 }, (_, i) => `number ${i}`);
		for (const content of sent) await a.send({ type: "chat", content });
		await b.until("twelve messages", () => b.of("chat").length >= 12);
		expectSame(
			b.of("chat").map(({ content }) => content),
			sent,
			"messages in the order in which the client sent them",
		);
	}),

	check("OR-4", async (t) => {
		const { a, b } = await t.pair();
		const id = randomUUID();
		const repeated = { content: "once", client_message_id: id };
		await a.say(repeated);
		for (let i = 0; i < MESSAGES_BETWEEN; i++) await a.say();
		await a.send({ type: "chat", ...repeated });
		await b.upTo(await a.say());
		const made = b
			.of("chat")
			.filter(({ client_message_id }) => client_message_id === id);
		expectSame(made.length, 1, "number of messages with one client_message_id");
	}),

	check("OR-5", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const other = await t.connect(alice, room);
		const id = randomUUID();
		const repeated = { content: "once", client_message_id: id };
		const first = await a.say(repeated);
		const [from, fromB] = [a.mark, b.mark];
		await b.upTo(first);
		await a.send({ type: "chat", ...repeated });
		const ack = await a.next("ack");
		const { client_message_id, message_id, seq, timestamp } = ack;
		expectSame(
			{ client_message_id, message_id, seq, timestamp },
			{
				client_message_id: id,
				message_id: first.message_id,
				seq: first.seq,
				timestamp: first.timestamp,
			},
			"ack with the values of the first message",
		);
		const fence = await a.say();
		expectNone(
			a.frames.slice(from, -1),
			"chat",
			"no second copy for the sender",
		);
		const toB = (await b.upTo(fence, fromB)).filter(
			({ message_id }) => message_id !== first.message_id,
		);
		expect(
			toB.length === 0,
			"no frame for other connections after a repeat",
			toB[0],
		);
		expectNone(
			await other.upTo(fence),
			"ack",
			"an ack only for the connection that sent the repeat",
		);
	}),

	check("OR-6", async (t) => {
		const { a } = await t.pair();
		const id = randomUUID();
		const first = await a.say({ content: "one", client_message_id: id });
		await a.send({
			type: "chat",
			content: "one",
			is_encrypted: false,
			message_type: "text",
			client_message_id: id,
		});
		expectSame(
			(await a.next("ack")).message_id,
			first.message_id,
			"message_id in the ack of a repeat with written-out defaults",
		);
		await a.send({ type: "chat", content: "two", client_message_id: id });
		const error = await a.next("error");
		expectSame(
			[error.code, error.client_message_id],
			["client_message_id_conflict", id],
			"error code and client_message_id for different content",
		);
	}),

	check("OR-7", async (t) => {
		const { a, b, alice, bob } = await t.pair();
		const id = randomUUID();
		const fields = { content: "same id", client_message_id: id };
		const ids = new Set([
			(await a.say(fields)).message_id,
			(await b.say(fields)).message_id,
		]);
		const elsewhere = await t.connect(alice, await t.room(alice, bob));
		ids.add((await elsewhere.say(fields)).message_id);
		expectSame(
			ids.size,
			3,
			"number of messages from two senders in two conversations",
		);
	}),
];
