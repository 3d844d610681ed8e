import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { CommitQueue } from "../../src/log/commit-queue.ts";
import type { Write } from "../../src/log/contract.ts";

function message(senderId: string, characters = 100): Write {
	return {
		kind: "message",
		conversationId: "c",
		senderId,
		messageId: randomUUID(),
		timestamp: 0,
		clientMessageId: null,
		body: "x".repeat(characters),
	};
}

function mentioning(senderId: string, users: number): Write {
	const userIds = Array.from({ length: users }, () => randomUUID());
	return Object.assign(message(senderId), {
		mentions: { userIds, all: false },
	});
}

function creation(userId: string, participants: number): Write {
	return {
		kind: "create",
		conversationId: randomUUID(),
		userId,
		admin: false,
		title: null,
		metadata: "{}",
		participantIds: Array.from({ length: participants }, () => randomUUID()),
		timestamp: 0,
		limits: { maxParticipants: 1000, maxUnansweredAdditions: 1000 },
	};
}

function queueOf(...writes: Write[]): CommitQueue<{ write: Write }> {
	const queue = new CommitQueue<{ write: Write }>();
	for (const write of writes) queue.add({ write });
	return queue;
}

test.each([
	["short messages", message("a"), 140],
	["messages of 1 MiB", message("a", 1024 * 1024), 1],
	["messages with 50 mentions", mentioning("a", 50), 12],
	["conversations of 1,000 participants", creation("a", 1000), 1],
	["small conversations", creation("a", 1), 86],
])("a batch of %s is small enough to be stored quickly", (_, write, count) => {
	const queue = queueOf(...Array.from({ length: 200 }, () => write));
	expect(queue.take()).toHaveLength(count);
	expect(queue.size).toBe(200 - count);
});

test("a short write of a second user is in the next batch, however many writes the first has queued", () => {
	for (const flood of [
		message("a"),
		message("a", 1024 * 1024),
		creation("a", 1000),
	]) {
		const queue = queueOf(...Array.from({ length: 300 }, () => flood));
		queue.take();
		const short = message("b");
		queue.add({ write: short });
		expect(queue.take()).toContainEqual({ write: short });
	}
});

test("a short write does not wait for a long one, which waits for a few batches at most", () => {
	const long = creation("a", 1000);
	const queue = queueOf(long);
	const batches: Write[][] = [];
	while (queue.size > 0 && batches.length < 10) {
		queue.add({ write: message("b") });
		batches.push(queue.take().map(({ write }) => write));
	}
	expect(batches[0]).not.toContain(long);
	expect(batches.slice(0, 5).flat()).toContain(long);
});

test("full batches of short writes do not bring a long write into a short write's batch", () => {
	const queue = queueOf(...Array.from({ length: 141 * 4 }, () => message("a")));
	for (let batches = 0; batches < 4; batches++) queue.take();
	const long = creation("c", 1000);
	queue.add({ write: long });
	expect(queue.take()).not.toContainEqual({ write: long });
	expect(queue.take()).toEqual([{ write: long }]);
});

test("[OR-2] the writes of one user keep their order", () => {
	const writes = Array.from({ length: 300 }, (_, i) =>
		message(i % 3 === 0 ? "a" : "b", i),
	);
	const queue = queueOf(...writes);
	const taken: Write[] = [];
	while (queue.size > 0) taken.push(...queue.take().map(({ write }) => write));
	for (const user of ["a", "b"]) {
		const of = (all: Write[]): Write[] =>
			all.filter((it) => it.kind === "message" && it.senderId === user);
		expect(of(taken)).toEqual(of(writes));
	}
});
