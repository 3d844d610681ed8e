import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
	BYTES,
	created,
	message,
	newest,
	removal,
	texts,
	type WithLog,
} from "./fixtures.ts";

export function reading(withLog: WithLog): void {
	withLog(
		"pages go in both directions and say whether there is more",
		async (log) => {
			const { conversationId, owner } = await created(log);
			await log.append(texts(9).map((t) => message(conversationId, owner, t)));
			const read = async (
				direction: "before" | "after",
				seq: number,
				limit: number,
			): Promise<[number[], boolean]> => {
				const cursor = { direction, seq };
				const page = await log.page(
					conversationId,
					owner,
					cursor,
					limit,
					BYTES,
				);
				assert.ok(page);
				return [page.entries.map((entry) => entry.seq), page.more];
			};
			assert.deepEqual(await read("before", Number.MAX_SAFE_INTEGER, 3), [
				[7, 8, 9],
				true,
			]);
			assert.deepEqual(await read("before", 4, 3), [[1, 2, 3], false]);
			assert.deepEqual(await read("after", 0, 4), [[1, 2, 3, 4], true]);
			assert.deepEqual(await read("after", 7, 2), [[8, 9], false]);
			assert.deepEqual(await read("after", 9, 2), [[], false]);
		},
	);

	withLog("a page is limited in bytes but never empty", async (log) => {
		const { conversationId, owner } = await created(log);
		const big = "x".repeat(1000);
		await log.append([1, 2, 3].map(() => message(conversationId, owner, big)));
		const page = await log.page(
			conversationId,
			owner,
			{ direction: "after", seq: 0 },
			10,
			1500,
		);
		assert.deepEqual([page?.entries.length, page?.more], [2, true]);
		const tiny = await log.page(conversationId, owner, newest, 10, 1);
		assert.deepEqual([tiny?.entries[0]?.seq, tiny?.more], [3, true]);
	});

	withLog("only a participant reads a page", async (log) => {
		const { conversationId, owner, member } = await created(log);
		await log.append([message(conversationId, owner, "a")]);
		const page = (userId: string, id = conversationId) =>
			log.page(id, userId, newest, 10, BYTES);
		assert.equal(await page(randomUUID()), undefined);
		assert.equal(await page(owner, randomUUID()), undefined);
		assert.ok(await page(member));
		await log.append([removal(conversationId, owner, member)]);
		assert.equal(await page(member), undefined);
	});

	withLog("an admission has membership and head of one moment", async (log) => {
		const { conversationId, owner, member } = await created(log);
		await log.append([message(conversationId, owner, "a")]);
		assert.deepEqual(await log.admission(conversationId, member), {
			exists: true,
			headSeq: 1,
			membership: { role: "member", unanswered: true },
			barred: false,
		});
		const stranger = await log.admission(conversationId, randomUUID());
		assert.deepEqual([stranger.membership, stranger.exists], [null, true]);
		const nowhere = await log.admission(randomUUID(), owner);
		assert.deepEqual([nowhere.membership, nowhere.exists], [null, false]);
		await log.append([removal(conversationId, owner, member)]);
		const after = await log.admission(conversationId, member);
		assert.deepEqual([after.membership, after.barred], [null, true]);
	});

	withLog("a user has the name stored last", async (log) => {
		const user = randomUUID();
		assert.equal(await log.nameOf(user), null);
		for (const name of ["Bob", "Robert"]) {
			await log.append([{ kind: "rename", userId: user, name }]);
			assert.equal(await log.nameOf(user), name);
		}
		assert.equal(await log.nameOf(randomUUID()), null);
	});

	withLog("ids resolve in their own conversation only", async (log) => {
		const one = await created(log);
		const two = await created(log);
		const write = message(one.conversationId, one.owner, "a");
		await log.append([write]);
		assert.equal(await log.seqOf(one.conversationId, write.messageId), 1);
		assert.equal(
			await log.seqOf(two.conversationId, write.messageId),
			undefined,
		);
		assert.equal(await log.seqOf(one.conversationId, randomUUID()), undefined);
	});

	withLog("a range includes both ends", async (log) => {
		const { conversationId, owner } = await created(log);
		await log.append(texts(5).map((t) => message(conversationId, owner, t)));
		const range = await log.range(conversationId, 2, 4);
		assert.deepEqual(
			range.map(({ seq }) => seq),
			[2, 3, 4],
		);
	});
}
