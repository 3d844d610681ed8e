/** Subscriptions of the connection for all conversations, and commands on it. */
import { randomUUID } from "node:crypto";
import { InboxServerFrames } from "@secureconnect/protocol";
import { type Check, longCheck, restCheck } from "../check.ts";
import { expectValid } from "../shape.ts";
import { expectNone, type Frame } from "../test-client.ts";
import { expect, expectSame } from "../verdict.ts";
import { ids } from "./amending.ts";
import { idsOf, MOST, manyRooms, watched } from "./inbox-setup.ts";

const PAST = 6;
const MEANWHILE = 20;
/** A history of many pages: connections, the messages that each may send at once, and their length. */
const WRITERS = 12;
const WRITTEN = 24;
const REPLAY_MS = 15_000;
const WRITTEN_CHARACTERS = 12_000;

function types(frames: readonly Frame[]): unknown[] {
	return frames.map(({ type }) => type);
}

export const INBOX_SUBSCRIPTIONS: readonly Check[] = [
	restCheck("IN-5", async (t) => {
		const { a, inbox, alice, bob, room } = await watched(t);
		for (let i = 0; i < PAST; i++) await a.say();
		const third = a.entries()[2] ?? {};
		for (const [cursor, recovered, has, what] of [
			[{}, false, undefined, "without a cursor"],
			[{ after: "head" }, false, undefined, "with after=head"],
			[{ after: third.message_id }, true, 3, "after the third entry"],
			[{ after_seq: 4 }, true, 4, "after entry 4"],
			[{ after_seq: 0 }, true, 0, "with the whole history"],
		] as const) {
			const from = inbox.mark;
			const subscribed = await inbox.subscribe(room, cursor);
			expectValid(subscribed, InboxServerFrames.subscribed, "subscribed");
			const before = a.entries();
			expectSame(
				[subscribed.recovered, subscribed.head_seq],
				[recovered, before.length],
				`recovered and head_seq ${what}`,
			);
			await t.settle();
			const live = await a.say();
			await inbox.upTo(live, from);
			const about = inbox.about(room, from);
			const [first, second] = about;
			expectSame(
				[first?.type, second?.type, second?.sender_id],
				["subscribed", "user_joined", bob.userId],
				"first frames of a subscription: subscribed, then the own user_joined",
			);
			expectSame(
				idsOf(about),
				ids(a.entries().slice(has ?? before.length)),
				`entries of a subscription ${what}`,
			);
			const ended = await inbox.ask(
				room,
				{ type: "unsubscribe" },
				"unsubscribed",
			);
			expectSame(ended.reason, undefined, "reason of an own unsubscribe");
		}
		const from = inbox.mark;
		await inbox.subscribe(room, { after: randomUUID() });
		const { code } = await inbox.find(
			"an error for an unknown cursor",
			({ type }) => type === "error",
			from,
		);
		expectSame(code, "unknown_cursor", "code for an unknown cursor");
		// Two senders reach a higher rate than the limit for one sender.
		const second = await t.connect(alice, room);
		const subscribers = [await t.inbox(bob), await t.inbox(bob)];
		const senders = [a, second].map(async (peer) => {
			for (let i = 0; i < MEANWHILE; i++) {
				await peer.send({ type: "chat", content: randomUUID() });
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
		});
		for (const peer of subscribers) {
			await peer.subscribe(room, { after_seq: 0 });
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		await Promise.all(senders);
		const last = await a.say();
		for (const peer of subscribers) {
			await peer.upTo(last);
			expectSame(
				idsOf(peer.about(room)),
				ids(a.entries()),
				"entries of a subscription to the whole history while others send",
			);
		}
	}),

	restCheck("IN-6", async (t) => {
		const { inbox, alice, bob, room } = await watched(t);
		const carol = await t.user();
		const elsewhere = await t.room(carol);
		const path = `/conversations/${room}/participants/${bob.userId}`;
		await t.rest("DELETE", path, alice);
		await inbox.answer(room, "conversation_removed", 0);
		for (const [id, isOpen] of [
			[room, false],
			[elsewhere, !t.traits.membersOnly],
			[randomUUID(), !t.traits.membersOnly],
		] as const) {
			const expected = isOpen ? "subscribed" : "error";
			const answer = await inbox.ask(id, { type: "subscribe" }, expected);
			if (isOpen) continue;
			expectSame(
				answer.code,
				"not_participant",
				"code for a subscribe of a user who is not a participant",
			);
		}
	}),

	longCheck("IN-7", async (t) => {
		t.needsRest();
		const { a, inbox, room } = await watched(t);
		await inbox.subscribe(room);
		const again = { type: "subscribe", after_seq: 0 };
		const { code } = await inbox.ask(room, again, "error");
		expectSame(code, "invalid_frame", "code for a second subscribe");
		const from = inbox.mark;
		const live = await a.say();
		await inbox.upTo(live, from);
		await t.settle();
		expectSame(
			idsOf(inbox.about(room)),
			[live.message_id],
			"entries of a subscription after a second subscribe",
		);
		const { user, rooms } = await manyRooms(t);
		const crowd = await t.inbox(user);
		for (const id of rooms.slice(0, MOST))
			await crowd.tell(id, { type: "subscribe", presence: false });
		const [first = "", last = ""] = [rooms[0], rooms[MOST]];
		const most = rooms[MOST - 1] ?? "";
		await crowd.answer(most, "subscribed", 0);
		expectNone(crowd.frames, "error", "200 subscriptions without an error");
		const over = await crowd.ask(last, { type: "subscribe" }, "error");
		expectSame(over.code, "limit_reached", "code for subscription 201");
		await crowd.ask(first, { type: "unsubscribe" }, "unsubscribed");
		await crowd.subscribe(last);
	}),

	restCheck("IN-8", async (t) => {
		const { a, inbox, room } = await watched(t);
		const unsubscribe = { type: "unsubscribe" };
		for (const what of ["an", "no"]) {
			if (what === "an") await inbox.subscribe(room);
			const ended = await inbox.ask(room, unsubscribe, "unsubscribed");
			expectValid(ended, InboxServerFrames.unsubscribed, "unsubscribed");
			expectSame(
				ended.reason,
				undefined,
				`reason of an unsubscribe with ${what} subscription`,
			);
		}
		const from = inbox.mark;
		const message = await a.say();
		await a.send({ type: "typing" });
		await a.send({ type: "read", message_id: message.message_id });
		const client_message_id = randomUUID();
		await inbox.tell(room, { type: "chat", content: "x", client_message_id });
		await a.find(
			"a message without a subscription",
			(frame) => frame.client_message_id === client_message_id,
		);
		await t.settle();
		expectSame(
			types(inbox.about(room, from)).filter((type) => type !== "ack"),
			[],
			"frames about the conversation after unsubscribed, besides answers",
		);
	}),

	restCheck("IN-9", async (t) => {
		const { a, inbox, alice, bob, room } = await watched(t);
		const kept = await t.room(alice, bob);
		const dropped = await t.room(alice, bob);
		for (const id of [room, kept, dropped]) await inbox.subscribe(id);
		const path = `/conversations/${room}/participants/${bob.userId}`;
		await t.rest("DELETE", path, alice);
		const removed = await inbox.answer(room, "unsubscribed", 0);
		expectValid(removed, InboxServerFrames.unsubscribed, "unsubscribed");
		expectSame(removed.reason, "removed", "reason after a removal");
		expectSame(
			inbox
				.about(room)
				.filter(({ seq }) => typeof seq === "number")
				.map(({ type, user_id }) => [type, user_id]),
			[["participant_removed", bob.userId]],
			"the removed user's last entry",
		);
		await t.rest("DELETE", `/conversations/${dropped}`, alice);
		const deleted = await inbox.answer(dropped, "unsubscribed", 0);
		expectSame(deleted.reason, "deleted", "reason after a deletion");
		await a.say();
		const there = await t.connect(alice, kept);
		await inbox.upTo(await there.say());
		for (const id of [room, dropped])
			expectSame(
				inbox.about(id).at(-1)?.type,
				"unsubscribed",
				"type of the last frame of a subscription that the server ended",
			);
		expectSame(
			(await inbox.talk(room)).code,
			"not_participant",
			"code for a message of a removed user, on the open connection",
		);
	}),

	restCheck("IN-10", async (t) => {
		const { a, inbox, room } = await watched(t);
		const first = await a.say();
		for (const fields of [
			{},
			{
				type: "reaction",
				target_id: first.message_id,
				reaction: "x",
				on: true,
			},
			{ type: "pin", target_id: first.message_id, on: true },
		]) {
			const { type = "chat" } = fields;
			const answer = await inbox.talk(room, fields);
			const entry = await a.find(
				`the ${type} of the inbox`,
				(frame) => frame.client_message_id === answer.client_message_id,
			);
			expectSame(
				[answer.type, answer.message_id, answer.seq],
				["ack", entry.message_id, entry.seq],
				`answer to ${type} without a subscription`,
			);
		}
		const from = inbox.mark;
		await inbox.tell(room, { type: "chat", content: "without an id" });
		const plain = await inbox.answer(room, "ack", from);
		await a.find("the message", (it) => it.message_id === plain.message_id);
		const heard = a.mark;
		await inbox.tell(room, { type: "typing" });
		await inbox.tell(room, { type: "read", message_id: plain.message_id });
		for (const type of ["typing", "read"])
			await a.find(
				`${type} of a user without a subscription`,
				(frame) => frame.type === type && frame.sender_id === inbox.userId,
				heard,
			);
		await inbox.subscribe(room);
		const since = inbox.mark;
		const own = await inbox.talk(room);
		expectSame(own.type, "chat", "answer to chat with a subscription");
		await inbox.upTo(await a.say(), since);
		expectNone(
			inbox.about(room, since),
			"ack",
			"no ack beside the connection's own copy",
		);
		const other = await t.user();
		const strange = await t.room(other);
		expectSame(
			(await inbox.talk(strange)).code,
			"not_participant",
			"code for a message of a user who is not a participant",
		);
	}),

	longCheck("IN-17", async (t) => {
		t.needsRest();
		const { inbox, alice, bob, room } = await watched(t);
		const small = await t.room(alice, bob);
		const there = await t.connect(alice, small);
		const content = "x".repeat(WRITTEN_CHARACTERS);
		// One after the other, so that each message goes to one connection.
		for (let i = 0; i < WRITERS; i++) {
			const peer = await t.connect(alice, room);
			for (let j = 0; j < WRITTEN; j++)
				await peer.send({ type: "chat", content });
			await peer.until(
				"the connection's own messages",
				() => peer.of("chat").length === WRITTEN,
			);
			peer.cut();
		}
		const count = WRITERS * WRITTEN;
		await Promise.all([
			inbox.tell(room, { type: "subscribe", after_seq: 0 }),
			inbox.tell(small, { type: "subscribe" }),
		]);
		const live = await there.say();
		await inbox.until(
			"every entry of a long replay",
			() => idsOf(inbox.about(room)).length >= count,
			REPLAY_MS,
		);
		await inbox.upTo(live);
		const end = inbox.frames.findLastIndex(
			({ type, conversation_id }) =>
				type === "chat" && conversation_id === room,
		);
		const begun = inbox.frames.findIndex(
			({ type, conversation_id }) =>
				type === "subscribed" && conversation_id === small,
		);
		expect(
			begun < end,
			`subscribed of another conversation before the end of a replay of ${count} entries`,
			`as frame ${begun} after the replay's last frame ${end}`,
		);
	}),
];
