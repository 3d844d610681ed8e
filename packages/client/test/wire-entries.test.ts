/** Entries of every type as on the wire, for programs that print or store them. */
import { randomUUID } from "node:crypto";
import { logOf, type WireEntry } from "@secureconnect/client";
import { expect, test } from "vitest";
import { startTestServer } from "../../server/test/support/server.ts";
import { clientOf, ready, until } from "./support/client.ts";
import { chat, FakeServer, welcome } from "./support/fake-server.ts";

const ALICE = "a11ce000-0000-4000-8000-000000000001";

test("a command is acknowledged without a timeline, and the next message is sent", async () => {
	const server = await startTestServer();
	const room = clientOf(server, randomUUID()).conversation(randomUUID());
	const { messageId } = await room.send("first").acknowledged;
	const edit = room.edit(messageId, "changed");
	const second = room.send("second");
	expect(await edit.acknowledged).toMatchObject({ seq: 2 });
	expect(await second.acknowledged).toMatchObject({ seq: 3 });
});

test("the log has the same entries live and stored, also deleted messages and amendments", async () => {
	const server = await startTestServer();
	const client = clientOf(server, randomUUID());
	const room = client.conversation(randomUUID());
	const stored: WireEntry[] = [];
	const log = logOf(room);
	const off = log.onEntry((entry) => stored.push(entry));
	const { messageId } = await room.send("first").acknowledged;
	await room.amend("reaction", messageId, { reaction: "+1", on: true })
		.acknowledged;
	await room.remove(messageId, { reason: "moved" }).acknowledged;
	expect(stored).toMatchObject([
		{ type: "chat", content: "first", seq: 1 },
		{ type: "reaction", target_id: messageId, reaction: "+1", seq: 2 },
		{ type: "delete", target_id: messageId, reason: "moved", seq: 3 },
	]);
	const logged = await all(log.history({ after: 0, pageSize: 2 }));
	expect(logged.map(({ type, seq }) => [type, seq])).toEqual([
		["chat", 1],
		["reaction", 2],
		["delete", 3],
	]);
	expect(logged[0]).toMatchObject({ deleted: true, content: "" });
	const late = client.conversation(room.id);
	expect(await all(logOf(late).history())).toEqual(logged.toReversed());
	off();
	await room.send("unheard").acknowledged;
	expect(stored).toHaveLength(3);
});

test("entries of unknown types are reported as the server sent them, each once", async () => {
	const poll = (seq: number) => ({ ...chat(seq), type: "poll", options: [{}] });
	const server = await FakeServer.start(
		(connection) => connection.send(welcome(ALICE, 2)),
		() => [200, { messages: [chat(1), poll(2)], next: null }],
	);
	const room = clientOf(server, ALICE).conversation(randomUUID());
	const stored: WireEntry[] = [];
	const log = logOf(room);
	log.onEntry((entry) => stored.push(entry));
	await ready(room);
	const [connection] = server.connections;
	const sent = [poll(3), chat(4)] as const;
	for (const entry of [sent[0], sent[0], { type: "chat", seq: 3 }, sent[1]])
		connection?.send(entry);
	await until(room, () => stored.length === 2, "two entries");
	expect(stored).toEqual(sent);
	const logged = await all(log.history());
	expect(logged).toMatchObject([{ type: "poll", options: [{}] }, { seq: 1 }]);
});

async function all(entries: AsyncIterable<WireEntry>): Promise<WireEntry[]> {
	const found: WireEntry[] = [];
	for await (const entry of entries) found.push(entry);
	return found;
}
