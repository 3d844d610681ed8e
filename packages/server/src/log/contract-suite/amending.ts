import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Mentions } from "@secureconnect/protocol";
import type {
	FoldedEntry,
	MessageLog,
	Outcome,
	TimelinePart,
	Writes,
} from "../contract.ts";
import type { LogFactory } from "../contract-suite.ts";
import {
	addition,
	BYTES,
	brief,
	created,
	kinds,
	listed,
	message,
	newest,
	removal,
	texts,
	type WithLog,
} from "./fixtures.ts";

type Amend = { kind: "amend" } & Writes["amend"];
let clock = 1_800_000_000_000;

/** Conversation with a message of the owner. */
export interface Amended {
	readonly conversationId: string;
	readonly owner: string;
	readonly member: string;
	readonly targetId: string;
}

export async function withMessage(log: MessageLog): Promise<Amended> {
	const { conversationId, owner, member } = await created(log);
	const write = message(conversationId, owner, "first");
	await log.append([write]);
	return { conversationId, owner, member, targetId: write.messageId };
}

function amend(
	{ conversationId, targetId }: Pick<Amended, "conversationId" | "targetId">,
	userId: string,
	type: Amend["type"],
	fields: Record<string, unknown>,
	more: Partial<Amend> = {},
): Amend {
	return {
		kind: "amend",
		type,
		conversationId,
		actor: { userId, admin: false },
		messageId: randomUUID(),
		timestamp: clock++,
		targetId,
		body: JSON.stringify({ target_id: targetId, ...fields }),
		...more,
	};
}

export function edit(
	it: Amended,
	content: string,
	more: Partial<Amend> = {},
	userId = it.owner,
): Amend {
	return amend(it, userId, "edit", { content }, more);
}

export function erase(it: Amended, userId = it.owner): Amend {
	return amend(it, userId, "delete", {});
}

export function react(
	it: Amended,
	userId: string,
	name: string,
	on = true,
	more: Partial<Amend> = {},
): Amend {
	const fields = { reaction: name, on };
	return amend(it, userId, "reaction", fields, { mark: { name, on }, ...more });
}

export function pin(it: Amended, userId: string, on = true): Amend {
	return amend(it, userId, "pin", { on }, { mark: { name: "", on } });
}

async function contents(log: MessageLog, it: Amended): Promise<unknown[]> {
	const page = await log.page(it.conversationId, it.owner, newest, 100, BYTES);
	return (page?.entries ?? []).map(({ body }) => JSON.parse(body) as unknown);
}

export async function folded(
	log: MessageLog,
	it: Amended,
	part: TimelinePart = { kind: "all" },
	userId = it.owner,
): Promise<readonly FoldedEntry[]> {
	const page = await log.timeline(
		it.conversationId,
		userId,
		part,
		newest,
		100,
		BYTES,
	);
	assert.ok(page);
	assert.equal(page.asOfSeq, await log.head(it.conversationId));
	return page.entries;
}

async function counts(
	log: MessageLog,
	userId: string,
): Promise<{ unread: number | undefined; mentions: number | undefined }> {
	const [row] = (await listed(log, userId, 1)).conversations;
	return { unread: row?.unread, mentions: row?.mentions };
}

function mentioning(
	conversationId: string,
	senderId: string,
	mentions: Mentions,
): { kind: "message" } & Writes["message"] {
	const { userIds, all } = mentions;
	return {
		...message(conversationId, senderId, "hey"),
		mentions,
		body: JSON.stringify({
			content: "hey",
			mentions: { user_ids: userIds, all },
		}),
	};
}

