import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { LogFactory } from "../contract-suite.ts";
import {
	BYTES,
	brief,
	created,
	kinds,
	message,
	newest,
	removal,
	seqs,
	texts,
	type WithLog,
} from "./fixtures.ts";

export function appending(withLog: WithLog): void {
	withLog("seq counts from 1 in the order of the batch", async (log) => {
		const { conversationId, owner } = await created(log);
		const writes = texts(5).map((text) => message(conversationId, owner, text));
		assert.deepEqual(await seqs(log, writes), [1, 2, 3, 4, 5]);
		assert.equal(await log.head(conversationId), 5);
	});

	withLog("conversations in one batch count independently", async (log) => {
		const one = await created(log);
		const two = await created(log);
		const writes = [one, two, one, two, one].map(({ conversationId, owner }) =>
			message(conversationId, owner, "x"),
		);
		assert.deepEqual(await seqs(log, writes), [1, 1, 2, 2, 3]);
	});

	withLog("a refused write takes no seq", async (log) => {
		const { conversationId, owner } = await created(log);
		const outcomes = await log.append([
			message(conversationId, owner, "a"),
			message(conversationId, randomUUID(), "stranger"),
			message(randomUUID(), owner, "no such conversation"),
			message(conversationId, owner, "b"),
		]);
		assert.deepEqual(outcomes.map(brief), [
			{ kind: "stored", seq: 1 },
			{ kind: "refused", reason: "not_participant" },
			{ kind: "refused", reason: "not_participant" },
			{ kind: "stored", seq: 2 },
		]);
	});

	withLog(
		"a write that cannot be stored fails alone and takes no seq",
		async (log) => {
			const { conversationId, owner } = await created(log);
			const first = message(conversationId, owner, "a");
			const clash = { ...message(conversationId, owner, "b") };
			const outcomes = await log.append([
				first,
				{ ...clash, messageId: first.messageId },
				message(conversationId, owner, "c"),
			]);
			assert.deepEqual(brief(outcomes[0]), { kind: "stored", seq: 1 });
			assert.ok(outcomes[1] instanceof Error);
			assert.deepEqual(brief(outcomes[2]), { kind: "stored", seq: 2 });
		},
	);

	withLog("membership is checked within the batch", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const outcomes = await log.append([
			message(conversationId, member, "before"),
			removal(conversationId, owner, member),
			message(conversationId, member, "after"),
			message(conversationId, owner, "later"),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"stored",
			"not_participant",
			"stored",
		]);
		const page = await log.page(conversationId, owner, newest, 10, BYTES);
		assert.deepEqual(
			page?.entries.map(({ type, seq }) => [type, seq]),
			[
				["chat", 1],
				["participant_removed", 2],
				["chat", 3],
			],
		);
	});

	withLog("a probe changes nothing", async (log) => {
		const { conversationId, owner } = await created(log);
		for (const bytes of [1, 1_000_000]) await log.probe(bytes);
		assert.deepEqual(
			await seqs(log, [message(conversationId, owner, "a")]),
			[1],
		);
	});

	withLog("reads return what was written", async (log) => {
		const { conversationId, owner } = await created(log);
		const write = message(
			conversationId,
			owner,
			'𝄞 "quotes" \\ \u2028 \u202e end',
			randomUUID(),
		);
		await log.append([write]);
		const page = await log.page(conversationId, owner, newest, 10, BYTES);
		const { kind: _, ...fields } = write;
		assert.deepEqual(page, {
			entries: [{ ...fields, type: "chat", seq: 1 }],
			more: false,
		});
	});
}

export function deduplicating(withLog: WithLog, factory: LogFactory): void {
	withLog(
		"a message or removal repeated with its messageId gets the first result",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const said = message(conversationId, member, "a");
			const left = removal(conversationId, member, member);
			const outcomes = await log.append([said, said, left, left, said]);
			const [{ timestamp }, { messageId }] = [said, said];
			const first = { kind: "stored", seq: 1 };
			const duplicate = { kind: "duplicate", seq: 1, messageId, timestamp };
			const removed = { kind: "stored", seq: 2 };
			assert.deepEqual(outcomes.map(brief), [
				first,
				duplicate,
				removed,
				removed,
				duplicate,
			]);
			assert.deepEqual((await log.append([left, said])).map(brief), [
				removed,
				duplicate,
			]);
			assert.equal(await log.head(conversationId), 2);
			const next = message(conversationId, owner, "b");
			assert.deepEqual(await seqs(log, [next]), [3]);
		},
	);

	withLog(
		"a messageId of a different entry is an error and changes nothing",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const said = message(conversationId, owner, "a");
			await log.append([said]);
			const others = [
				{ ...said, body: JSON.stringify({ content: "b" }) },
				{ ...said, senderId: member },
				{ ...said, clientMessageId: randomUUID() },
			];
			for (const outcome of await log.append(others))
				assert.ok(outcome instanceof Error);
			assert.equal(await log.head(conversationId), 1);
		},
	);

	withLog("the same clientMessageId makes one message", async (log) => {
		const { conversationId, owner } = await created(log);
		const id = randomUUID();
		const first = message(conversationId, owner, "a", id);
		const again = { ...message(conversationId, owner, "a", id), timestamp: 9 };
		const [stored, repeated] = await log.append([first, again]);
		const [later] = await log.append([again]);
		const duplicate = {
			kind: "duplicate",
			seq: 1,
			messageId: first.messageId,
			timestamp: first.timestamp,
		};
		assert.deepEqual([stored, repeated, later].map(brief), [
			{ kind: "stored", seq: 1 },
			duplicate,
			duplicate,
		]);
		assert.equal(await log.head(conversationId), 1);
	});

	withLog("different content under the same id is a conflict", async (log) => {
		const { conversationId, owner } = await created(log);
		const id = randomUUID();
		const outcomes = await log.append([
			message(conversationId, owner, "a", id),
			message(conversationId, owner, "b", id),
		]);
		assert.deepEqual(outcomes[1], { kind: "refused", reason: "conflict" });
	});

	withLog("an id belongs to one sender in one conversation", async (log) => {
		const one = await created(log);
		const two = await created(log, one.owner);
		const id = randomUUID();
		const writes = [
			message(one.conversationId, one.owner, "a", id),
			message(one.conversationId, one.member, "a", id),
			message(two.conversationId, one.owner, "a", id),
		];
		assert.deepEqual(await seqs(log, writes), [1, 2, 1]);
	});

	withLog("ids and heads survive a restart", async (log) => {
		const { conversationId, owner } = await created(log);
		const write = message(conversationId, owner, "a", randomUUID());
		await log.append([write]);
		await log.close();
		const reopened = await factory.reopen(log);
		try {
			const outcomes = await reopened.append([
				write,
				message(conversationId, owner, "b"),
			]);
			assert.deepEqual(outcomes.map(kinds), ["duplicate", "stored"]);
			assert.equal(await reopened.head(conversationId), 2);
		} finally {
			await reopened.close();
		}
	});
}
