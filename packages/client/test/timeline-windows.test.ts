/** Parts of a timeline that are not the newest, threads and pins, against a real server. */
import { randomUUID } from "node:crypto";
import {
	type ConversationTimeline,
	logOf,
	pinsOf,
	threadOf,
	timelineOf,
} from "@secureconnect/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { say } from "../../server/test/support/chat.ts";
import type { TestClient } from "../../server/test/support/client.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { clientOf } from "./support/client.ts";
import { Relay } from "./support/relay.ts";
import { timelineUntil } from "./support/timeline.ts";

const contents = (timeline: ConversationTimeline): string[] =>
	timeline.rows().map((row) => (row.kind === "message" ? row.content : ""));
const numbered = (from: number, to: number): string[] =>
	Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);

/** Starts a server with `count` messages of Bob, `m1` and so on, and a timeline of Alice that has the newest page. */
async function scene(count: number) {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const author = await server.connect(id, bob);
	const ids: string[] = [""];
	for (let i = 1; i <= count; i++)
		ids.push(String((await say(author, `m${i}`)).message_id));
	const room = clientOf(server, alice).conversation(id);
	const timeline = timelineOf(room);
	await timeline.loadOlder();
	return { server, id, alice, bob, author, ids, room, timeline };
}

const amend = (author: TestClient, type: string, fields: object): void =>
	author.send({ type, ...fields });

test("a part around a message loads, grows in both directions and joins the newest part", async () => {
	const { ids, timeline, room, author } = await scene(200);
	expect(contents(timeline)).toEqual(numbered(151, 200));
	const newest = timeline.rows();
	await timeline.showAround(ids[60] ?? "");
	expect(contents(timeline)).toEqual(numbered(35, 84));
	expect([timeline.hasOlder, timeline.hasNewer]).toEqual([true, true]);

	// Own and live messages belong to the newest part only; amendments change every part.
	room.send("mine");
	amend(author, "edit", { target_id: ids[60], content: "edited" });
	amend(author, "delete", { target_id: ids[199] });
	await timelineUntil(timeline, () =>
		timeline.get(ids[199] ?? "")?.kind === "message" &&
		contents(timeline).includes("edited")
			? true
			: undefined,
	);
	const around = numbered(35, 84).map((text) =>
		text === "m60" ? "edited" : text,
	);
	expect(contents(timeline)).toEqual(around);

	await timeline.showNewest();
	expect(contents(timeline).slice(0, 48)).toEqual(numbered(151, 198));
	expect(contents(timeline).at(-1)).toBe("mine");
	expect(timeline.rows()[0]).toBe(newest[0]);
	expect(timeline.hasNewer).toBe(false);

	// Loaded, so that no request is needed.
	await timeline.showAround(ids[60] ?? "");
	expect(contents(timeline)).toEqual(around);
	await Promise.all([timeline.loadNewer(), timeline.loadNewer()]);
	expect(contents(timeline)).toEqual([...around, ...numbered(85, 134)]);
	await timeline.loadNewer();
	expect(timeline.hasNewer).toBe(false);
	const joined = timeline.rows();
	expect(newest.slice(0, 48).every((row) => joined.includes(row))).toBe(true);
	await timeline.loadOlder();
	expect(timeline.hasOlder).toBe(false);
	expect(timeline.rows()).toHaveLength(201);
	await timeline.showNewest();
	expect(timeline.rows()).toHaveLength(201);
});

test("the first and the last message have a part around them, an unknown one has none", async () => {
	const { ids, timeline } = await scene(120);
	await timeline.showAround(ids[1] ?? "");
	expect(contents(timeline)).toEqual(numbered(1, 25));
	expect([timeline.hasOlder, timeline.hasNewer]).toEqual([false, true]);
	await timeline.showAround(ids[120] ?? "");
	expect(contents(timeline)).toEqual(numbered(71, 120));
	await expect(timeline.showAround(randomUUID())).rejects.toMatchObject({
		code: "not_found",
	});
	expect(contents(timeline)).toEqual(numbered(71, 120));
	// The last choice wins, whichever part loads first.
	await Promise.all([
		timeline.showAround(ids[40] ?? ""),
		timeline.showNewest(),
	]);
	expect(contents(timeline)).toEqual(numbered(71, 120));
});

test("one message loads without its surroundings, and a part that begins at the read position joins the newest", async () => {
	const { ids, timeline } = await scene(120);
	expect(timeline.get(ids[9] ?? "")).toBeUndefined();
	await timeline.load(ids[9] ?? "");
	expect(timeline.get(ids[9] ?? "")).toMatchObject({ content: "m9" });
	expect(timeline.rows()).toHaveLength(50);
	expect(await timeline.loadSince(10)).toBe(false);
	expect(contents(timeline)).toEqual(numbered(71, 120));
	expect(await timeline.loadSince(10)).toBe(true);
	expect(contents(timeline)).toEqual(numbered(11, 120));
});

