import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { ListPlace } from "../../src/log/contract.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { temporaryDirectory } from "../support/server.ts";

const MAX_MOVED = 1000;
/** Longer than one part, and not a multiple of its length. */
const LONG_LIST = 12_000;
const LIMITS = { maxParticipants: 10, maxUnansweredAdditions: 10 };

async function atOnce<T>(part: () => T): Promise<T> {
	return part();
}

/** Creates conversations of a user. Returns their ids in order of creation. */
async function withConversations(
	log: SqliteLog,
	userId: string,
	count: number,
): Promise<string[]> {
	const ids = Array.from({ length: count }, () => randomUUID());
	await log.append(
		ids.map((conversationId) => ({
			kind: "create",
			conversationId,
			userId,
			admin: false,
			title: null,
			metadata: "{}",
			participantIds: [],
			timestamp: 1,
			limits: LIMITS,
		})),
	);
	return ids;
}

function message(conversationId: string, senderId: string) {
	return {
		kind: "message",
		conversationId,
		senderId,
		messageId: randomUUID(),
		timestamp: 2,
		clientMessageId: null,
		body: "{}",
	} as const;
}

test("a list continues if up to a thousand conversations became active since the first page", async () => {
	const log = await SqliteLog.open(temporaryDirectory());
	onTestFinished(() => log.close());
	const userId = randomUUID();
	const ids = await withConversations(log, userId, MAX_MOVED + 2);
	const say = (id: string) => message(id, userId);
	const first = await log.conversationsOf(userId, 1, 1e6, undefined, atOnce);
	expect(first?.next).not.toBeNull();
	const second = () =>
		log.conversationsOf(userId, 1, 1e6, first?.next ?? undefined, atOnce);
	await log.append(ids.slice(0, MAX_MOVED).map(say));
	expect((await second())?.conversations).toMatchObject([
		{ conversationId: ids.at(-2) },
	]);
	await log.append(ids.slice(MAX_MOVED).map(say));
	expect(await second()).toBeUndefined();
});

test("a long list is read in parts, in the order of the first part", async () => {
	const log = await SqliteLog.open(temporaryDirectory());
	onTestFinished(() => log.close());
	const userId = randomUUID();
	const ids = await withConversations(log, userId, LONG_LIST);
	const at = (i: number): string => ids.at(i) ?? "";
	const active = [at(-1), at(0), at(7000), at(3)];
	await log.append(active.map((id) => message(id, userId)));
	const order = [...active.toReversed(), at(-2), at(-3)];

	let parts = 0;
	const seen: string[] = [];
	let after: ListPlace | undefined;
	do {
		const page = await log.conversationsOf(
			userId,
			2,
			1e6,
			after,
			async (part) => {
				parts++;
				const read = part();
				// Messages arrive between two parts: in conversations already read, in conversations still to be read, and in a
				// new one.
				await log.append([1, 6000, -2].map((i) => message(at(i), userId)));
				await log.append([message(at(3), userId), message(at(0), userId)]);
				await withConversations(log, userId, 1);
				return read;
			},
		);
		expect(page).toBeDefined();
		seen.push(...(page?.conversations ?? []).map((it) => it.conversationId));
		after = page?.next ?? undefined;
	} while (after && seen.length < order.length);
	expect(seen).toEqual(order);
	expect(parts).toBe(9);
});

test("a conversation that the user leaves between two parts is not listed", async () => {
	const log = await SqliteLog.open(temporaryDirectory());
	onTestFinished(() => log.close());
	const userId = randomUUID();
	const ids = await withConversations(log, userId, LONG_LIST);
	const left = ids[0] ?? "";
	await log.append([message(left, userId)]);
	let parts = 0;
	const page = await log.conversationsOf(
		userId,
		1,
		1e6,
		undefined,
		async (part) => {
			const read = part();
			if (++parts === 1)
				await log.append([
					{
						kind: "remove",
						conversationId: left,
						actor: { userId, admin: false },
						userId,
						messageId: randomUUID(),
						timestamp: 3,
						body: "{}",
					},
				]);
			return read;
		},
	);
	expect(page?.conversations).toEqual([]);
	expect(page?.next).not.toBeNull();
	const second = await log.conversationsOf(
		userId,
		1,
		1e6,
		page?.next ?? undefined,
		atOnce,
	);
	expect(second?.conversations).toMatchObject([{ conversationId: ids.at(-1) }]);
});

test("a list with long last messages is read in short parts", async () => {
	const log = await SqliteLog.open(temporaryDirectory());
	onTestFinished(() => log.close());
	const userId = randomUUID();
	const ids = await withConversations(log, userId, 30);
	const body = JSON.stringify({ content: "x".repeat(100_000), metadata: {} });
	await log.append(ids.map((id) => ({ ...message(id, userId), body })));
	let parts = 0;
	const { conversations } = await log.recentOf(userId, 30, async (part) => {
		parts++;
		return part();
	});
	expect(conversations).toHaveLength(30);
	// Ten messages per part. The last part finds no more.
	expect(parts).toBe(4);
});
