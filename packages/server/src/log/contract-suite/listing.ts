import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { MessageLog } from "../contract.ts";
import {
	addition,
	atOnce,
	created,
	listed,
	message,
	removal,
	texts,
	type WithLog,
} from "./fixtures.ts";

export function listing(withLog: WithLog): void {
	withLog(
		"a user's conversations are listed in pages, most recent first",
		async (log) => {
			const { user, ids } = await withConversations(log, 5);
			await created(log);
			const first = await listed(log, user, 3);
			const rest = await listed(log, user, 3, first.next);
			assert.deepEqual([first.next !== null, rest.next], [true, null]);
			assert.deepEqual([...first.ids, ...rest.ids], ids);
			const tiny = await listed(log, user, 3, null, 1);
			assert.deepEqual([tiny.ids.length, tiny.next !== null], [1, true]);
		},
	);

	withLog("the list is in the order of the log, not of clocks", async (log) => {
		const { user, ids } = await withConversations(log, 3);
		const [third = "", second = "", first = ""] = ids;
		const inAYear = Date.UTC(2100, 0);
		for (const [id, timestamp] of [
			[first, inAYear],
			[second, 2],
			[first, 1],
			[third, 3],
			[first, 4],
			[second, 5],
		] as const)
			await log.append([{ ...message(id, user, "x"), timestamp }]);
		const { conversations } = await listed(log, user, 3);
		assert.deepEqual(
			conversations.map((it) => [it.conversationId, it.updatedAt]),
			[
				[second, 5],
				[first, 4],
				[third, 3],
			],
		);
	});

	withLog(
		"a new conversation comes before all earlier activity",
		async (log) => {
			const { user, ids } = await withConversations(log, 2);
			const [busy = ""] = ids;
			const said = {
				...message(busy, user, "x"),
				timestamp: Date.UTC(2100, 0),
			};
			await log.append([said]);
			const { conversationId } = await created(log, user);
			assert.deepEqual((await listed(log, user, 2)).ids, [
				conversationId,
				busy,
			]);
		},
	);

	withLog(
		"pages list each conversation once, in the order of the first page, despite new messages",
		async (log) => {
			const { user, ids } = await withConversations(log, 12);
			// Some conversations have earlier entries; others get their first entries between two pages.
			for (const id of ids.slice(0, 6).toReversed())
				await log.append(
					Array.from({ length: 9 }, (_, i) => message(id, user, String(i))),
				);
			const seen: string[] = [];
			let next: Awaited<ReturnType<typeof listed>>["next"] | undefined;
			for (let round = 0; next !== null; round++) {
				const page = await listed(log, user, 2, next);
				seen.push(...page.ids);
				next = page.next;
				for (const [i, id] of ids.entries())
					if (i % 3 !== round % 3)
						await log.append(
							Array.from({ length: 1 + ((i * 7) % 20) }, () =>
								message(id, user, "meanwhile"),
							),
						);
				await created(log, user);
			}
			assert.deepEqual(seen, ids);
		},
	);

	withLog("a place from a different log is refused", async (log) => {
		const { user } = await withConversations(log, 3);
		const { next } = await listed(log, user, 1);
		assert.ok(next);
		for (const place of [
			{ ...next, asOf: next.asOf + 1000 },
			{ ...next, activity: next.asOf + 1 },
		])
			assert.equal(
				await log.conversationsOf(user, 1, 1, place, atOnce),
				undefined,
			);
	});

	withLog(
		"unread counts the messages after the watermark, which sending advances",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const writes = [owner, member, owner, owner].map((user, i) =>
				message(conversationId, user, String(i)),
			);
			await log.append(writes);
			const summary = async (user: string) =>
				(await listed(log, user, 1)).conversations[0];
			assert.deepEqual(
				[(await summary(member))?.unread, (await summary(owner))?.unread],
				[2, 0],
			);
			await log.append([
				{
					kind: "read",
					conversationId,
					userId: member,
					messageId: writes[2]?.messageId ?? "",
				},
			]);
			const found = await summary(member);
			assert.deepEqual(
				[found?.unread, found?.readSeq, found?.lastMessage?.seq, found?.role],
				[1, 3, 4, "member"],
			);
		},
	);

	withLog(
		"a participant who is added later has nothing unread",
		async (log) => {
			const { conversationId, owner } = await created(log);
			const later = randomUUID();
			await log.append([
				...texts(3).map((text) => message(conversationId, owner, text)),
				addition(conversationId, owner, [later]),
				message(conversationId, owner, "after"),
				removal(conversationId, owner, later),
				message(conversationId, owner, "meanwhile"),
				addition(conversationId, owner, [later]),
			]);
			const [found] = (await listed(log, later, 1)).conversations;
			assert.deepEqual([found?.unread, found?.readSeq], [0, 7]);
		},
	);
}

/** Creates a user with conversations that have no entries, the newest first. */
async function withConversations(
	log: MessageLog,
	count: number,
): Promise<{ user: string; ids: string[] }> {
	const user = randomUUID();
	const ids: string[] = [];
	for (let i = 0; i < count; i++)
		ids.unshift((await created(log, user)).conversationId);
	return { user, ids };
}
