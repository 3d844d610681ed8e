import { randomUUID } from "node:crypto";
import { type Check, check, restCheck } from "../check.ts";
import { expectNone, type Frame } from "../test-client.ts";
import { expect, expectSame } from "../verdict.ts";
import { read } from "./answers.ts";

/** Typing and read receipts: signals between the messages. */
export const SIGNALS: readonly Check[] = [
	check("TY-1", async (t) => {
		const { a, b, alice, room } = await t.pair();
		await a.send({ type: "typing" });
		const typing = await b.next("typing");
		expectSame(
			[typing.conversation_id, typing.sender_id, typeof typing.timestamp],
			[room, alice.userId, "string"],
			"conversation_id, sender_id and the type of timestamp",
		);
	}),

	check("TY-2", async (t) => {
		const { a } = await t.pair();
		const from = a.mark;
		await a.send({ type: "typing" });
		expectNone(
			await a.upTo(await a.say(), from),
			"typing",
			"no typing for the connection that sent it",
		);
	}),

	check("TY-3", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const first = await a.say();
		await a.send({ type: "typing" });
		await b.next("typing");
		const last = await a.say();
		const late = await t.connect(bob, room, {
			query: { after_seq: String(first.seq) },
		});
		await late.upTo(last);
		await t.settle();
		expectNone(late.frames, "typing", "no typing in a resume");
		if (!t.traits.rest) return;
		const { body } = await t.rest(
			"GET",
			`/conversations/${room}/messages`,
			bob,
		);
		const { messages = [] } = (body ?? {}) as { messages?: Frame[] };
		expectNone(messages, "typing", "no typing in the history");
	}),

	check("TY-4", async (t) => {
		const { a, alice, room } = await t.pair();
		const other = await t.connect(alice, room);
		await a.send({ type: "typing" });
		expectSame(
			(await other.next("typing")).sender_id,
			alice.userId,
			"sender_id of typing at the sender's other connection",
		);
	}),

	check("RD-1", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const message = await a.say();
		await b.upTo(message);
		await b.send({ type: "read", message_id: message.message_id });
		const read = await a.next("read");
		expectSame(
			[
				read.conversation_id,
				read.sender_id,
				read.message_id,
				typeof read.timestamp,
			],
			[room, bob.userId, message.message_id, "string"],
			"conversation_id, sender_id, message_id and the type of timestamp",
		);
	}),

	check("RD-2", async (t) => {
		const { a, b } = await t.pair();
		const message = await a.say();
		await b.upTo(message);
		const from = b.mark;
		await b.send({ type: "read", message_id: message.message_id });
		await a.next("read");
		expectNone(
			await b.upTo(await b.say(), from),
			"read",
			"no read for the connection that sent it",
		);
	}),

	check("RD-3", async (t) => {
		const { a, b, alice, bob } = await t.pair();
		const elsewhere = await t.connect(alice, await t.room(alice, bob));
		const from = b.mark;
		for (const id of [randomUUID(), (await elsewhere.say()).message_id]) {
			await a.send({ type: "read", message_id: id });
			expectSame(
				(await a.next("error")).code,
				"unknown_message",
				"error code for a message of a different conversation",
			);
		}
		expectNone(
			await b.upTo(await a.say(), from),
			"read",
			"no read for a message of a different conversation",
		);
	}),

	check("RD-4", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const other = await t.connect(bob, room);
		const [one, two] = [await a.say(), await a.say()];
		await b.upTo(two);
		await b.send({ type: "read", message_id: two.message_id });
		await a.next("read");
		for (const [peer, message] of [
			[b, two],
			[b, one],
			[other, one],
		] as const)
			await peer.send({ type: "read", message_id: message.message_id });
		const from = a.mark;
		// The server handles each connection's frames in order, so after these messages no earlier frame is
		// pending.
		const [fromB, fromOther] = [await b.say(), await other.say()];
		await a.upTo(fromB);
		await a.upTo(fromOther);
		expectNone(
			a.frames.slice(from),
			"read",
			"no read for an older or equal watermark",
		);
		for (const peer of [b, other])
			expectNone(peer.frames, "error", "no error for an older watermark");
	}),

	check("RD-5", async (t) => {
		t.needsRest();
		const { a, b, alice, bob, room } = await t.pair();
		const message = await a.say();
		await b.upTo(message);
		await b.send({ type: "read", message_id: message.message_id });
		await a.next("read");
		const { body, text } = await t.rest(
			"GET",
			`/conversations/${room}/receipts`,
			alice,
		);
		const { receipts = [] } = (body ?? {}) as {
			receipts?: { user_id: string; read?: { message_id?: string } }[];
		};
		const own = receipts.find(({ user_id }) => user_id === bob.userId);
		expect(
			own?.read?.message_id === message.message_id,
			"a relayed watermark in the receipts",
			text,
		);
	}),

	restCheck("RD-6", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const earlier = await a.say();
		await b.upTo(earlier);
		const { message_id, seq } = await b.say();
		const receipts = await read(t, alice, room, "/receipts");
		const own = (receipts.receipts as Frame[] | undefined)?.find(
			({ user_id }) => user_id === bob.userId,
		);
		expectSame(own?.read, { message_id, seq }, "watermark of a writer");
		expectNone(a.frames, "read", "no read for a written message");
		await b.send({ type: "read", message_id: earlier.message_id });
		expectSame(
			(await a.next("read")).message_id,
			earlier.message_id,
			"message_id of a read before the writer's own message",
		);
	}),
];
