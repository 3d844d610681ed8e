/** Requests that change a conversation, its roles and the user's own settings, with the list that shows them. */
import { randomUUID } from "node:crypto";
import { createRest } from "@secureconnect/client/rest";
import { expect, test } from "vitest";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { clientOf, ready, until } from "./support/client.ts";

test("[CV-1] [CV-4] [CV-5] an owner renames, closes and opens a conversation, and gives roles", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const { conversations } = clientOf(server, alice);
	const { conversationId: id } = await conversations.create({
		title: "Lunch",
		participantIds: [bob],
	});
	const bobs = clientOf(server, bob).conversations;
	await expect(bobs.update(id, { title: "Mine" })).rejects.toMatchObject({
		code: "forbidden",
	});
	expect(
		await conversations.update(id, {
			title: "Dinner",
			metadata: { a_b: { cD: 1 } },
			closed: true,
		}),
	).toMatchObject({
		title: "Dinner",
		metadata: { a_b: { cD: 1 } },
		closed: true,
		participantCount: 2,
	});
	await expect(bobs.send(id, "late")).rejects.toMatchObject({ status: 403 });
	expect(
		await conversations.update(id, { title: null, closed: false }),
	).toMatchObject({ title: null, closed: false });
	await bobs.send(id, "open again");

	const participants = conversations.participants(id);
	const { participants: changed } = await participants.setRole(bob, "reader");
	expect(changed).toContainEqual(
		expect.objectContaining({ userId: bob, role: "reader" }),
	);
	await expect(bobs.send(id, "not mine")).rejects.toMatchObject({
		status: 403,
	});
	await expect(participants.setRole(alice, "member")).rejects.toMatchObject({
		code: "last_owner",
		status: 409,
	});
	await expect(
		participants.setRole(randomUUID(), "owner"),
	).rejects.toMatchObject({ code: "not_found", status: 404 });
});

test("[ME-1] [ME-2] a user's own settings are in the user's list and details, with times in milliseconds", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const { conversations } = clientOf(server, alice);
	const { conversationId: id } = await conversations.create({
		participantIds: [bob],
	});
	const clear = {
		mutedUntil: null,
		archived: false,
		favourite: false,
		markedUnread: false,
	};
	const mutedUntil = Date.now() + 3_600_000;
	expect(await conversations.updateSettings(id, { mutedUntil })).toEqual({
		...clear,
		mutedUntil,
	});
	const all = {
		mutedUntil,
		archived: true,
		favourite: true,
		markedUnread: true,
	};
	const { mutedUntil: _, ...flags } = all;
	expect(await conversations.updateSettings(id, flags)).toEqual(all);
	const bobs = clientOf(server, bob).conversations;
	const { messageId } = await bobs.send(id, "@Alice", {
		mentions: { userIds: [alice] },
	});
	const [row] = (await conversations.list()).conversations;
	expect(row).toMatchObject({
		...all,
		unread: 1,
		mentions: 1,
		kind: "group",
		closed: false,
		role: "owner",
	});
	expect(await conversations.get(id)).toMatchObject(all);
	expect((await bobs.list()).conversations).toMatchObject([clear]);

	const room = clientOf(server, alice).conversation(id);
	await ready(room);
	room.markAsRead(messageId);
	await expect
		.poll(async () => (await conversations.list()).conversations)
		.toMatchObject([{ markedUnread: false, unread: 0, mentions: 0 }]);
	for (const [until, stored] of [
		[Number.POSITIVE_INFINITY, Date.UTC(9999, 11, 31)],
		[null, null],
	])
		expect(
			await conversations.updateSettings(id, { mutedUntil: until ?? null }),
		).toMatchObject({ mutedUntil: stored });
});

test("[DM-1] [DM-3] [DM-4] two users have one direct conversation, which each of them finds", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const [alices, bobs] = [
		clientOf(server, alice).conversations,
		clientOf(server, bob).conversations,
	];
	const made = await alices.direct(bob);
	expect(made).toMatchObject({ kind: "direct", directUser: bob });
	const id = made.conversationId;
	expect(await bobs.direct(alice)).toMatchObject({
		conversationId: id,
		directUser: alice,
	});
	expect((await bobs.list()).conversations).toMatchObject([
		{ conversationId: id, kind: "direct", directUser: alice, unread: 0 },
	]);
	await expect(alices.participants(id).leave()).rejects.toMatchObject({
		code: "conflict",
		status: 409,
	});
	await expect(alices.delete(id)).rejects.toMatchObject({ code: "forbidden" });
});

test("[CV-8] after a deletion every open view ends with the error deleted, and so do messages that wait", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const client = clientOf(server, alice);
	const { conversations } = client;
	const { conversationId: id } = await conversations.create({
		participantIds: [bob],
	});
	const plain = await server.connect(id, bob);
	await say(plain, "hello");
	const bobs = clientOf(server, bob);
	await expect(bobs.conversations.delete(id)).rejects.toMatchObject({
		code: "forbidden",
	});
	const rooms = [client.conversation(id), bobs.conversation(id)];
	await Promise.all(rooms.map(ready));
	await conversations.delete(id);
	for (const room of rooms) {
		await until(room, () => room.state.name === "failed", "the end");
		expect(room.state).toMatchObject({ error: { code: "deleted" } });
		await expect(room.send("late").acknowledged).rejects.toMatchObject({
			code: "deleted",
		});
		expect(room.unacknowledged).toEqual([]);
	}
	expect((await conversations.list()).conversations).toEqual([]);
	await expect(conversations.get(id)).rejects.toMatchObject({
		code: "forbidden",
	});
});

test("createRest has the same requests", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const rest = createRest({
		url: `http://${server.address}`,
		token: () => token(alice),
	});
	expect(await rest.direct(bob)).toMatchObject({ directUser: bob });
	const { conversationId: id } = await rest.create({ participantIds: [bob] });
	expect(await rest.update(id, { title: "Lunch" })).toMatchObject({
		title: "Lunch",
	});
	expect(await rest.updateSettings(id, { favourite: true })).toMatchObject({
		favourite: true,
	});
	const { participants } = await rest.setRole(id, bob, "moderator");
	expect(participants.map(({ role }) => role).sort()).toEqual([
		"moderator",
		"owner",
	]);
	await rest.delete(id);
	expect((await rest.conversations()).conversations).toHaveLength(1);
});
