/** Typing, receipts, presence, and the connection that views share. */
import { randomUUID } from "node:crypto";
import type { ChatClient } from "@secureconnect/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { PresentUsers } from "../src/presence.ts";
import { ReadSender } from "../src/receipts.ts";
import { TypingSender, TypingUsers } from "../src/typing.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";

describe("with a clock", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test("typing is sent at most every 3 s, not after the last keystroke, and at once after a message", () => {
		const send = vi.fn();
		const typist = new TypingSender(send);
		for (let ms = 0; ms < 7000; ms += 100) {
			typist.typed();
			vi.advanceTimersByTime(100);
		}
		expect(send).toHaveBeenCalledTimes(3);
		vi.advanceTimersByTime(60_000);
		expect(send).toHaveBeenCalledTimes(3);
		typist.typed();
		typist.sent();
		typist.typed();
		expect(send).toHaveBeenCalledTimes(5);
	});

	test("other users count as typing until 6 s of silence", () => {
		const changed = vi.fn();
		const typing = new TypingUsers(changed);
		typing.typing("bob");
		vi.advanceTimersByTime(5900);
		typing.typing("bob");
		vi.advanceTimersByTime(5900);
		expect(typing.users).toEqual(["bob"]);
		vi.advanceTimersByTime(100);
		expect(typing.users).toEqual([]);
		expect(changed).toHaveBeenCalledTimes(2);
	});

	test("only the newest receipt of a second is sent, regardless of order, and none older than the last one sent", () => {
		const sent: string[] = [];
		const reads = new ReadSender((id) => {
			sent.push(id);
			return true;
		});
		for (let seq = 1; seq <= 5; seq++) reads.saw(`m${seq}`, seq);
		reads.read("m2");
		vi.advanceTimersByTime(500);
		reads.read("m4");
		reads.read("m3");
		expect(sent).toEqual([]);
		vi.advanceTimersByTime(500);
		expect(sent).toEqual(["m4"]);
		reads.read("m1");
		reads.read("m4");
		reads.read("seen nowhere");
		vi.advanceTimersByTime(5000);
		expect(sent).toEqual(["m4"]);
		reads.read("m5");
		reads.flush();
		expect(sent).toEqual(["m4", "m5"]);
	});

	test("a receipt without a connection is sent after the next connect, and again if it may have been lost", () => {
		const sent: string[] = [];
		let isOpen = false;
		const reads = new ReadSender((id) => {
			if (isOpen) sent.push(id);
			return isOpen;
		});
		reads.saw("m1", 1);
		reads.read("m1");
		vi.advanceTimersByTime(1000);
		isOpen = true;
		reads.opened(undefined);
		expect(sent).toEqual(["m1"]);
		reads.opened("m0");
		expect(sent).toEqual(["m1", "m1"]);
		reads.opened("m1");
		expect(sent).toEqual(["m1", "m1"]);
	});
});

test("presence counts users who are not listed", () => {
	let changes = 0;
	const presence = new PresentUsers(() => changes++);
	const frame = {
		conversationId: "c",
		timestamp: "t",
	};
	presence.welcome({
		present: [{ userId: "a", name: "A" }, { userId: "b" }],
		presentCount: 5,
	});
	presence.left({ type: "user_left", senderId: "z", ...frame });
	expect([presence.count, changes]).toEqual([4, 2]);
	// The user is online already, so this changes nothing.
	presence.joined({ type: "user_joined", senderId: "b", ...frame });
	expect(changes).toBe(2);
	presence.left({ type: "user_left", senderId: "b", ...frame });
	expect(changes).toBe(3);
	expect([presence.count, presence.users]).toEqual([
		3,
		[{ userId: "a", name: "A" }],
	]);
});

test("typing, receipts and presence reach the other users and exclude the sender", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const a = clientOf(server, alice).conversation(id);
	const b = clientOf(server, bob).conversation(id);
	await Promise.all([ready(a), ready(b)]);
	await until(a, () => a.presence.length === 2, "both on line");
	a.sendTyping();
	await until(b, () => b.typing.includes(alice), "typing");
	expect(a.typing).toEqual([]);
	const seenByB = collect(b);
	const { messageId } = await a.send("Hello").acknowledged;
	await until(b, () => seenByB.length === 1, "the message");
	expect(b.typing).toEqual([]);
	b.markAsRead(messageId.toUpperCase());
	await until(a, () => a.receipts.get(bob) === messageId, "the receipt");
	expect(b.receipts.get(bob)).toBeUndefined();
	b.close();
	await until(a, () => a.presence.length === 1, "that Bob has left");
	expect(a.presenceCount).toBe(1);
});

test("views of one client share a connection, which closes after the last view", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const witness = await server.connect(id, randomUUID());
	const client: ChatClient = clientOf(server, alice);
	const first = client.conversation(id);
	const second = client.conversation(id.toUpperCase());
	await Promise.all([ready(first), ready(second)]);
	const [seenByFirst, seenBySecond] = [collect(first), collect(second)];
	await say(witness, "to both");
	await until(second, () => seenBySecond.length === 1, "the message");
	expect(seenByFirst).toEqual(seenBySecond);
	first.close();
	first.close();
	expect(() => first.send("closed")).toThrow(
		expect.objectContaining({ code: "closed" }),
	);
	await say(witness, "to one");
	await until(second, () => seenBySecond.length === 2, "the message");
	expect(seenByFirst).toHaveLength(1);
	// Frameworks that mount twice close a view and open it at once. The connection stays.
	second.close();
	const third = client.conversation(id);
	expect(third.state.name).toBe("open");
	third.close();
	await witness.next("user_left");
	expect(
		witness.of("user_joined").filter(({ sender_id }) => sender_id === alice),
	).toHaveLength(1);
	client.close();
	expect(() => client.conversation(id)).toThrow(
		expect.objectContaining({ code: "closed" }),
	);
});
