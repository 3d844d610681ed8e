/** The hub of a shared socket with a scripted server: tabs at different positions, refusals, answers. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { Hub } from "../src/tabs/hub.ts";
import type { Start } from "../src/tabs/messages.ts";
import { inbox, subscribed, unsubscribed } from "./support/fake-inbox.ts";
import { chat, NOW } from "./support/fake-server.ts";

const alice = randomUUID();
const room = randomUUID();

type Frame = Record<string, unknown> & { readonly type: string };

interface Scene {
	readonly hub: Hub;
	/** Frames that the server received. */
	readonly sent: Frame[];
	/** Frames that a tab received, without the list. */
	of(tab: string): Frame[];
	/** The server sends a frame. */
	serve(frame: object): void;
	/** A tab sends a frame. */
	ask(tab: string, frame: object, start?: Start): void;
}

/** Connects a holder and two other tabs. */
function scene(): Scene {
	const sent: Frame[] = [];
	const received = new Map<string, Frame[]>();
	const hub: Hub = new Hub("holder", {
		send: (text) => sent.push(JSON.parse(text) as Frame),
		deliver: (to, text) => {
			const frame = JSON.parse(text) as Frame;
			for (const tab of to)
				received.set(tab, [...(received.get(tab) ?? []), frame]);
		},
	});
	hub.received(JSON.stringify(inbox(alice)));
	hub.enter("b");
	hub.enter("c");
	return {
		hub,
		sent,
		of: (tab) =>
			(received.get(tab) ?? []).filter(({ type }) => type !== "inbox"),
		serve: (frame) => hub.received(JSON.stringify(frame)),
		ask: (tab, frame, start) => hub.sent(tab, JSON.stringify(frame), start),
	};
}

const ids = Array.from({ length: 20 }, () => randomUUID());
const entry = (seq: number): object =>
	chat(seq, { conversation_id: room, message_id: ids[seq] });
const at = (seq: number): Start => ({ seq, id: ids[seq] });
const subscribe = (seq?: number): object => ({
	type: "subscribe",
	conversation_id: room,
	...(seq !== undefined && { after: ids[seq] }),
});
const seqs = (frames: readonly Frame[]): unknown[] =>
	frames.flatMap(({ type, seq }) => (type === "chat" ? [seq] : []));
const types = (frames: readonly Frame[]): string[] =>
	frames.map(({ type }) => type);

test("a second tab gets the subscription from the holder, with who is present and what was read", () => {
	const { sent, of, serve, ask } = scene();
	const bob = randomUUID();
	ask("holder", subscribe());
	serve(subscribed(room, 3, { present: [{ user_id: alice }] }));
	const joined = { sender_id: alice, conversation_id: room, timestamp: NOW };
	serve({ type: "user_joined", ...joined });
	serve({ type: "user_joined", ...joined, sender_id: bob });
	serve({ ...joined, type: "read", sender_id: bob, message_id: ids[3] });
	serve(entry(4));
	ask("b", subscribe());
	expect(types(sent)).toEqual(["subscribe"]);
	expect(of("b")).toMatchObject([
		{
			type: "subscribed",
			head_seq: 4,
			recovered: false,
			present: [{ user_id: alice }, { user_id: bob }],
			present_count: 2,
		},
		{ type: "user_joined", sender_id: alice },
		{ type: "read", sender_id: bob },
	]);
	serve(entry(5));
	expect(seqs(of("b"))).toEqual([5]);
	expect(seqs(of("holder"))).toEqual([4, 5]);
});

test("a tab that is a little behind gets the entries that the holder keeps, without the server", () => {
	const { sent, of, serve, ask } = scene();
	ask("holder", subscribe(3), at(3));
	serve(subscribed(room, 6, { recovered: true }));
	for (const seq of [4, 5]) serve(entry(seq));
	// The replay is not over. The tab waits for it.
	ask("b", subscribe(4), at(4));
	expect(of("b")).toEqual([]);
	serve(entry(6));
	ask("c", subscribe(3), { seq: undefined, id: ids[3] });
	serve(entry(7));
	expect(seqs(of("holder"))).toEqual([4, 5, 6, 7]);
	expect(seqs(of("b"))).toEqual([5, 6, 7]);
	expect(seqs(of("c"))).toEqual([4, 5, 6, 7]);
	expect(types(sent)).toEqual(["subscribe"]);
});

