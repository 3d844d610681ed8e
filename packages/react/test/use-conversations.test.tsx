import { randomUUID } from "node:crypto";
import { ChatError } from "@secureconnect/client";
import { type ChatRest, createRest } from "@secureconnect/client/rest";
import { useConversations, useInbox } from "@secureconnect/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import { Relay } from "../../client/test/support/relay.ts";
import { say } from "../../server/test/support/chat.ts";
import {
	startTestServer,
	type TestServer,
} from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { probe, render, until } from "./support/render.ts";

const restOf = ({ address }: TestServer, userId: string): ChatRest =>
	createRest({ url: `http://${address}`, token: () => token(userId) });

test("the list loads at first, on refresh and on focus; unchanged rows keep their identity", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const client = clientOf(server, alice);
	const { conversations } = client;
	const asked = vi.spyOn(conversations, "list");
	const make = async (title: string): Promise<string> =>
		(await conversations.create({ title, participantIds: [bob] }))
			.conversationId;
	await make("one");
	const two = await make("two");
	const [a, b] = [
		probe(() => useConversations()),
		probe(() => useConversations()),
	];
	const { unmount } = render(
		{ client },
		<>
			<a.Component />
			<b.Component />
		</>,
	);
	expect(a.last).toMatchObject({ conversations: [], isLoading: true });
	const titles = (): (string | null)[] =>
		a.last.conversations.map(({ title }) => title);
	await until(titles).toEqual(["two", "one"]);
	// One request for both components, in StrictMode too.
	expect(asked).toHaveBeenCalledTimes(1);
	expect(b.last.conversations).toBe(a.last.conversations);

	const before = a.last.conversations;
	await a.last.refresh();
	expect(a.last.conversations).toBe(before);
	await say(await server.connect(two, bob), "Noon?");
	await a.all[0]?.refresh();
	await until(() => a.last.conversations[0]).toMatchObject({
		unread: 1,
		lastMessage: { content: "Noon?" },
	});
	expect(a.last.conversations[1]).toBe(before[1]);

	await make("three");
	window.dispatchEvent(new window.Event("focus"));
	await until(titles).toEqual(["three", "two", "one"]);
	unmount();
	asked.mockClear();
	window.dispatchEvent(new window.Event("focus"));
	await a.last.refresh();
	expect(asked).not.toHaveBeenCalled();
});

test("a failed request shows an error, and the list stays", async () => {
	const server = await startTestServer({ policy: "members" });
	const alice = randomUUID();
	const rest = restOf(server, alice);
	await rest.create({ title: "one", participantIds: [] });
	const list = probe(() => useConversations());
	render({ client: clientOf(server, alice), rest }, <list.Component />);
	await until(() => list.last.conversations.length).toBe(1);
	const cut = vi
		.spyOn(globalThis, "fetch")
		.mockRejectedValue(new TypeError("fetch failed"));
	onTestFinished(() => cut.mockRestore());
	await list.last.refresh();
	await until(() => list.last.error?.code).toBe("request_failed");
	expect(list.last.conversations).toHaveLength(1);
	cut.mockRestore();
	await list.last.refresh();
	await until(() => list.last.error).toBeUndefined();
});

test("updateSettings shows the settings at once, keeps them, and takes refused ones back", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const client = clientOf(server, alice);
	const { conversationId: id } = await client.conversations.create({
		participantIds: [bob],
	});
	await client.conversations.direct(bob);
	const list = probe(() => useConversations());
	render({ client }, <list.Component />);
	await until(() => list.last.conversations).toMatchObject([
		{ kind: "direct", directUser: bob },
		{ kind: "group", favourite: false, unread: 0, mentions: 0 },
	]);
	const direct = list.last.conversations[0];
	const row = () =>
		list.last.conversations.find(({ conversationId }) => conversationId === id);
	const stored = list.last.updateSettings(id, { favourite: true });
	await until(row).toMatchObject({ favourite: true, archived: false });
	await stored;
	const archived = list.last.updateSettings(id, { archived: true });
	await until(row).toMatchObject({ favourite: true, archived: true });
	await archived;
	expect(list.last.conversations[0]).toBe(direct);
	await list.last.refresh();
	expect(row()).toMatchObject({ favourite: true, archived: true });

	vi.spyOn(client.conversations, "updateSettings").mockRejectedValue(
		new ChatError("forbidden", "not a participant", 403),
	);
	await expect(
		list.last.updateSettings(id, { archived: false }),
	).rejects.toMatchObject({ code: "forbidden" });
	await until(row).toMatchObject({ favourite: true, archived: true });
});

