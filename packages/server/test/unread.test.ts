import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
	command,
	inStore,
	message,
	type Pair,
	pair,
	row,
} from "./support/amending.ts";
import { say } from "./support/chat.ts";
import { startTestServer } from "./support/server.ts";

/** Returns the unread messages and mentions of a user. */
async function counts(
	all: Pick<Pair, "server" | "conversation">,
	user: string,
): Promise<readonly [number | undefined, number | undefined]> {
	const found = await row(all, user);
	return [found?.unread, found?.mentions];
}

test("[UN-1] unread is exact beyond any number of entries, and deleted messages do not count", async () => {
	const all = await pair();
	const { a, b, alice, bob } = all;
	const ids = await Promise.all(
		Array.from({ length: 250 }, (_, i) => message(a, `${i}`)),
	);
	expect(await counts(all, bob)).toEqual([250, 0]);
	expect(await counts(all, alice)).toEqual([0, 0]);
	// Amendments do not count.
	const target_id = ids[100];
	await command(a, { type: "edit", target_id, content: "x" });
	await command(a, { type: "pin", target_id, on: true });
	expect(await counts(all, bob)).toEqual([250, 0]);
	for (const target_id of [ids[0], ids[99], ids[249]])
		await command(a, { type: "delete", target_id });
	expect(await counts(all, bob)).toEqual([247, 0]);
	b.send({ type: "read", message_id: ids[99] });
	await a.next("read");
	expect(await counts(all, bob)).toEqual([149, 0]);
	await command(a, { type: "delete", target_id: ids[50] });
	expect(await counts(all, bob)).toEqual([149, 0]);
	await command(a, { type: "delete", target_id: ids[150] });
	expect(await counts(all, bob)).toEqual([148, 0]);
	b.send({ type: "read", message_id: ids[249] });
	await a.next("read");
	expect(await counts(all, bob)).toEqual([0, 0]);
});

test("[UN-1] counts survive a restart", async () => {
	const all = await pair();
	const { a, bob } = all;
	const ids = [await message(a, "1"), await message(a, "2")];
	await message(a, "3", { mentions: { user_ids: [bob] } });
	await command(a, { type: "delete", target_id: ids[0] });
	expect(await counts(all, bob)).toEqual([2, 1]);
	await all.server.drain();
	const server = await startTestServer({
		dataDirectory: all.server.directory,
		policy: "members",
	});
	expect(await counts({ ...all, server }, bob)).toEqual([2, 1]);
});

test("[UN-2] a user who joins or is added again starts with nothing unread", async () => {
	const all = await pair();
	const { server, path, a, alice } = all;
	await message(a, "1");
	const carol = randomUUID();
	const add = () =>
		server.rest("POST", `${path}/participants`, alice, {
			participant_ids: [carol],
		});
	await add();
	expect(await counts(all, carol)).toEqual([0, 0]);
	await message(a, "2", { mentions: { user_ids: [carol] } });
	expect(await counts(all, carol)).toEqual([1, 1]);
	await server.rest("DELETE", `${path}/participants/${carol}`, alice);
	await message(a, "3", { mentions: { all: true } });
	await add();
	expect(await counts(all, carol)).toEqual([0, 0]);
	await message(a, "4");
	expect(await counts(all, carol)).toEqual([1, 0]);
});

