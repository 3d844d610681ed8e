import { randomUUID } from "node:crypto";
import type { ChatClient, Conversation, Message } from "@secureconnect/client";
import { expect, test, vi } from "vitest";
import { startTestServer } from "../../server/test/support/server.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";
import { Relay } from "./support/relay.ts";

/** A user's tabs, all through one relay. */
interface Tabs {
	readonly relay: Relay;
	readonly user: string;
	/** A client without a relay, of a different user. */
	readonly bob: ChatClient;
	open(): ChatClient;
	/** Number of handshakes of the inbox. */
	sockets(): number;
}

async function tabs(): Promise<Tabs> {
	const server = await startTestServer();
	const relay = await Relay.start(Number(server.address.split(":")[1]));
	const user = randomUUID();
	return {
		relay,
		user,
		bob: clientOf(server, randomUUID()),
		open: () =>
			clientOf({ address: `127.0.0.1:${relay.port}` }, user, {
				shareTabs: true,
			}),
		sockets: () => relay.seen.split("GET /v1/ws/inbox").length - 1,
	};
}

async function opened(client: ChatClient, id: string): Promise<Conversation> {
	const conversation = client.conversation(id);
	await ready(conversation);
	return conversation;
}

/** Resolves when a conversation has received this message. */
function has(
	conversation: Conversation,
	messages: readonly Message[],
	content: string,
): Promise<unknown> {
	return until(
		conversation,
		() => messages.some((message) => message.content === content),
		content,
	);
}

const contents = (messages: readonly Message[]): string[] =>
	messages.map(({ content }) => content);

test("three tabs with the same conversation share one connection, and each receives each message once, in order", async () => {
	const { open, bob, sockets } = await tabs();
	const id = randomUUID();
	const bobs = await opened(bob, id);
	const views: Conversation[] = [];
	for (const client of [open(), open(), open()])
		views.push(await opened(client, id));
	const all = views.map((view) => collect(view));
	const written: string[] = [];
	for (let i = 0; i < 20; i++) {
		written.push(`m${i}`);
		const from = [bobs, ...views][i % 4] as Conversation;
		from.send(`m${i}`);
		for (const [n, view] of views.entries())
			await has(view, all[n] ?? [], `m${i}`);
	}
	for (const messages of all) expect(contents(messages)).toEqual(written);
	expect(sockets()).toBe(1);
});

test("each tab has its own conversations and the same list", async () => {
	const { open, bob, sockets } = await tabs();
	const [a, b] = [randomUUID(), randomUUID()];
	const first = open();
	const second = open();
	const ofFirst = await opened(first, a);
	const ofSecond = await opened(second, b);
	const [seenByFirst, seenBySecond] = [collect(ofFirst), collect(ofSecond)];
	(await opened(bob, a)).send("to a");
	(await opened(bob, b)).send("to b");
	await has(ofFirst, seenByFirst, "to a");
	await has(ofSecond, seenBySecond, "to b");
	expect(contents(seenByFirst)).toEqual(["to a"]);
	expect(contents(seenBySecond)).toEqual(["to b"]);
	for (const client of [first, second])
		await vi.waitFor(
			() =>
				expect(client.inbox.state).toMatchObject({
					name: "live",
					totalUnread: 2,
				}),
			10_000,
		);
	// A tab that opens later has the list as it is now.
	const third = open();
	third.inbox.on("change", () => {});
	await vi.waitFor(
		() =>
			expect(third.inbox.state).toMatchObject({ name: "live", totalUnread: 2 }),
		10_000,
	);
	expect(sockets()).toBe(1);
});

test("when the tab with the connection closes, another takes over, and no message is lost or repeated", async () => {
	const { open, bob, sockets } = await tabs();
	const id = randomUUID();
	const bobs = await opened(bob, id);
	const holder = open();
	const held = await opened(holder, id);
	const others = [open(), open()].map((client) => client.conversation(id));
	for (const view of others) await ready(view);
	const all = others.map((view) => collect(view));
	bobs.send("before");
	for (const [n, view] of others.entries())
		await has(view, all[n] ?? [], "before");
	held.send("from the holder");
	holder.close();
	const written = Array.from({ length: 30 }, (_, i) => `m${i}`);
	for (const content of written) bobs.send(content);
	others[0]?.send("from a tab");
	for (const [n, view] of others.entries()) {
		await has(view, all[n] ?? [], "m29");
		await has(view, all[n] ?? [], "from a tab");
	}
	for (const messages of all) {
		const seen = contents(messages);
		expect(new Set(seen).size).toBe(seen.length);
		expect(seen.filter((it) => it.startsWith("m"))).toEqual(written);
	}
	expect(sockets()).toBe(2);
});

test("a connection that is lost is lost for all tabs, and one of them opens the next", async () => {
	const { open, bob, relay, sockets } = await tabs();
	const id = randomUUID();
	const bobs = await opened(bob, id);
	const views = [open(), open(), open()].map((it) => it.conversation(id));
	for (const view of views) await ready(view);
	const all = views.map((view) => collect(view));
	for (let round = 1; round <= 3; round++) {
		relay.cut();
		bobs.send(`during ${round}`);
		for (const [n, view] of views.entries())
			await has(view, all[n] ?? [], `during ${round}`);
	}
	for (const messages of all)
		expect(contents(messages)).toEqual(["during 1", "during 2", "during 3"]);
	expect(sockets()).toBe(4);
});

test("a conversation that one tab leaves stays open for the other", async () => {
	const { open, bob, sockets } = await tabs();
	const id = randomUUID();
	const bobs = await opened(bob, id);
	const [first, second] = [open(), open()];
	first.inbox.on("change", () => {});
	const left = await opened(first, id);
	const stays = await opened(second, id);
	const seen = collect(stays);
	left.close();
	for (const content of ["a", "b"]) bobs.send(content);
	await has(stays, seen, "b");
	// The view returns and continues; both have each message once.
	const back = await opened(first, id);
	const again = collect(back);
	bobs.send("c");
	await has(stays, seen, "c");
	await has(back, again, "c");
	expect(contents(seen)).toEqual(["a", "b", "c"]);
	expect(contents(again)).toEqual(["c"]);
	expect(sockets()).toBe(1);
});

test("without locks, each tab has a connection", async () => {
	vi.stubGlobal("navigator", { ...navigator, locks: undefined });
	const { open, sockets } = await tabs();
	const id = randomUUID();
	await opened(open(), id);
	await opened(open(), id);
	vi.unstubAllGlobals();
	expect(sockets()).toBe(2);
});
