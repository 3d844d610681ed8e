/** Messages that change, parts of a conversation, threads and pins. */
import { randomUUID } from "node:crypto";
import {
	type MessageRow,
	useMessage,
	useMessageActions,
	useMessages,
	usePins,
	useThread,
} from "@secureconnect/react";
import { expect, test } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import { Relay } from "../../client/test/support/relay.ts";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { contents, numbered } from "./support/items.ts";
import { probe, render, until } from "./support/render.ts";

/** Starts a server with `count` messages of Bob, `m1` and so on. */
async function scene(count: number) {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const author = await server.connect(id, bob);
	const ids: string[] = [""];
	for (let i = 1; i <= count; i++)
		ids.push(String((await say(author, `m${i}`)).message_id));
	return { server, id, alice, bob, author, ids };
}

/** All hooks about the messages of a conversation. */
const everything = (id: string, rootId: string) =>
	probe(() => ({
		list: useMessages(id),
		thread: useThread(id, rootId),
		pins: usePins(id),
		...useMessageActions(id),
	}));

function row(items: readonly unknown[], content: string): MessageRow {
	const found = (items as MessageRow[]).find((it) => it.content === content);
	if (!found) throw new Error(`no row ${content}`);
	return found;
}

test("edits, reactions and deletions of others change the rows, and other rows keep their identity", async () => {
	const { server, id, alice, author, ids, bob } = await scene(3);
	const hooks = everything(id, randomUUID());
	render({ client: clientOf(server, alice) }, <hooks.Component />);
	await until(() => contents(hooks.last.list.items)).toEqual(numbered(1, 3));
	const before = hooks.last.list.items;
	author.send({ type: "edit", target_id: ids[1], content: "edited" });
	author.send({
		type: "reaction",
		target_id: ids[1],
		reaction: "+1",
		on: true,
	});
	author.send({ type: "delete", target_id: ids[3] });
	await until(() => contents(hooks.last.list.items)).toEqual([
		"edited",
		"m2",
		"(deleted)",
	]);
	const { items } = hooks.last.list;
	expect(items[0]).toMatchObject({
		key: before[0]?.key,
		version: 4,
		reactions: [{ reaction: "+1", count: 1, me: false, userIds: [bob] }],
	});
	expect(items[1]).toBe(before[1]);
});

test("a part around an old message is shown, and sending shows the newest part", async () => {
	const { server, id, alice, ids } = await scene(200);
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => contents(messages.last.items)).toEqual(numbered(151, 200));
	expect(messages.last.hasNewer).toBe(false);
	await messages.last.showAround(ids[60] ?? "");
	await until(() => contents(messages.last.items)).toEqual(numbered(35, 84));
	expect(messages.last).toMatchObject({ hasOlder: true, hasNewer: true });
	const { firstItemIndex } = messages.last;
	await Promise.all([messages.last.loadOlder(), messages.last.loadNewer()]);
	await until(() => contents(messages.last.items)).toEqual(numbered(1, 134));
	expect(messages.last.firstItemIndex).toBe(firstItemIndex - 34);
	await messages.last.showAround(randomUUID());
	await until(() => messages.last.error?.code).toBe("not_found");
	expect(contents(messages.last.items)).toEqual(numbered(1, 134));
	messages.last.send("mine");
	await until(() => contents(messages.last.items)).toEqual([
		...numbered(151, 200),
		"mine",
	]);
	await messages.last.showAround(ids[60] ?? "");
	await messages.last.showNewest();
	await until(() => messages.last.hasNewer).toBe(false);
	// The parts meet.
	await messages.last.loadOlder();
	await until(() => contents(messages.last.items)).toEqual([
		...numbered(1, 200),
		"mine",
	]);
});

test("own changes show at once; a refusal takes them back and reaches the caller", async () => {
	const { server, id, alice, author } = await scene(1);
	const hooks = everything(id, randomUUID());
	render({ client: clientOf(server, alice) }, <hooks.Component />);
	const mine = hooks.last.list.send("mine");
	await mine.acknowledged;
	await until(() => contents(hooks.last.list.items)).toEqual(["m1", "mine"]);
	const [first] = hooks.all;
	const own = row(hooks.last.list.items, "mine");
	await first?.edit(own, "changed").acknowledged;
	await until(() => contents(hooks.last.list.items)).toEqual(["m1", "changed"]);
	await expect(
		first?.edit(own, "late", { ifVersion: 0 }).acknowledged,
	).rejects.toMatchObject({ code: "version_conflict" });
	await until(() => contents(hooks.last.list.items)).toEqual(["m1", "changed"]);
	// Without a handler, a refusal is not an unhandled rejection, which would fail this run.
	const theirs = row(hooks.last.list.items, "m1");
	const refused = first?.edit(theirs, "not mine");
	await until(() => refused?.error?.code).toBe("forbidden");
	await until(() => contents(hooks.last.list.items)).toEqual(["m1", "changed"]);

	await first?.react(theirs, "+1").acknowledged;
	await first?.pin(theirs).acknowledged;
	await until(() => row(hooks.last.list.items, "m1")).toMatchObject({
		reactions: [{ reaction: "+1", me: true }],
		pinned: true,
		isPending: false,
	});
	await until(() => contents(hooks.last.pins.items)).toEqual(["m1"]);
	await first?.pin(theirs, false).acknowledged;
	await until(() => hooks.last.pins.items).toEqual([]);
	await first?.reply(theirs, "answer").acknowledged;
	await author.waitFor(({ reply_to }) => reply_to === theirs.messageId);
	await first?.remove(own, "typo").acknowledged;
	await author.waitFor(({ type, reason }) => type === "delete" && !!reason);
	await until(() => contents(hooks.last.list.items)).toEqual([
		"m1",
		"(deleted)",
		"answer",
	]);
	await expect(first?.react(own, "+1").acknowledged).rejects.toMatchObject({
		code: "message_deleted",
	});
});

