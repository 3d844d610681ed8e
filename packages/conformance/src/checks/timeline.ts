import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { type Check, restCheck } from "../check.ts";
import type { Frame, TestClient } from "../test-client.ts";
import type { Trial, User } from "../trial.ts";
import { expectSame } from "../verdict.ts";
import { ids, placeOf, stored } from "./amending.ts";
import { expectShape, messages, read, setClosed } from "./answers.ts";
import { expectRefusal } from "./handshake.ts";

const MAX_REACTIONS = 20;
/** Not empty, because a different rule covers empty metadata. */
const K = { metadata: { k: "v" } };

async function timeline(
	t: Trial,
	user: User,
	room: string,
	path = "/messages?view=timeline",
): Promise<{ messages: Frame[]; as_of_seq: number }> {
	const answer = await t.rest("GET", `/conversations/${room}${path}`, user);
	expectShape(answer, 200, Rest.timelinePage);
	return answer.body as { messages: Frame[]; as_of_seq: number };
}

function react(peer: TestClient, target_id: unknown): Promise<Frame> {
	return stored(peer, {
		type: "reaction",
		target_id,
		reaction: "+1",
		on: true,
	});
}

/** Messages with what their amendments amount to, and commands over REST. */
export const TIMELINE: readonly Check[] = [
	restCheck("RS-22", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const carol = await t.user();
		const { message_id: target_id } = await a.say(K);
		await b.say({ ...K, thread_id: target_id });
		await react(b, target_id);
		await react(a, target_id);
		await stored(a, { type: "pin", target_id, on: true });
		await t.rest("POST", `/conversations/${room}/participants`, alice, {
			participant_ids: [carol.userId],
		});
		const last = await a.say(K);
		const page = await timeline(t, bob, room);
		expectSame(
			[page.as_of_seq, ...page.messages.map(({ type }) => type)],
			[last.seq, "chat", "chat", "participant_added", "chat"],
			"as_of_seq and types of the timeline",
		);
		const [message = {}, reply = {}] = page.messages;
		const { reactions, pinned, thread } = message;
		expectSame(
			{ reactions, pinned, replies: (thread as Frame | undefined)?.count },
			{
				reactions: [
					{
						reaction: "+1",
						count: 2,
						me: true,
						user_ids: [bob.userId, alice.userId],
					},
				],
				pinned: true,
				replies: 1,
			},
			"the fold of a message",
		);
		expectSame(
			["reactions", "pinned", "thread"].filter((field) => field in reply),
			[],
			"the fold of a message without amendments",
		);
		for (const query of ["", "?view=log"])
			expectSame(
				ids(await messages(t, bob, room, `/messages${query}`)).toSorted(),
				ids(a.entries()).toSorted(),
				"entries of the log",
			);
	}),

	restCheck("RS-23", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const { message_id: thread_id } = await a.say(K);
		const inThread = { ...K, thread_id };
		const replies = [await b.say(inThread)];
		await a.say(K);
		for (const peer of [b, a, b]) replies.push(await peer.say(inThread));
		const last = replies.at(-1);
		await stored(b, { type: "delete", target_id: replies[0]?.message_id });
		expectSame(
			ids(
				(await timeline(t, bob, room, `/messages?thread_id=${thread_id}`))
					.messages,
			),
			ids(replies),
			"replies of a thread",
		);
		const { thread } = await read(t, bob, room, `/messages/${thread_id}`);
		expectSame(
			thread,
			{
				count: 3,
				last_at: last?.timestamp,
				user_ids: [bob.userId, alice.userId],
			},
			"thread of its first message",
		);
	}),

	restCheck("RS-24", async (t) => {
		const alice = await t.user();
		const room = await t.room(alice);
		const a = await t.connect(alice, room);
		const sent = [await a.say(K), await a.say(K), await a.say(K)];
		const pinned = ids(sent.slice(0, 2));
		for (const target_id of pinned.toReversed())
			await stored(a, { type: "pin", target_id, on: true });
		const pins = (await timeline(t, alice, room, "/pins")).messages;
		expectSame(
			pins.map(({ message_id, pinned }) => [message_id, pinned]),
			pinned.map((id) => [id, true]),
			"pinned messages in the order of the messages",
		);
	}),

	restCheck("RS-25", async (t) => {
		const alice = await t.user();
		const room = await t.room(alice);
		const a = await t.connect(alice, room);
		const { message_id } = await a.say(K);
		const pin = await stored(a, {
			type: "pin",
			target_id: message_id,
			on: true,
		});
		const ask = (id: unknown) =>
			t.rest("GET", `/conversations/${room}/messages/${id}`, alice);
		const found = await ask(message_id);
		expectShape(found, 200, Rest.message);
		expectSame(
			(found.body as Frame).pinned,
			true,
			"pinned in the fold of a message",
		);
		await stored(a, { type: "delete", target_id: message_id });
		const deleted = await ask(message_id);
		expectShape(deleted, 200, Rest.message);
		expectSame(
			(deleted.body as Frame).deleted,
			true,
			"deleted of a deleted message",
		);
		for (const id of [randomUUID(), pin.message_id])
			expectRefusal(
				await ask(id),
				404,
				"unknown message",
				"an id that names no message",
			);
	}),

	restCheck("RS-26", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const { message_id, seq, timestamp } = await a.say();
		const path = `/conversations/${room}/messages/${message_id}`;
		const reaction = `/reactions/${encodeURIComponent("a/b")}`;
		let state: Frame = { message_id, seq, timestamp };
		for (const [method, below, body, fields] of [
			["DELETE", "/pin", undefined, undefined],
			["PUT", "/pin", undefined, { type: "pin", on: true }],
			["PUT", "/pin", undefined, undefined],
			["DELETE", "/pin", undefined, { type: "pin", on: false }],
			["PUT", reaction, undefined, { reaction: "a/b", on: true }],
			["DELETE", reaction, undefined, { reaction: "a/b", on: false }],
			["PATCH", "", { content: "two" }, { type: "edit", content: "two" }],
			["DELETE", "?reason=r", undefined, { type: "delete", reason: "r" }],
		] as const) {
			const answer = await t.rest(method, `${path}${below}`, alice, body);
			const entry = (answer.body ?? {}) as Frame;
			const what = `${method} ${below || "of a message"}`;
			expectSame(answer.status, fields ? 201 : 200, `status for ${what}`);
			if (!fields) expectSame(placeOf(entry), state, `answer to ${what}`);
			else {
				const names = Object.keys(fields);
				expectSame(
					Object.fromEntries(names.map((name) => [name, entry[name]])),
					fields,
					`entry for ${what}`,
				);
				expectSame(
					await b.find(what, (frame) => frame.seq === entry.seq),
					entry,
					`the same entry at the connections for ${what}`,
				);
				state = placeOf(entry);
			}
		}
	}),

	restCheck("RS-27", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const [one, two] = [await a.say(), await a.say()];
		await Promise.all(
			Array.from({ length: MAX_REACTIONS }, (_, i) =>
				stored(b, {
					type: "reaction",
					target_id: one.message_id,
					reaction: `r${i}`,
					on: true,
				}),
			),
		);
		const client_message_id = randomUUID();
		const chat = { type: "chat", content: "x", client_message_id };
		await stored(a, chat);
		await stored(a, { type: "delete", target_id: two.message_id });
		const path = `/conversations/${room}/messages`;
		const expectStatus = async (
			status: number,
			what: string,
			...[method, below, by, body]: Parameters<Trial["rest"]>
		) => {
			const answer = await t.rest(method, `${path}${below}`, by, body);
			expectSame(answer.status, status, `status for ${what}`);
		};
		const edit = { content: "y" };
		await expectStatus(
			404,
			"an unknown message",
			"DELETE",
			`/${randomUUID()}`,
			alice,
		);
		await expectStatus(
			410,
			"a deleted message",
			"PUT",
			`/${two.message_id}/pin`,
			alice,
		);
		await expectStatus(403, "a mention of all by a member", "POST", "", bob, {
			content: "x",
			mentions: { all: true },
		});
		await expectStatus(
			409,
			"a stale if_version",
			"PATCH",
			`/${one.message_id}`,
			alice,
			{ ...edit, if_version: 7 },
		);
		await expectStatus(
			409,
			"a client_message_id of a different command",
			"PATCH",
			`/${one.message_id}`,
			alice,
			{ ...edit, client_message_id },
		);
		await expectStatus(
			409,
			"a 21st reaction",
			"PUT",
			`/${one.message_id}/reactions/x`,
			alice,
		);
		await setClosed(t, room, alice, true);
		await expectStatus(
			403,
			"a message in a closed conversation",
			"POST",
			"",
			bob,
			edit,
		);
	}),
];