export function editing(withLog: WithLog, factory: LogFactory): void {
	withLog("an edit replaces the content and keeps the rest", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const body = { content: "a", message_type: "note", metadata: { x: 1 } };
		const write = {
			...message(conversationId, owner, "a"),
			body: JSON.stringify(body),
		};
		const it = { conversationId, owner, member, targetId: write.messageId };
		const [, stored] = await log.append([write, edit(it, "b")]);
		assert.deepEqual(brief(stored), { kind: "stored", seq: 2 });
		const [now, amendment] = await contents(log, it);
		const { edited_at, ...rest } = now as { edited_at: string };
		assert.deepEqual(rest, { ...body, content: "b", version: 2 });
		assert.ok(Date.parse(edited_at) > 0);
		assert.deepEqual(amendment, { target_id: it.targetId, ...(now as object) });
	});

	withLog("every edit shows the newest content", async (log) => {
		const it = await withMessage(log);
		await log.append([edit(it, "b"), edit(it, "c")]);
		const shown = (await contents(log, it)) as {
			content: string;
			version: number;
		}[];
		assert.deepEqual(
			shown.map(({ content, version }) => [content, version]),
			[
				["c", 3],
				["c", 3],
				["c", 3],
			],
		);
	});

	withLog("of two edits of the same version one is stored", async (log) => {
		const it = await withMessage(log);
		const outcomes = await log.append([
			edit(it, "b", { ifVersion: 0 }),
			edit(it, "c", { ifVersion: 0 }),
			edit(it, "d", { ifVersion: 2 }),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"version_conflict",
			"stored",
		]);
	});

	withLog("an amendment names a message of the conversation", async (log) => {
		const it = await withMessage(log);
		const other = await withMessage(log);
		const [change] = await log.append([edit(it, "b")]);
		assert.ok(change && "entry" in change);
		const outcomes = await log.append([
			edit({ ...it, targetId: other.targetId }, "c"),
			edit({ ...it, targetId: randomUUID() }, "c"),
			edit({ ...it, targetId: change.entry.messageId }, "c"),
			edit({ ...it, conversationId: randomUUID() }, "c"),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"unknown_message",
			"unknown_message",
			"unknown_message",
			"not_participant",
		]);
	});

	withLog(
		"only the author edits, and only while participating",
		async (log) => {
			const it = await withMessage(log);
			const stranger = randomUUID();
			const outcomes = await log.append([
				edit(it, "b", {}, it.member),
				edit(it, "b", {}, stranger),
				edit(it, "b", { actor: { userId: stranger, admin: true } }),
				removal(it.conversationId, it.owner, it.owner),
				edit(it, "b"),
			]);
			assert.deepEqual(outcomes.map(kinds), [
				"forbidden",
				"not_participant",
				"not_participant",
				"stored",
				"not_participant",
			]);
		},
	);

	withLog("a repeated amendment gets the first result", async (log) => {
		const it = await withMessage(log);
		const clientMessageId = randomUUID();
		const first = edit(it, "b", { clientMessageId });
		const again = edit(it, "b", { clientMessageId });
		const other = edit(it, "c", { clientMessageId });
		const said = message(it.conversationId, it.owner, "b", clientMessageId);
		const outcomes = await log.append([first, again, first, other, said]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"duplicate",
			"duplicate",
			"conflict",
			"conflict",
		]);
		await log.close();
		const reopened = await factory.reopen(log);
		try {
			const later = await reopened.append([erase(it), again, first]);
			assert.deepEqual(later.map(kinds), ["stored", "duplicate", "duplicate"]);
		} finally {
			await reopened.close();
		}
	});

	withLog(
		"a message that was amended is still found by its id",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const id = randomUUID();
			const write = message(conversationId, owner, "a", id);
			const it = { conversationId, owner, member, targetId: write.messageId };
			const again = message(conversationId, owner, "a", id);
			const changed = message(conversationId, owner, "b", id);
			await log.append([write, edit(it, "b")]);
			const edited = await log.append([again, write, changed]);
			assert.deepEqual(edited.map(kinds), [
				"duplicate",
				"duplicate",
				"conflict",
			]);
			await log.append([erase(it)]);
			// The log keeps nothing from which the content could be guessed, so it cannot compare.
			const mark = react(it, owner, "👍", true, { clientMessageId: id });
			const erased = await log.append([again, write, changed, mark]);
			assert.deepEqual(erased.map(kinds), [
				"duplicate",
				"duplicate",
				"duplicate",
				"conflict",
			]);
		},
	);
}

