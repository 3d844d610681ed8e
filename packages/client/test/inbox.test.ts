import { randomUUID } from "node:crypto";
import type { ChatClient, InboxState } from "@secureconnect/client";
import { expect, test } from "vitest";
import { clientOf, ready } from "./support/client.ts";
import { inbox, row, script, subscribed } from "./support/fake-inbox.ts";
import {
	chat,
	type FakeConnection,
	FakeServer,
	NOW,
	welcome,
} from "./support/fake-server.ts";

const alice = randomUUID();
const [a, b, c] = ["a", "b", "c"].map(
	(letter) => `${letter.repeat(8)}-0000-4000-8000-000000000000`,
) as [string, string, string];
const at = (second: number): object => ({
	updated_at: `2026-11-24T00:00:${String(second).padStart(2, "0")}.000Z`,
});

/** Starts a server whose first inbox has these fields. */
function start(fields: object): Promise<FakeServer> {
	return FakeServer.start(() => {}, undefined, {
		inbox: script(alice, () => {}, fields),
	});
}

/** Resolves with the state of the list once it passes a test. */
function until(
	{ inbox: list }: ChatClient,
	test: (state: InboxState) => boolean,
): Promise<InboxState> {
	return new Promise((resolve) => {
		const check = (): void => {
			if (!test(list.state)) return;
			off();
			resolve(list.state);
		};
		const off = list.on("change", () => queueMicrotask(check));
		check();
	});
}

const isLive = ({ name }: InboxState): boolean => name === "live";
const idsOf = (state: InboxState): string[] =>
	"conversations" in state
		? state.conversations.map(({ conversationId }) => conversationId)
		: [];

test("the list has the rows and totals of the server, in camelCase and with times in milliseconds", async () => {
	const last = chat(4, { conversation_id: a, truncated: true });
	const server = await start({
		conversations: [
			row(a, {
				...at(2),
				title: "Lunch",
				unread: 3,
				mentions: 1,
				muted_until: NOW,
				last_message: last,
			}),
			row(b, at(1)),
		],
		more: true,
		total_unread: 7,
		total_mentions: 2,
	});
	const client = clientOf(server, alice);
	expect(client.inbox.state).toEqual({ name: "loading" });
	const state = await until(client, isLive);
	expect(state).toMatchObject({
		name: "live",
		more: true,
		totalUnread: 7,
		totalMentions: 2,
		epoch: "e0000000-0000-4000-8000-000000000000",
		conversations: [
			{
				conversationId: a,
				title: "Lunch",
				unread: 3,
				mentions: 1,
				mutedUntil: Date.parse(NOW),
				lastMessage: {
					content: "m4",
					truncated: true,
					createdAt: Date.parse(NOW),
				},
			},
			{ conversationId: b, lastMessage: null, mutedUntil: null },
		],
	});
	expect(client.inbox.state).toBe(state);
	expect(client.inbox.connection?.name).toBe("open");
});

test("changed rows replace earlier ones and move up with new activity, and totals follow", async () => {
	const server = await start({
		conversations: [row(a, at(3)), row(b, at(2))],
	});
	const client = clientOf(server, alice);
	const rows: string[][] = [];
	client.inbox.on("rows", (changed) =>
		rows.push(changed.map(({ conversationId }) => conversationId)),
	);
	const first = await until(client, isLive);
	const change = (fields: object): void =>
		server.inboxes[0]?.send({
			type: "inbox_changed",
			total_unread: 0,
			total_mentions: 0,
			timestamp: NOW,
			...fields,
		});
	// Reading changes a row without activity; a conversation outside of the first 100 appears with its first change.
	change({ conversations: [row(b, { ...at(2), unread: 0 })], total_unread: 1 });
	const read = await until(
		client,
		(state) => "totalUnread" in state && state.totalUnread === 1,
	);
	expect(idsOf(read)).toEqual([a, b]);
	expect(read).toMatchObject({ conversations: [{}, { unread: 0 }] });
	if (!("conversations" in first && "conversations" in read))
		throw new Error("no list");
	expect(read.conversations[0]).toBe(first.conversations[0]);
	change({ conversations: [row(c, at(3)), row(b, at(4))], total_unread: 2 });
	const moved = await until(
		client,
		(state) => "totalUnread" in state && state.totalUnread === 2,
	);
	expect(idsOf(moved)).toEqual([b, c, a]);
	expect(rows).toEqual([[b], [c, b]]);
});