test("a message that waits is not sent once it is removed; a failed one disappears", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	await server.rest("POST", "/v1/conversations", bob, {
		conversation_id: id,
		participant_ids: [alice],
	});
	const relay = await Relay.start(server.port);
	const client = clientOf(server, alice, { url: relay.url });
	const hooks = everything(id, randomUUID());
	render({ client }, <hooks.Component />);
	await until(() => hooks.last.list.isLoading).toBe(false);
	relay.isDown = true;
	relay.cut();
	await until(() => client.conversation(id).state.name).not.toBe("open");
	for (const content of ["one", "two"]) hooks.last.list.send(content);
	await until(() => contents(hooks.last.list.items)).toEqual(["one", "two"]);
	const two = row(hooks.last.list.items, "two");
	expect(() => hooks.last.react(two, "+1")).toThrow(
		expect.objectContaining({ code: "not_found" }),
	);
	await hooks.last.remove(row(hooks.last.list.items, "one")).acknowledged;
	await until(() => contents(hooks.last.list.items)).toEqual(["two"]);
	relay.isDown = false;
	client.check();
	await until(() => row(hooks.last.list.items, "two").status).toBe("stored");
	// The row of an earlier render, of a message that is stored now.
	await hooks.last.remove(two).acknowledged;
	await until(() => contents(hooks.last.list.items)).toEqual(["(deleted)"]);

	await server.rest(
		"DELETE",
		`/v1/conversations/${id}/participants/${alice}`,
		bob,
	);
	await until(() => hooks.last.list.items.length).toBe(2);
	hooks.last.list.send("refused");
	await until(() => hooks.last.list.items.at(-1)).toMatchObject({
		status: "failed",
	});
	await hooks.last.remove(row(hooks.last.list.items, "refused")).acknowledged;
	await until(() => hooks.last.list.items.length).toBe(2);
});

test("a thread and pins load without the list, and follow live", async () => {
	const { server, id, alice, author, ids } = await scene(120);
	const root = ids[2] ?? "";
	for (const content of ["r1", "r2"])
		await say(author, content, { thread_id: root });
	author.send({ type: "pin", target_id: ids[5], on: true });
	await author.waitFor(({ type }) => type === "pin");
	const thread = probe(() => useThread(id, root));
	const pins = probe(() => usePins(id));
	render(
		{ client: clientOf(server, alice) },
		<>
			<thread.Component />
			<pins.Component />
		</>,
	);
	await until(() => contents(thread.last.items)).toEqual(["r1", "r2"]);
	await until(() => thread.last.isLoading).toBe(false);
	expect(thread.last).toMatchObject({
		root: { content: "m2", thread: { count: 2 } },
		hasOlder: false,
		error: undefined,
	});
	await until(() => contents(pins.last.items)).toEqual(["m5"]);
	const sent = thread.last.send("mine");
	await until(() => contents(thread.last.items)).toEqual(["r1", "r2", "mine"]);
	await sent.acknowledged;
	await author.waitFor(
		({ thread_id, content }) => thread_id === root && content === "mine",
	);
	author.send({ type: "edit", target_id: root, content: "root" });
	author.send({ type: "pin", target_id: ids[3], on: true });
	await until(() => thread.last.root?.content).toBe("root");
	await until(() => thread.last.root?.thread?.count).toBe(3);
	await until(() => contents(pins.last.items)).toEqual(["m3", "m5"]);
});

test("a thread of an unknown message has an error", async () => {
	const { server, id, alice } = await scene(1);
	const root = randomUUID();
	const unknown = probe(() => useThread(id, root));
	render({ client: clientOf(server, alice) }, <unknown.Component />);
	await until(() => unknown.last.error?.code).toBe("not_found");
	expect(unknown.last).toMatchObject({ isLoading: false, root: undefined });
});

test("a hook renders again only if what it returns has changed", async () => {
	const { server, id, alice, author, ids } = await scene(3);
	const list = probe(() => useMessages(id));
	const one = probe(() => useMessage(id, ids[2] ?? ""));
	const pins = probe(() => usePins(id));
	render(
		{ client: clientOf(server, alice) },
		<>
			<list.Component />
			<one.Component />
			<pins.Component />
		</>,
	);
	await until(() => list.last.isLoading).toBe(false);
	await until(() => one.last.message?.content).toBe("m2");
	await until(() => [one.last, pins.last].map((it) => it.isLoading)).toEqual([
		false,
		false,
	]);
	const rendered = [one.all.length, pins.all.length];
	await say(author, "m4");
	await until(() => contents(list.last.items)).toEqual(numbered(1, 4));
	expect([one.all.length, pins.all.length]).toEqual(rendered);
	author.send({ type: "edit", target_id: ids[2], content: "edited" });
	await until(() => one.last.message?.content).toBe("edited");
	await until(() => contents(list.last.items)[1]).toBe("edited");
	expect(pins.all.length).toBe(rendered[1]);
});
