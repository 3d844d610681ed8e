/** Deletion of messages that are not stored yet. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Conversation, timelineOf } from "@secureconnect/client";
import { expect, test } from "vitest";
import {
	startTestServer,
	type TestServer,
	temporaryDirectory,
} from "../../server/test/support/server.ts";
import { fileOutbox } from "../src/file-outbox.ts";
import { clientOf, ready } from "./support/client.ts";
import { Relay } from "./support/relay.ts";

/** Returns the type and, for messages, the content of each entry that a server has stored. */
async function log(server: TestServer, id: string, user: string) {
	const path = `/v1/conversations/${id}/messages?after_seq=0`;
	const { body } = await server.rest("GET", path, user);
	const { messages } = body as {
		messages: { type: string; content?: string }[];
	};
	return messages.map(({ type, content }) => [type, content]);
}

const shown = (room: Conversation): string[] =>
	timelineOf(room)
		.rows()
		.map((row) => (row.kind === "message" ? row.content : ""));

/** A user whose connection breaks when `relay.isDown` is set. */
async function scene() {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const relay = await Relay.start(server.port);
	const room = clientOf(server, alice, { url: relay.url }).conversation(id);
	const timeline = timelineOf(room);
	await ready(room);
	const goOffline = async (): Promise<void> => {
		relay.isDown = true;
		relay.cut();
		await expect.poll(() => room.state.name).not.toBe("open");
	};
	const goOnline = async (): Promise<void> => {
		relay.isDown = false;
		room.reconnect();
		await expect.poll(() => room.state.name).toBe("open");
	};
	return { server, alice, id, relay, room, timeline, goOffline, goOnline };
}

test("a message that waits for a connection is not sent once it is deleted", async () => {
	const { server, alice, id, room, goOffline, goOnline } = await scene();
	await goOffline();
	const first = room.send("first");
	const second = room.send("second");
	const third = room.send("third");
	await room.withdraw(second.clientMessageId);
	await expect(second.acknowledged).rejects.toMatchObject({
		code: "withdrawn",
	});
	expect(shown(room)).toEqual(["first", "third"]);
	expect(room.unacknowledged).toEqual([first, third]);
	await goOnline();
	await Promise.all([first.acknowledged, third.acknowledged]);
	expect(await log(server, id, alice)).toEqual([
		["chat", "first"],
		["chat", "third"],
	]);
	await expect(room.withdraw(second.clientMessageId)).rejects.toMatchObject({
		code: "not_found",
	});
});

test("a message that may have been sent disappears at once, and is deleted exactly once when it is stored", async () => {
	const { server, alice, id, relay, room, timeline, goOffline, goOnline } =
		await scene();
	const other = await server.connect(id, randomUUID());
	relay.holdAt("doubtful");
	const { clientMessageId } = room.send("doubtful");
	// The server has stored it, and the answer does not arrive.
	await other.waitFor(({ content }) => content === "doubtful");
	await goOffline();
	relay.release();
	const seen = new Set<string>();
	timeline.onChange(() => {
		for (const content of shown(room)) seen.add(content);
	});
	const done = room.withdraw(clientMessageId);
	expect(shown(room)).toEqual([]);
	// A user may ask twice, and a moderator may be faster.
	const again = room.withdraw(clientMessageId);
	await goOnline();
	await Promise.all([done, again]);
	await room.send("next").acknowledged;
	expect(await log(server, id, alice)).toEqual([
		["chat", ""],
		["delete", undefined],
		["chat", "next"],
	]);
	await expect.poll(() => shown(room)).toEqual(["", "next"]);
	expect(timeline.rows()[0]).toMatchObject({ deleted: true });
	expect([...seen].sort()).toEqual(["", "next"]);
});

test("a message that a different tab has sent in the meantime is deleted when it arrives", async () => {
	const { server, alice, id, room, goOffline, goOnline } = await scene();
	await goOffline();
	const { clientMessageId } = room.send("shared");
	await room.withdraw(clientMessageId);
	const other = await server.connect(id, alice);
	const content = "shared";
	other.send({ type: "chat", content, client_message_id: clientMessageId });
	await other.waitFor((frame) => frame.content === content);
	await goOnline();
	await expect
		.poll(() => log(server, id, alice))
		.toEqual([
			["chat", ""],
			["delete", undefined],
		]);
});

test("a message that the server refuses after its deletion stays away, and the deletion resolves", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const { conversations } = clientOf(server, bob);
	const { conversationId: id } = await conversations.create({
		participantIds: [alice],
	});
	await conversations.participants(id).setRole(alice, "reader");
	const room = clientOf(server, alice).conversation(id);
	const timeline = timelineOf(room);
	await ready(room);
	const sent = room.send("refused");
	expect(sent.status).toBe("sent");
	const done = room.withdraw(sent.clientMessageId);
	expect(shown(room)).toEqual([]);
	const seen = new Set<string>();
	timeline.onChange(() => {
		for (const content of shown(room)) seen.add(content);
	});
	await expect(sent.acknowledged).rejects.toMatchObject({ code: "read_only" });
	await done;
	expect([shown(room), [...seen]]).toEqual([[], []]);
});

test("a durable outbox forgets a deleted message", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const path = join(temporaryDirectory(), "outbox");
	const outbox = fileOutbox(path);
	const offline = clientOf(server, alice, {
		userId: alice,
		outbox,
		token: () => new Promise<string>(() => {}),
	});
	const room = offline.conversation(id);
	const { clientMessageId } = room.send("secret");
	await expect.poll(() => readFileSync(path, "utf8")).toContain("secret");
	await room.withdraw(clientMessageId);
	const kept = room.send("kept");
	await expect.poll(() => readFileSync(path, "utf8")).toContain("kept");
	expect(kept.status).toBe("queued");
	offline.close();
	outbox.close();
	const next = clientOf(server, alice, {
		userId: alice,
		outbox: fileOutbox(path),
	}).conversation(id);
	await ready(next);
	await next.send("last").acknowledged;
	expect(await log(server, id, alice)).toEqual([
		["chat", "kept"],
		["chat", "last"],
	]);
});