export function erasing(withLog: WithLog): void {
	withLog(
		"erasing removes the content of the message and its amendments",
		async (log) => {
			const it = await withMessage(log);
			await log.append([
				edit(it, "second"),
				react(it, it.member, "👍"),
				pin(it, it.member),
			]);
			const [stored] = await log.append([erase(it)]);
			assert.deepEqual(brief(stored), { kind: "stored", seq: 5 });
			const page = await log.page(
				it.conversationId,
				it.owner,
				newest,
				9,
				BYTES,
			);
			const text = JSON.stringify(page);
			for (const gone of ["first", "second", "👍"])
				assert.ok(!text.includes(gone), gone);
			assert.deepEqual(
				page?.entries.map(({ isErased = false }) => isErased),
				[true, false, false, false, false],
			);
			const [entry] = await folded(log, it);
			assert.deepEqual([entry?.marks, entry?.entry.isErased], [[], true]);
			assert.deepEqual(
				await folded(log, it, { kind: "marked", type: "pin" }),
				[],
			);
		},
	);

	withLog("a message with many amendments is erased in parts", async (log) => {
		const it = await withMessage(log);
		const clientMessageId = randomUUID();
		const first = react(it, it.member, "secret 0", true, { clientMessageId });
		const again = { ...first, messageId: randomUUID() };
		const unchanged = { ...again, clientMessageId: randomUUID() };
		await log.append([
			first,
			unchanged,
			edit(it, "secret text"),
			...Array.from({ length: 2600 }, (_, i) =>
				react(it, it.owner, `secret ${i % 10}`, i % 20 < 10),
			),
		]);
		const [stored, refused] = await log.append([
			erase(it),
			react(it, it.member, "late"),
		]);
		assert.ok(stored && "unfinished" in stored && stored.unfinished);
		assert.equal(refused && kinds(refused), "message_deleted");
		const { conversationId, owner: userId } = it;
		let parts = 0;
		for (let more = true; more; parts++) {
			const page = await log.page(
				conversationId,
				userId,
				{ direction: "after", seq: 0 },
				9999,
				BYTES,
			);
			assert.equal(page?.entries.length, 2604);
			assert.ok(!JSON.stringify(page).includes("secret"));
			assert.deepEqual((await folded(log, it))[0]?.marks, []);
			const [outcome] = await log.append([
				{ kind: "purge", userId, conversationId },
			]);
			assert.ok(!(outcome instanceof Error) && outcome?.kind === "purged");
			more = outcome.more;
		}
		assert.ok(parts > 1);
		const repeats = await log.append([first, again, unchanged]);
		assert.deepEqual(repeats.map(kinds), Array<string>(3).fill("duplicate"));
	});

	withLog("erasing wins over every later amendment", async (log) => {
		const it = await withMessage(log);
		const outcomes = await log.append([
			erase(it),
			edit(it, "b"),
			react(it, it.member, "👍"),
			pin(it, it.member),
			erase(it),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			...Array<string>(4).fill("message_deleted"),
		]);
	});

	withLog(
		"the author and an admin erase, other members do not",
		async (log) => {
			const it = await withMessage(log);
			const said = message(it.conversationId, it.member, "mine");
			const own = { ...it, targetId: said.messageId };
			const admin = { actor: { userId: randomUUID(), admin: true } };
			const outcomes = await log.append([
				said,
				erase(it, it.member),
				erase(it, randomUUID()),
				erase(own, it.member),
				{ ...erase(it), ...admin },
			]);
			assert.deepEqual(outcomes.map(kinds), [
				"stored",
				"forbidden",
				"not_participant",
				"stored",
				"stored",
			]);
		},
	);
}