test("loadMore lists 50 more conversations", async () => {
	const server = await startTestServer({ policy: "members" });
	const alice = randomUUID();
	const rest = restOf(server, alice);
	for (let i = 0; i < 60; i++)
		await rest.create({ title: `${i}`, participantIds: [] });
	const list = probe(() => useConversations());
	render({ client: clientOf(server, alice), rest }, <list.Component />);
	await until(() => list.last.conversations.length).toBe(50);
	expect(list.last.hasMore).toBe(true);
	await list.last.loadMore();
	await until(() => list.last.conversations.map(({ title }) => title)).toEqual(
		Array.from({ length: 60 }, (_, i) => `${59 - i}`),
	);
	expect(list.last.hasMore).toBe(false);
});

test("the list reloads every 15 s while the page is visible", async () => {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
	onTestFinished(() => void vi.useRealTimers());
	const visible = vi.spyOn(document, "visibilityState", "get");
	onTestFinished(() => visible.mockRestore());
	const conversations = vi.fn(async () => ({ conversations: [], next: null }));
	const rest = { conversations } as unknown as ChatRest;
	const client = clientOf({ address: "127.0.0.1:1" }, randomUUID());
	const list = probe(() => useConversations());
	const { unmount } = render({ client, rest }, <list.Component />);
	await until(() => list.last.isLoading).toBe(false);
	expect(conversations).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(15_000);
	expect(conversations).toHaveBeenCalledTimes(2);
	visible.mockReturnValue("hidden");
	await list.last.refresh();
	conversations.mockClear();
	vi.advanceTimersByTime(60_000);
	expect(conversations).not.toHaveBeenCalled();
	visible.mockReturnValue("visible");
	document.dispatchEvent(new window.Event("visibilitychange"));
	expect(conversations).toHaveBeenCalledTimes(1);
	unmount();
	expect(vi.getTimerCount()).toBe(0);
});

test("a timed reload of a long list requests only the pages with changes", async () => {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
	onTestFinished(() => void vi.useRealTimers());
	const rows = Array.from({ length: 400 }, (_, i) => ({
		conversationId: `${i}`,
		unread: 0,
	}));
	const conversations = vi.fn(async ({ after = "0" }: { after?: string }) => ({
		conversations: rows.slice(Number(after), Number(after) + 50),
		next: Number(after) + 50 < rows.length ? `${Number(after) + 50}` : null,
	}));
	const rest = { conversations } as unknown as ChatRest;
	const client = clientOf({ address: "127.0.0.1:1" }, randomUUID());
	const list = probe(() => useConversations());
	render({ client, rest }, <list.Component />);
	await until(() => list.last.isLoading).toBe(false);
	while (list.last.hasMore) await list.last.loadMore();
	expect(list.last.conversations).toEqual(rows);
	const asked = async (): Promise<number> => {
		conversations.mockClear();
		vi.advanceTimersByTime(15_000);
		await until(() => list.last.conversations).toEqual(rows);
		// All answers of one reload arrive within a turn.
		await new Promise((resolve) => setImmediate(resolve));
		return conversations.mock.calls.length;
	};
	expect(await asked(), "nothing new").toBe(1);
	// A row of the second page becomes the first.
	rows.unshift(...rows.splice(70, 1).map((row) => ({ ...row, unread: 1 })));
	expect(await asked()).toBe(3);
	rows.unshift({ conversationId: "new", unread: 0 });
	expect(await asked(), "all rows moved by one").toBe(2);
	conversations.mockClear();
	await list.last.refresh();
	expect(conversations, "asked for by somebody").toHaveBeenCalledTimes(8);
});

