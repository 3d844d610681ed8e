import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { temporaryDirectory } from "../support/server.ts";

const MAX_MOVED = 1000;
const LIMITS = { maxParticipants: 10, maxUnansweredAdditions: 10 };

test("a page goes on while a thousand conversations became active since the first, and no longer", async () => {
	const log = await SqliteLog.open(temporaryDirectory());
	onTestFinished(() => log.close());
	const userId = randomUUID();
	const ids = Array.from({ length: MAX_MOVED + 2 }, () => randomUUID());
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
	const say = (conversationId: string) =>
		({
			kind: "message",
			conversationId,
			senderId: userId,
			messageId: randomUUID(),
			timestamp: 2,
			clientMessageId: null,
			body: "{}",
		}) as const;
	const first = await log.conversationsOf(userId, 1, 1e6);
	expect(first?.next).not.toBeNull();
	const second = () =>
		log.conversationsOf(userId, 1, 1e6, first?.next ?? undefined);
	await log.append(ids.slice(0, MAX_MOVED).map(say));
	expect((await second())?.conversations).toMatchObject([
		{ conversationId: ids.at(-2) },
	]);
	await log.append(ids.slice(MAX_MOVED).map(say));
	expect(await second()).toBeUndefined();
});
