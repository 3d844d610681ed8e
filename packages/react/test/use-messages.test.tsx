import { randomUUID } from "node:crypto";
import { useConversation, useMessages } from "@secureconnect/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import {
	chat,
	FakeServer,
	welcome,
} from "../../client/test/support/fake-server.ts";
import { Relay } from "../../client/test/support/relay.ts";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { contents, numbered } from "./support/items.ts";
import { probe, render, until } from "./support/render.ts";

const SOME = randomUUID();

test("the history loads page by page, live messages follow it, each once and in order", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	for (let i = 1; i <= 120; i++) await say(plain, `m${i}`);
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	expect(messages.last).toMatchObject({ items: [], isLoading: true });

	await until(() => messages.last.isLoading).toBe(false);
	expect(contents(messages.last.items)).toEqual(numbered(71, 120));
	expect(messages.last.hasOlder).toBe(true);
	const { firstItemIndex } = messages.last;
	await say(plain, "m121");
	await until(() => messages.last.items.length).toBe(51);

	// Two concurrent calls of the first render's function load one page.
	const [first] = messages.all;
	await Promise.all([first?.loadOlder(), first?.loadOlder()]);
	await until(() => messages.last.items.length).toBe(101);
	expect(messages.last.firstItemIndex).toBe(firstItemIndex - 50);
	await messages.last.loadOlder();
	await until(() => messages.last.hasOlder).toBe(false);
	expect(contents(messages.last.items)).toEqual(numbered(1, 121));
	expect(messages.last.firstItemIndex).toBe(firstItemIndex - 70);
	expect(messages.last.error).toBeUndefined();
	await messages.last.loadOlder();
	expect(messages.last.items).toHaveLength(121);
});

test("a list that opens beside a mounted component of the same conversation has no gap", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	await say(plain, "m1");
	const room = probe(() => useConversation(id));
	const messages = probe(() => useMessages(id));
	const { show } = render(
		{ client: clientOf(server, alice) },
		<room.Component />,
	);
	await until(() => room.last?.presenceCount).toBe(2);
	const heard = vi.fn();
	room.last?.on("message", heard);
	await say(plain, "m2");
	await until(() => heard.mock.calls.length).toBe(1);
	show(
		<>
			<room.Component />
			<messages.Component />
		</>,
	);
	await until(() => messages.last.isLoading).toBe(false);
	expect(contents(messages.last.items)).toEqual(numbered(1, 2));
	await say(plain, "m3");
	await until(() => contents(messages.last.items)).toEqual(numbered(1, 3));
	await until(() => messages.last.hasOlder).toBe(false);
});

test("a failed page load shows an error, and the next attempt loads the page", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	for (let i = 1; i <= 60; i++) await say(plain, `m${i}`);
	const cut = vi
		.spyOn(globalThis, "fetch")
		.mockRejectedValue(new TypeError("fetch failed"));
	onTestFinished(() => cut.mockRestore());
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => messages.last.error?.code).toBe("request_failed");
	expect(messages.last).toMatchObject({ isLoading: false, hasOlder: true });

	cut.mockRestore();
	await messages.last.loadOlder();
	await until(() => contents(messages.last.items)).toEqual(numbered(11, 60));
	expect(messages.last.error).toBeUndefined();
});

test.each([
	{ what: "is below the shown entries", others: 2 },
	{ what: "is beyond the shown entries", others: 8 },
])(
	"after a restore to a log whose head $what, the list shows the restored log, and an unsent message once",
	async ({ others }) => {
		const before = await startTestServer();
		const after = await startTestServer();
		const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
		const plain = await before.connect(id, bob);
		for (let i = 1; i <= 3; i++) await say(plain, `m${i}`);
		const relay = await Relay.start(before.port);
		const messages = probe(() => useMessages(id));
		const late = probe(() => useMessages(id));
		const { show } = render(
			{ client: clientOf(before, alice, { url: relay.url }) },
			<messages.Component />,
		);
		await until(() => contents(messages.last.items)).toEqual(numbered(1, 3));
		for (let i = 4; i <= 5; i++) await say(plain, `m${i}`);
		await until(() => contents(messages.last.items)).toEqual(numbered(1, 5));
		show(<late.Component />);
		await until(() => contents(late.last.items)).toEqual(numbered(1, 5));

		const restored = await after.connect(id, bob);
		const news = Array.from({ length: others }, (_, i) => `new ${i + 1}`);
		for (const content of news) await say(restored, content);
		relay.isDown = true;
		relay.cut();
		late.last.send("unsent");
		await until(() => late.last.items.at(-1)?.seq).toBe(0);
		relay.target = after.port;
		relay.isDown = false;
		await until(() => contents(late.last.items)).toEqual([...news, "unsent"]);
		await until(() => late.last.items.at(-1)).toMatchObject({
			content: "unsent",
			status: "stored",
		});
		await say(restored, "three");
		await until(() => contents(late.last.items)).toEqual([
			...news,
			"unsent",
			"three",
		]);
		expect(late.last).toMatchObject({ hasOlder: false, error: undefined });
	},
);

test("entries that the server lost and received again take their places", async () => {
	const alice = randomUUID();
	let has = [1, 2];
	const server = await FakeServer.start((connection) => {
		const recovered = connection.query.get("after") !== null;
		connection.send(welcome(alice, 2, { recovered }));
		if (!recovered) connection.send(chat(3));
		if (recovered) has = [1, 2, 3, 4, 5];
		connection.send(chat(6));
	});
	const pages = vi.spyOn(globalThis, "fetch").mockImplementation(async (url) =>
		Response.json({
			messages: has
				.filter((seq) => seq < Number(/before_seq=(\d+)/.exec(`${url}`)?.[1]))
				.map((seq) => chat(seq)),
			next: null,
		}),
	);
	onTestFinished(() => pages.mockRestore());
	const messages = probe(() => useMessages(SOME));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => contents(messages.last.items)).toEqual(numbered(1, 6));
	expect(messages.last.hasOlder).toBe(false);
});

test("a removal is a row of its own, and rows with equal message ids have different keys", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, id, same] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	await server.rest("POST", "/v1/conversations", alice, {
		conversation_id: id,
		participant_ids: [bob],
	});
	const [a, b] = [
		await server.connect(id, alice),
		await server.connect(id, bob),
	];
	for (const client of [a, b])
		client.send({ type: "chat", content: "hi", client_message_id: same });
	await a.waitFor(({ seq }) => seq === 2);
	await server.rest(
		"DELETE",
		`/v1/conversations/${id}/participants/${bob}`,
		alice,
	);
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => contents(messages.last.items)).toEqual([
		"hi",
		"hi",
		"(participant_removed)",
	]);
	const { items } = messages.last;
	expect(new Set(items.map(({ key }) => key)).size).toBe(3);
	expect(items[2]).toMatchObject({ senderId: alice, entry: { userId: bob } });
});

test("a conversation without access shows an error and does not load", async () => {
	const server = await startTestServer({ policy: "members" });
	const messages = probe(() => useMessages(SOME));
	render({ client: clientOf(server, randomUUID()) }, <messages.Component />);
	await until(() => messages.last.error?.code).toBe("forbidden");
	expect(messages.last.isLoading).toBe(false);
});
