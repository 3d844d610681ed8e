/** The timeline of a conversation, against a real server. */
import { randomUUID } from "node:crypto";
import { timelineOf } from "@secureconnect/client";
import { expect, test } from "vitest";
import { startTestServer } from "../../server/test/support/server.ts";
import { clientOf, collect, ready } from "./support/client.ts";
import { timelineUntil } from "./support/timeline.ts";

test("edits, reactions and deletions by another client change the rows of a timeline", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const room = clientOf(server, alice).conversation(id);
	const seen = collect(room);
	const timeline = timelineOf(room);
	await ready(room);
	const author = await server.connect(id, bob);
	author.send({ type: "chat", content: "first" });
	author.send({ type: "chat", content: "second" });
	const [first, second] = await timelineUntil(timeline, (rows) =>
		rows.length === 2 ? rows.map(({ messageId }) => messageId) : undefined,
	);
	author.send({ type: "edit", target_id: first, content: "changed" });
	author.send({ type: "reaction", target_id: first, reaction: "+1", on: true });
	author.send({ type: "pin", target_id: first, on: true });
	author.send({ type: "delete", target_id: second });
	const live = await timelineUntil(timeline, (rows) =>
		rows[1]?.deleted ? rows : undefined,
	);
	expect(live[0]).toMatchObject({
		content: "changed",
		version: 3,
		pinned: true,
		reactions: [{ reaction: "+1", count: 1, me: false, userIds: [bob] }],
	});
	expect(live[1]).toMatchObject({ content: "", deleted: true });
	expect(seen.map(({ content }) => content)).toEqual(["first", "second"]);

	const late = clientOf(server, alice).conversation(id);
	await timelineOf(late).loadOlder();
	expect(timelineOf(late).rows()).toEqual(live);
	expect(timelineOf(late).hasOlder).toBe(false);
	const listed: unknown[] = [];
	for await (const entry of late.history()) listed.push(entry.messageId);
	expect(listed).toEqual([first]);
});

test("a timeline that began late loads the entries before it without a gap", async () => {
	const server = await startTestServer();
	const room = clientOf(server, randomUUID()).conversation(randomUUID());
	for (const text of ["a", "b", "c"]) await room.send(text).acknowledged;
	const timeline = timelineOf(room);
	await room.send("d").acknowledged;
	await timeline.loadOlder();
	const rows = await timelineUntil(timeline, (shown) =>
		shown.length === 4 ? shown : undefined,
	);
	expect(rows.map(({ content }) => content)).toEqual(["a", "b", "c", "d"]);
});

test("a user's commands are shown at once and reach other users", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const a = clientOf(server, alice).conversation(id);
	const b = clientOf(server, bob).conversation(id);
	await Promise.all([ready(a), ready(b)]);
	const shown = timelineOf(b);
	const { messageId } = await a.send("first").acknowledged;
	const { messageId: other } = await a.send("second").acknowledged;
	await timelineUntil(timelineOf(a), () => true);
	await timelineOf(a).loadOlder();
	const statuses: string[] = [];
	a.on("outbox", ({ status }) => statuses.push(status));
	const commands = [
		a.edit(messageId, "changed"),
		a.react(messageId, "+1"),
		a.pin(messageId),
		a.remove(other),
	];
	expect(timelineOf(a).get(messageId)).toMatchObject({
		content: "changed",
		pinned: true,
		isPending: true,
		reactions: [{ reaction: "+1", me: true }],
	});
	expect(timelineOf(a).get(other)).toMatchObject({ deleted: true });
	expect(a.unacknowledged).toEqual([]);
	await Promise.all(commands.map(({ acknowledged }) => acknowledged));
	expect(statuses).toEqual([]);
	await a.reply({ messageId }, "answer").acknowledged;
	const rows = await timelineUntil(shown, (all) =>
		all.length === 3 ? all : undefined,
	);
	expect(rows).toMatchObject([
		{ content: "changed", pinned: true, reactions: [{ me: false, count: 1 }] },
		{ deleted: true, content: "" },
		{ content: "answer", replyTo: messageId },
	]);
	// A repeated command changes nothing and is acknowledged.
	await b.pin(messageId).acknowledged;
});

test("a refused command is taken back", async () => {
	const server = await startTestServer();
	const id = randomUUID();
	const a = clientOf(server, randomUUID()).conversation(id);
	const b = clientOf(server, randomUUID()).conversation(id);
	await Promise.all([ready(a), ready(b)]);
	const timeline = timelineOf(b);
	const { messageId } = await a.send("mine").acknowledged;
	await timelineUntil(timeline, (rows) => rows[0]);
	const edit = b.edit(messageId, "yours");
	expect(timeline.get(messageId)).toMatchObject({ content: "yours" });
	await expect(edit.acknowledged).rejects.toMatchObject({ code: "forbidden" });
	expect(timeline.get(messageId)).toMatchObject({
		content: "mine",
		isPending: false,
	});
});

test("changes of participants, roles and the conversation are notices, live and in a page", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const client = clientOf(server, alice);
	const { conversationId: id } = await client.conversations.create({
		participantIds: [],
	});
	const room = client.conversation(id);
	const timeline = timelineOf(room);
	await ready(room);
	await room.participants.add([bob]);
	await room.participants.setRole(bob, "moderator");
	await client.conversations.update(id, { title: "Tea" });
	await client.conversations.update(id, { title: null });
	await room.participants.remove(bob);
	await room.send("after them").acknowledged;
	const kinds = (): unknown[] =>
		timeline
			.rows()
			.map((row) =>
				row.kind === "notice"
					? [row.entry.type, row.entry.userIds ?? row.entry.userId]
					: [row.content],
			);
	const expected = [
		["participant_added", [bob]],
		["role_changed", bob],
		["conversation_changed", undefined],
		["conversation_changed", undefined],
		["participant_removed", bob],
		["after them"],
	];
	await expect.poll(kinds).toEqual(expected);
	const later = timelineOf(clientOf(server, alice).conversation(id));
	await later.loadOlder();
	expect(later.rows()).toEqual(timeline.rows());
});