test("[UN-3] mentions count while they are unread, not deleted, and not taken back by an edit", async () => {
	const all = await pair();
	const { a, b, alice, bob } = all;
	const mention = (fields: object) => ({ mentions: fields });
	const one = await message(a, "1", mention({ user_ids: [bob, bob] }));
	const two = await message(a, "2", mention({ all: true }));
	await message(a, "3", mention({ all: true, user_ids: [bob] }));
	await message(a, "4", mention({ user_ids: [randomUUID()] }));
	expect(await counts(all, bob)).toEqual([4, 3]);
	expect(await counts(all, alice)).toEqual([0, 0]);
	const edit = (target_id: unknown, fields: object) =>
		command(a, { type: "edit", target_id, content: "x", ...fields });
	await edit(one, {});
	expect(await counts(all, bob)).toEqual([4, 3]);
	expect(await edit(one, mention({ user_ids: [] }))).toMatchObject({
		mentions: { user_ids: [] },
	});
	expect(await counts(all, bob)).toEqual([4, 2]);
	await edit(one, mention({ user_ids: [bob.toUpperCase()] }));
	expect(await counts(all, bob)).toEqual([4, 3]);
	await command(a, { type: "delete", target_id: two });
	expect(await counts(all, bob)).toEqual([3, 2]);
	b.send({ type: "read", message_id: one });
	await a.next("read");
	expect(await counts(all, bob)).toEqual([2, 1]);
	// An edit of a message that the user has read adds no unread mention.
	await edit(one, mention({ user_ids: [bob] }));
	expect(await counts(all, bob)).toEqual([2, 1]);
	await say(b, "of Bob");
	expect(await counts(all, bob)).toEqual([0, 0]);
});

test("[CH-12] mentions are relayed, have limits, and only owners and moderators mention all", async () => {
	const all = await pair();
	const { server, a, b, bob } = all;
	const mentions = { user_ids: [bob], all: true };
	expect(await say(a, "x", { mentions })).toMatchObject({ mentions });
	const chat = { type: "chat", content: "x" };
	const everyone = { ...chat, mentions: { all: true } };
	expect(await command(b, everyone)).toMatchObject({ code: "forbidden" });
	const own = await message(b, "of Bob");
	expect(
		await command(b, { ...everyone, type: "edit", target_id: own }),
	).toMatchObject({ code: "forbidden" });
	inStore(
		server.directory,
		`UPDATE participants SET role = 'moderator' WHERE user_id = '${bob}'`,
	);
	expect(await command(b, everyone)).toMatchObject({ type: "chat" });
	const users = (n: number) => Array.from({ length: n }, () => randomUUID());
	for (const user_ids of [users(51), ["x"], "x"])
		expect(await command(a, { ...chat, mentions: { user_ids } })).toMatchObject(
			{ code: "invalid_frame" },
		);
	expect(
		await command(a, { ...chat, mentions: { user_ids: users(50) } }),
	).toMatchObject({ type: "chat" });
});

test("[CH-11] reply_to and thread_id name messages of the conversation", async () => {
	const all = await pair();
	const { a, b } = all;
	const root = await message(a, "root");
	const reply = await say(b, "reply", { reply_to: root.toUpperCase() });
	expect(reply).toMatchObject({ reply_to: root });
	const inThread = await say(b, "in the thread", {
		thread_id: root,
		reply_to: reply.message_id,
	});
	expect(inThread).toMatchObject({
		thread_id: root,
		reply_to: reply.message_id,
	});
	const pin = await command(a, { type: "pin", target_id: root, on: true });
	const chat = { type: "chat", content: "x" };
	for (const [field, id] of [
		["reply_to", randomUUID()],
		["reply_to", pin.message_id],
		["thread_id", randomUUID()],
		["thread_id", pin.message_id],
		// A message that belongs to a thread cannot begin a new thread.
		["thread_id", inThread.message_id],
	] as const)
		expect(await command(a, { ...chat, [field]: id })).toMatchObject({
			type: "error",
			code: "unknown_message",
		});
});

test("[AM-14] amendments do not move their conversation in the list, which shows the current state of its last message", async () => {
	const all = await pair();
	const { server, conversation, a, alice } = all;
	const target_id = await message(a, "one");
	const later = randomUUID();
	await server.rest("POST", "/v1/conversations", alice, {
		conversation_id: later,
		participant_ids: [],
	});
	const before = await row(all, alice);
	await command(a, { type: "edit", target_id, content: "two" });
	await command(a, { type: "pin", target_id, on: true });
	const { body } = await server.rest("GET", "/v1/conversations", alice);
	expect(body).toMatchObject({
		conversations: [
			{ conversation_id: later },
			{
				conversation_id: conversation,
				updated_at: before?.updated_at,
				head_seq: 3,
				last_message: { content: "two", version: 2 },
			},
		],
	});
});