test("a tab that is far behind gets the server's replay, and the other tabs receive no entry again", () => {
	const { sent, of, serve, ask } = scene();
	ask("holder", subscribe(5), at(5));
	serve(subscribed(room, 6, { recovered: true }));
	serve(entry(6));
	ask("b", subscribe(2), at(2));
	expect(types(sent)).toEqual(["subscribe", "unsubscribe", "subscribe"]);
	// On the way when the server receives the frames.
	serve(entry(7));
	serve(unsubscribed(room));
	serve(subscribed(room, 8, { recovered: true }));
	serve({ type: "user_joined", conversation_id: room, sender_id: alice });
	for (const seq of [3, 4, 5, 6, 7, 8]) serve(entry(seq));
	serve(entry(9));
	expect(seqs(of("b"))).toEqual([3, 4, 5, 6, 7, 8, 9]);
	expect(seqs(of("holder"))).toEqual([6, 7, 8, 9]);
	expect(types(of("holder"))).not.toContain("unsubscribed");
	expect(types(of("holder"))).not.toContain("user_joined");
	expect(types(of("b"))).toContain("user_joined");
});

test("a tab whose place the server does not know does not make the others miss entries", () => {
	const { of, serve, ask } = scene();
	ask("holder", subscribe(5), at(5));
	serve(subscribed(room, 6, { recovered: true }));
	serve(entry(6));
	ask("b", subscribe(2), { seq: undefined, id: randomUUID() });
	serve(unsubscribed(room));
	serve({ type: "error", conversation_id: room, code: "unknown_cursor" });
	serve(subscribed(room, 8));
	expect(types(of("b"))).toEqual(["error", "subscribed"]);
	// As from a server that cannot serve the conversation now: the tab subscribes again, from its place.
	expect(of("holder").at(-1)).toMatchObject({
		type: "unsubscribed",
		reason: "unavailable",
	});
	serve(entry(9));
	expect(seqs(of("holder"))).toEqual([6]);
	expect(seqs(of("b"))).toEqual([9]);
});

test("answers go to the tab that sent the command, and the stored copy to all", () => {
	const { hub, of, serve, ask } = scene();
	ask("holder", subscribe());
	serve(subscribed(room, 3));
	ask("b", subscribe());
	const answer = { conversation_id: room, timestamp: NOW };
	for (const [tab, id] of [
		["holder", "one"],
		["b", "two, which is longer"],
	] as const)
		ask(tab, {
			type: "chat",
			conversation_id: room,
			client_message_id: id,
			content: id,
		});
	expect(hub.suspect).toBe("b");
	serve({ ...answer, type: "ack", client_message_id: "one", seq: 4 });
	serve({
		...answer,
		type: "error",
		code: "rate_limited",
		client_message_id: "two, which is longer",
	});
	expect(types(of("holder"))).toEqual(["subscribed", "ack"]);
	expect(types(of("b"))).toEqual(["subscribed", "error"]);
	expect(hub.suspect).toBeUndefined();
	serve({ ...entry(4), client_message_id: "one" });
	expect(seqs(of("b"))).toEqual([4]);
	expect(seqs(of("holder"))).toEqual([4]);
});

test("only the holder renews the token", () => {
	const { sent, of, serve, ask } = scene();
	ask("b", { type: "auth", access_token: "b's" });
	expect(sent).toEqual([]);
	expect(types(of("b"))).toEqual(["auth_ok"]);
	ask("holder", { type: "auth", access_token: "the holder's" });
	expect(types(sent)).toEqual(["auth"]);
	serve({ type: "auth_ok", expires_at: NOW, timestamp: NOW });
	serve({ type: "error", code: "unauthorized", message: "", timestamp: NOW });
	expect(types(of("holder"))).toEqual(["auth_ok", "error"]);
	expect(types(of("b"))).toEqual(["auth_ok"]);
});

test("the end of a participation reaches every tab, and a refusal only the tab that asked", () => {
	const { sent, of, serve, ask } = scene();
	ask("holder", subscribe());
	serve(subscribed(room, 3));
	ask("b", subscribe());
	serve(unsubscribed(room, "removed"));
	for (const tab of ["holder", "b"])
		expect(of(tab).at(-1)).toMatchObject({ reason: "removed" });
	ask("c", subscribe());
	expect(types(sent)).toEqual(["subscribe", "subscribe"]);
	serve({
		type: "error",
		conversation_id: room,
		code: "not_participant",
		message: "",
		timestamp: NOW,
	});
	expect(types(of("c"))).toEqual(["error"]);
	expect(types(of("b"))).not.toContain("error");
});

test("the last tab that leaves a conversation ends the subscription", () => {
	const { hub, sent, serve, ask } = scene();
	ask("holder", subscribe());
	serve(subscribed(room, 3));
	ask("b", subscribe());
	ask("holder", { type: "unsubscribe", conversation_id: room });
	expect(types(sent)).toEqual(["subscribe"]);
	hub.leave("b");
	expect(types(sent)).toEqual(["subscribe", "unsubscribe"]);
	// A frame of a tab that is gone.
	ask("b", subscribe());
	expect(types(sent)).toEqual(["subscribe", "unsubscribe"]);
});