export function setting(withLog: WithLog): void {
	withLog("a user has each reaction at most once", async (log) => {
		const it = await withMessage(log);
		const outcomes = await log.append([
			react(it, it.owner, "👍"),
			react(it, it.member, "👍"),
			react(it, it.owner, "👍"),
			react(it, it.owner, "🎉"),
			react(it, it.owner, "🎉", false),
			react(it, it.owner, "🎉", false),
			react(it, it.member, "😀", false),
		]);
		assert.deepEqual(
			outcomes.map((outcome) => [kinds(outcome), seqOf(outcome)]),
			[
				["stored", 2],
				["stored", 3],
				["unchanged", 2],
				["stored", 4],
				["stored", 5],
				["unchanged", 5],
				// No entry ever set this reaction, so the message answers.
				["unchanged", 1],
			],
		);
		const [entry] = await folded(log, it, undefined, it.member);
		assert.deepEqual(entry?.marks, [
			{
				type: "reaction",
				name: "👍",
				count: 2,
				isOwn: true,
				userIds: [it.owner, it.member],
			},
		]);
	});

	withLog(
		"a mark that changes nothing returns no large content",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const write = message(conversationId, owner, "x".repeat(100_000));
			const it = { conversationId, owner, member, targetId: write.messageId };
			const [, outcome] = await log.append([
				write,
				react(it, member, "👍", false),
			]);
			assert.ok(outcome && !(outcome instanceof Error) && "entry" in outcome);
			assert.ok(outcome.entry.body.length < 1000);
			assert.equal(outcome.entry.messageId, it.targetId);
		},
	);

	withLog(
		"a command that changed nothing repeats without effect",
		async (log) => {
			const it = await withMessage(log);
			const clientMessageId = randomUUID();
			const again = react(it, it.owner, "👍", true, { clientMessageId });
			const outcomes = await log.append([
				react(it, it.owner, "👍"),
				again,
				react(it, it.owner, "👍", false),
				again,
				react(it, it.owner, "🎉", true, { clientMessageId }),
			]);
			assert.deepEqual(
				outcomes.map((outcome) => [kinds(outcome), seqOf(outcome)]),
				[
					["stored", 2],
					["unchanged", 2],
					["stored", 3],
					["duplicate", 2],
					["conflict", undefined],
				],
			);
		},
	);

	withLog("a message has at most twenty different reactions", async (log) => {
		const it = await withMessage(log);
		const twenty = Array.from({ length: 20 }, (_, i) =>
			react(it, it.owner, `r${i}`),
		);
		const outcomes = await log.append([
			...twenty,
			react(it, it.member, "r20"),
			react(it, it.member, "r0"),
			react(it, it.owner, "r1", false),
			react(it, it.member, "r20"),
		]);
		assert.deepEqual(outcomes.slice(20).map(kinds), [
			"limit_reached",
			"stored",
			"stored",
			"stored",
		]);
	});

	withLog("a conversation has at most fifty pins", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const writes = texts(51).map((text) =>
			message(conversationId, owner, text),
		);
		await log.append(writes);
		const pins = writes.map(({ messageId }, i) =>
			pin(
				{ conversationId, owner, member, targetId: messageId },
				i % 2 ? owner : member,
			),
		);
		assert.deepEqual(
			(await log.append(pins)).map(kinds),
			pins.map((_, i) => (i < 50 ? "stored" : "limit_reached")),
		);
		const it = { conversationId, owner, member, targetId: "" };
		const pinned = await folded(log, it, { kind: "marked", type: "pin" });
		assert.equal(pinned.length, 50);
		assert.deepEqual(pinned[0]?.marks, [
			{ type: "pin", name: "", count: 1, isOwn: true, userIds: [] },
		]);
	});

	withLog("pages name the first ten users of a reaction", async (log) => {
		const it = await withMessage(log);
		const users = Array.from({ length: 12 }, () => randomUUID());
		await log.append([addition(it.conversationId, it.owner, users)]);
		await log.append(users.map((user) => react(it, user, "👍")));
		const [entry] = await folded(log, it, undefined, users[11]);
		assert.deepEqual(entry?.marks, [
			{
				type: "reaction",
				name: "👍",
				count: 12,
				isOwn: true,
				userIds: users.slice(0, 10),
			},
		]);
	});
}