test("after a restore of the log, a reload requests every page", async () => {
	let epoch = randomUUID();
	let unread = 0;
	const conversations = vi.fn(async ({ after = "0" }: { after?: string }) => ({
		conversations: Array.from({ length: 50 }, (_, i) => ({
			conversationId: `${Number(after) + i}`,
			unread: Number(after) > 0 ? unread : 0,
		})),
		next: after === "0" ? "50" : null,
		epoch,
	}));
	const rest = { conversations } as unknown as ChatRest;
	const client = clientOf({ address: "127.0.0.1:1" }, randomUUID());
	const list = probe(() => useConversations());
	render({ client, rest }, <list.Component />);
	await until(() => list.last.isLoading).toBe(false);
	await list.last.loadMore();
	expect(list.last.conversations).toHaveLength(100);
	conversations.mockClear();
	window.dispatchEvent(new window.Event("focus"));
	await until(() => conversations.mock.calls.length).toBe(1);

	epoch = randomUUID();
	unread = 7;
	window.dispatchEvent(new window.Event("focus"));
	await until(() => list.last.conversations.at(-1)?.unread).toBe(7);
	expect(conversations).toHaveBeenCalledTimes(3);
});

test("with an inbox the list shows messages, additions, removals and reads without a request", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const [client, other] = [clientOf(server, alice), clientOf(server, bob)];
	const { conversationId: id } = await other.conversations.create({
		title: "one",
		metadata: { colour: "red" },
		participantIds: [alice],
	});
	await other.conversations.create({ title: "two", participantIds: [alice] });
	const list = probe(() => useConversations());
	const totals = probe(() => useInbox());
	render(
		{ client },
		<>
			<list.Component />
			<totals.Component />
		</>,
	);
	await until(() => list.last).toMatchObject({
		isLive: true,
		conversations: [{ title: "two" }, { title: "one" }],
	});
	await until(() => totals.last).toEqual({
		status: "live",
		totalUnread: 0,
		totalMentions: 0,
	});
	const asked = vi.spyOn(client.conversations, "list");
	const writer = await server.connect(id, bob);
	const { message_id } = await say(writer, "Noon?");
	await until(() => list.last.conversations).toMatchObject([
		{
			title: "one",
			unread: 1,
			metadata: { colour: "red" },
			lastMessage: { content: "Noon?" },
		},
		{ title: "two", unread: 0 },
	]);
	await until(() => totals.last).toMatchObject({ totalUnread: 1 });
	const device = await server.connect(id, alice);
	device.send({ type: "read", message_id });
	await until(() => list.last.conversations[0]?.unread).toBe(0);
	await until(() => totals.last).toMatchObject({ totalUnread: 0 });
	expect(asked).not.toHaveBeenCalled();

	const { conversationId: three } = await other.conversations.create({
		title: "three",
		metadata: { colour: "blue" },
		participantIds: [alice],
	});
	await until(() => list.last.conversations).toMatchObject([
		{ title: "three", metadata: { colour: "blue" } },
		{ title: "one" },
		{ title: "two" },
	]);
	await other.conversations.delete(three);
	await until(() => list.last.conversations).toMatchObject([
		{ title: "one" },
		{ title: "two" },
	]);
});

test("a list whose connection was lost loads again when the inbox is live again", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const relay = await Relay.start(server.port);
	const client = clientOf(server, alice, { url: relay.url });
	const other = clientOf(server, bob);
	const ids: string[] = [];
	for (const title of ["one", "two"])
		ids.push(
			(await other.conversations.create({ title, participantIds: [alice] }))
				.conversationId,
		);
	const list = probe(() => useConversations());
	render({ client }, <list.Component />);
	await until(() => list.last.conversations.length).toBe(2);
	await until(() => list.last.isLive).toBe(true);
	const port = relay.target;
	relay.target = 1;
	relay.cut();
	await until(() => list.last.isLive).toBe(false);
	await other.conversations.delete(String(ids[0]));
	relay.target = port;
	await until(() => list.last.conversations).toMatchObject([{ title: "two" }]);
	expect(list.last.isLive).toBe(true);
});