test("a thread has the replies of one message only, page by page and live", async () => {
	const { author, ids, timeline, room } = await scene(60);
	const root = ids[5] ?? "";
	const thread = threadOf(timeline, root);
	for (let i = 1; i <= 55; i++) await say(author, `r${i}`, { thread_id: root });
	await say(author, "other");
	const replies = (from: number, to: number): string[] =>
		numbered(from, to).map((text) => text.replace("m", "r"));
	await thread.loadOlder();
	const texts = (): string[] => thread.rows().map(({ content }) => content);
	// The newest page of the conversation continues live, so all replies are known.
	expect(texts()).toEqual(replies(6, 55));
	expect(thread.hasOlder).toBe(true);
	await thread.loadOlder();
	expect(texts()).toEqual(replies(1, 55));
	expect(thread.hasOlder).toBe(false);
	const before = thread.rows();
	const sent = room.send("mine", { threadId: root });
	expect(texts().at(-1)).toBe("mine");
	await sent.acknowledged;
	amend(author, "delete", {
		target_id: thread.rows()[0]?.messageId,
	});
	await expect.poll(() => thread.rows()[0]).toMatchObject({ deleted: true });
	expect(thread.rows()[1]).toBe(before[1]);
	expect(thread.rows()).toHaveLength(56);
});

test("pins have the pinned messages in order, also of messages that are not loaded", async () => {
	const { author, ids, timeline } = await scene(120);
	const pin = (of: number, on = true): void =>
		amend(author, "pin", { target_id: ids[of], on });
	pin(3);
	pin(110);
	await timelineUntil(timeline, (rows) => rows.find(({ pinned }) => pinned));
	const pins = pinsOf(timeline);
	const texts = (): string[] => pins.rows().map(({ content }) => content);
	await pins.loadOlder();
	expect(texts()).toEqual(["m3", "m110"]);
	expect(pins.hasOlder).toBe(false);
	expect(timeline.rows()).toHaveLength(50);
	pin(110, false);
	pin(7);
	await expect.poll(() => pins.hasOlder).toBe(true);
	await pins.loadOlder();
	expect(texts()).toEqual(["m3", "m7"]);
	amend(author, "delete", { target_id: ids[3] });
	await expect.poll(texts).toEqual(["m7"]);
});

test("pins that a page opens again and again add one listener to the conversation", () => {
	const listeners: unknown[] = [];
	const timeline = {
		follow: (listener: unknown) => listeners.push(listener),
	} as unknown as ConversationTimeline;
	expect(pinsOf(timeline)).toBe(pinsOf(timeline));
	expect(listeners).toHaveLength(1);
});

test("a pin that arrives while the page of pins is on its way is loaded by the next page", async () => {
	const { server, author, ids, id, alice } = await scene(60);
	const relay = await Relay.start(server.port);
	const client = clientOf(server, alice, { url: relay.url });
	const room = client.conversation(id);
	const timeline = timelineOf(room);
	await timeline.loadOlder();
	const pins = pinsOf(timeline);
	relay.holdAt("as_of_seq");
	const loading = pins.loadOlder();
	await expect.poll(() => relay.isHolding).toBe(true);
	const pinned = new Promise<void>((resolve) =>
		logOf(room).onEntry(({ type }) => type === "pin" && resolve()),
	);
	amend(author, "pin", { target_id: ids[3], on: true });
	await pinned;
	relay.release();
	await loading;
	expect(pins.hasOlder).toBe(true);
	await pins.loadOlder();
	expect(pins.rows().map(({ content }) => content)).toEqual(["m3"]);
});

test("a message that is pinned while the page of pins is on its way makes that page load again", async () => {
	const { author, ids, timeline } = await scene(120);
	amend(author, "pin", { target_id: ids[3], on: true });
	await author.waitFor(({ type }) => type === "pin");
	const { fetch } = globalThis;
	const held = vi
		.spyOn(globalThis, "fetch")
		.mockImplementationOnce(async (...request) => {
			const page = await fetch(...request);
			amend(author, "pin", { target_id: ids[7], on: true });
			await say(author, "later");
			await timelineUntil(timeline, (rows) =>
				rows.find(({ content }) => content === "later"),
			);
			return page;
		});
	onTestFinished(() => held.mockRestore());
	const pins = pinsOf(timeline);
	await pins.loadOlder();
	expect(pins.hasOlder).toBe(true);
	await pins.loadOlder();
	expect(pins.rows().map(({ content }) => content)).toEqual(["m3", "m7"]);
	expect(pins.hasOlder).toBe(false);
});