test("conversations that the user joins and leaves are added and removed", async () => {
	const server = await start({ conversations: [row(a, at(1))] });
	const client = clientOf(server, alice);
	const events: unknown[] = [];
	client.inbox.on("added", ({ conversationId }) => events.push(conversationId));
	client.inbox.on("removed", (removed) => events.push(removed));
	await until(client, isLive);
	const totals = { total_unread: 1, total_mentions: 0, timestamp: NOW };
	server.inboxes[0]?.send({
		type: "conversation_added",
		conversation: row(b, at(2)),
		...totals,
	});
	expect(idsOf(await until(client, (it) => idsOf(it).length === 2))).toEqual([
		b,
		a,
	]);
	server.inboxes[0]?.send({
		type: "conversation_removed",
		conversation_id: a,
		reason: "deleted",
		...totals,
	});
	expect(idsOf(await until(client, (it) => idsOf(it).length === 1))).toEqual([
		b,
	]);
	expect(events).toEqual([b, { conversationId: a, reason: "deleted" }]);
});

test("without a connection the list is stale, and the next connection replaces it", async () => {
	const server = await start({ conversations: [row(a), row(b)] });
	const client = clientOf(server, alice);
	const names: string[] = [];
	let resets = 0;
	client.inbox.on("change", ({ name }) => names.push(name));
	client.inbox.on("reset", () => resets++);
	await until(client, isLive);
	server.inbox = script(alice, () => {}, { conversations: [row(c)] });
	server.inboxes[0]?.ws.terminate();
	const stale = await until(client, ({ name }) => name === "stale");
	expect(idsOf(stale)).toEqual([a, b]);
	expect(idsOf(await until(client, isLive))).toEqual([c]);
	expect(names).toEqual(["live", "stale", "live"]);
	expect(resets).toBe(0);
});

test("[EP-4] another epoch resets the list and every position, and keeps the outbox", async () => {
	const other = { epoch: "f0000000-0000-4000-8000-000000000000" };
	const sent: unknown[] = [];
	const serve = (
		{
			type,
			conversation_id,
			content,
		}: { type: string; conversation_id: string; content?: unknown },
		connection: FakeConnection,
	): void => {
		const again = server.inboxes.length > 1;
		if (type === "subscribe")
			connection.send(
				subscribed(conversation_id, again ? 3 : 8, {
					// The same id may be found in the restored log.
					recovered: again,
					...(again
						? other
						: { epoch: "e0000000-0000-4000-8000-000000000000" }),
				}),
			);
		if (type === "chat") {
			sent.push(content);
			if (again) return;
			connection.ws.terminate();
		}
	};
	const server: FakeServer = await FakeServer.start(() => {});
	server.inbox = (connection) =>
		script(alice, serve, server.inboxes.length > 1 ? other : {})(connection);
	const client = clientOf(server, alice);
	let lists = 0;
	client.inbox.on("reset", () => lists++);
	const room = client.conversation(a);
	const resets: unknown[] = [];
	room.on("reset", (reset) => resets.push(reset));
	await ready(room);
	room.send("kept");
	await server.until(() => sent.length === 2, "the message again");
	expect(sent).toEqual(["kept", "kept"]);
	expect(resets).toEqual([{ last: 8, head: 3 }]);
	expect(lists).toBe(1);
});

test("rows that are not valid are left out, and reported", async () => {
	const server = await start({
		conversations: [
			row(a, { unread: "many" }),
			row(b, { last_message: { type: "chat" } }),
			row(c),
		],
	});
	const client = clientOf(server, alice);
	const invalid: string[] = [];
	client.inbox.on("invalid", ({ why }) => invalid.push(why));
	expect(idsOf(await until(client, isLive))).toEqual([c]);
	expect(invalid).toEqual(Array(2).fill("a row of the list"));
});

test("a client without listeners and conversations has no connection; the first listener opens it", async () => {
	const server = await FakeServer.start((connection) =>
		connection.send(welcome(alice, 0)),
	);
	server.inbox = (connection) => connection.send(inbox(alice));
	const client = clientOf(server, alice);
	const off = client.inbox.on("change", () => {});
	await until(client, isLive);
	expect(server.inboxes).toHaveLength(1);
	const closed = new Promise<number>((resolve) =>
		server.inboxes[0]?.ws.on("close", resolve),
	);
	off();
	off();
	expect(await closed).toBe(1000);
});