export function counting(withLog: WithLog): void {
	withLog(
		"amendments neither count nor move a conversation up",
		async (log) => {
			const it = await withMessage(log);
			const later = await created(log, it.owner);
			await log.append([message(later.conversationId, later.owner, "newest")]);
			await log.append([
				edit(it, "b"),
				react(it, it.owner, "👍"),
				pin(it, it.owner),
			]);
			assert.deepEqual(await counts(log, it.member), {
				unread: 1,
				mentions: 0,
			});
			const { ids } = await listed(log, it.owner, 10);
			assert.deepEqual(ids, [later.conversationId, it.conversationId]);
			const first = await listed(log, it.owner, 1);
			await log.append([message(later.conversationId, later.owner, "again")]);
			const second = await listed(log, it.owner, 1, first.next);
			assert.deepEqual(
				[first.ids, second.ids],
				[[later.conversationId], [it.conversationId]],
			);
		},
	);

	withLog("erased messages do not count", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const writes = texts(4).map((text) => message(conversationId, owner, text));
		await log.append(writes);
		assert.deepEqual(await counts(log, member), { unread: 4, mentions: 0 });
		for (const [i, unread] of [
			[1, 3],
			[3, 2],
		] as const) {
			const targetId = writes[i]?.messageId ?? "";
			await log.append([erase({ conversationId, owner, member, targetId })]);
			assert.deepEqual(await counts(log, member), { unread, mentions: 0 });
		}
		// A watermark may name an erased message.
		const messageId = writes[1]?.messageId ?? "";
		await log.append([
			{ kind: "read", conversationId, userId: member, messageId },
		]);
		assert.deepEqual(await counts(log, member), { unread: 1, mentions: 0 });
	});

	withLog(
		"mentions count until they are read, erased or edited away",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const third = randomUUID();
			await log.append([addition(conversationId, owner, [third])]);
			const one = mentioning(conversationId, owner, {
				userIds: [member],
				all: false,
			});
			const all = mentioning(conversationId, owner, {
				userIds: [member],
				all: true,
			});
			await log.append([one, all]);
			assert.deepEqual(await counts(log, member), { unread: 2, mentions: 2 });
			assert.deepEqual(await counts(log, third), { unread: 2, mentions: 1 });
			const it = { conversationId, owner, member, targetId: one.messageId };
			const mentions = { userIds: [third], all: false };
			await log.append([edit(it, "hey", { mentions })]);
			assert.deepEqual(await counts(log, member), { unread: 2, mentions: 1 });
			assert.deepEqual(await counts(log, third), { unread: 2, mentions: 2 });
			await log.append([erase({ ...it, targetId: all.messageId })]);
			assert.deepEqual(await counts(log, member), { unread: 1, mentions: 0 });
			await log.append([
				{
					kind: "read",
					conversationId,
					userId: third,
					messageId: all.messageId,
				},
			]);
			assert.deepEqual(await counts(log, third), { unread: 0, mentions: 0 });
		},
	);

	withLog("only an owner mentions every participant", async (log) => {
		const it = await withMessage(log);
		const everyone = { userIds: [], all: true };
		const said = message(it.conversationId, it.member, "x");
		const own = { ...it, targetId: said.messageId };
		const outcomes = await log.append([
			mentioning(it.conversationId, it.member, everyone),
			mentioning(it.conversationId, it.owner, everyone),
			said,
			edit(own, "y", { mentions: everyone }, it.member),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"forbidden",
			"stored",
			"stored",
			"forbidden",
		]);
	});

	withLog(
		"the timeline has every message, however many amendments are between two",
		async (log) => {
			const it = await withMessage(log);
			const due = [1];
			let seq = 1;
			let on = false;
			for (const run of [0, 1, 2, 40, 8, 9, 10, 0, 25]) {
				// Separate batches, so that the log reads what the conversation ends with.
				for (let i = 0; i < run; i++, seq++) {
					on = !on;
					await log.append([react(it, it.member, "+1", on)]);
				}
				await log.append([message(it.conversationId, it.owner, `${run}`)]);
				due.push(++seq);
			}
			await log.append(
				Array.from({ length: 30 }, (_, i) =>
					react(it, it.owner, "+1", i % 2 === 0),
				),
			);
			for (const limit of [1, 2, 5]) {
				const [up, down] = [[], []] as [number[], number[]];
				for (const [direction, found] of [
					["after", up],
					["before", down],
				] as const)
					for (let at = direction === "after" ? 0 : seq + 31; ; ) {
						const page = await log.timeline(
							it.conversationId,
							it.member,
							{ kind: "all" },
							{ direction, seq: at },
							limit,
							BYTES,
						);
						const seqs = (page?.entries ?? []).map(({ entry }) => entry.seq);
						if (direction === "after") found.push(...seqs);
						else found.unshift(...seqs);
						if (!page?.more) break;
						at = (direction === "after" ? seqs.at(-1) : seqs[0]) ?? 0;
					}
				assert.deepEqual([up, down], [due, due]);
			}
		},
	);

	withLog("a thread has its replies and their senders", async (log) => {
		const it = await withMessage(log);
		const reply = (userId: string) => ({
			...message(it.conversationId, userId, "reply"),
			threadId: it.targetId,
		});
		const [first, second] = [reply(it.member), reply(it.owner)];
		const nested = {
			...message(it.conversationId, it.owner, "nested"),
			threadId: first.messageId,
		};
		const unknown = { ...reply(it.owner), threadId: randomUUID() };
		const answer = {
			...message(it.conversationId, it.owner, "answer"),
			replyTo: randomUUID(),
		};
		const outcomes = await log.append([first, second, nested, unknown, answer]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"stored",
			...Array<string>(3).fill("unknown_message"),
		]);
		const [root] = await folded(log, it);
		assert.deepEqual(root?.thread, {
			count: 2,
			lastAt: second.timestamp,
			userIds: [it.owner, it.member],
		});
		const replies = await folded(log, it, { kind: "thread", rootSeq: 1 });
		assert.deepEqual(
			replies.map(({ entry }) => entry.messageId),
			[first.messageId, second.messageId],
		);
		await log.append([erase({ ...it, targetId: second.messageId })]);
		const [shorter] = await folded(log, it);
		assert.deepEqual(
			[shorter?.thread?.count, shorter?.thread?.userIds],
			[1, [it.member]],
		);
		await log.append([erase({ ...it, targetId: first.messageId })]);
		assert.equal((await folded(log, it))[0]?.thread, null);
	});

	withLog(
		"the newest message of a thread is the last one that was not erased",
		async (log) => {
			const it = await withMessage(log);
			const reply = (timestamp: number) => ({
				...message(it.conversationId, it.member, "reply"),
				threadId: it.targetId,
				timestamp,
			});
			// The clock decides about times, and the log about the order.
			const [first, second, third] = [reply(30), reply(20), reply(40)];
			await log.append([first, second, third]);
			const lastAt = async () => (await folded(log, it))[0]?.thread?.lastAt;
			assert.equal(await lastAt(), 40);
			await log.append([erase({ ...it, targetId: third.messageId })]);
			assert.equal(await lastAt(), 20);
			await log.append([erase({ ...it, targetId: first.messageId })]);
			assert.equal(await lastAt(), 20);
			await log.append([reply(10)]);
			assert.equal(await lastAt(), 10);
		},
	);
}

function seqOf(outcome: Outcome | Error): number | undefined {
	return !(outcome instanceof Error) && "entry" in outcome
		? outcome.entry.seq
		: undefined;
}
