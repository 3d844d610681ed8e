import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { MessageLog, Write, Writes } from "../contract.ts";
import {
	addition,
	BYTES,
	created,
	creation,
	kinds,
	LIMITS,
	listed,
	message,
	newest,
	removal,
	type WithLog,
} from "./fixtures.ts";

export function changing(withLog: WithLog): void {
	withLog("a change appends what has a new value", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const outcomes = await log.append([
			change(conversationId, owner, { title: "other", closed: false }),
			change(conversationId, owner, { title: "other", metadata: '{"a":1}' }),
			change(conversationId, member, { title: "mine" }),
			change(conversationId, randomUUID(), { title: "mine" }),
			message(conversationId, member, "open"),
			change(conversationId, randomUUID(), { closed: true }, true),
			message(conversationId, owner, "closed"),
			change(conversationId, owner, {
				title: null,
				metadata: '{"b":2}',
				closed: false,
			}),
			message(conversationId, member, "open again"),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"done",
			"not_owner",
			"not_participant",
			"stored",
			"stored",
			"read_only",
			"stored",
			"stored",
		]);
		assert.deepEqual(await bodies(log, conversationId, owner), [
			["conversation_changed", { title: "other" }],
			["chat", { content: "open" }],
			["conversation_changed", { closed: true }],
			[
				"conversation_changed",
				{ title: null, metadata: { b: 2 }, closed: false },
			],
			["chat", { content: "open again" }],
		]);
		const found = await log.conversation(conversationId);
		assert.deepEqual(
			[found?.title, found?.metadata, found?.closed],
			[null, '{"b":2}', false],
		);
	});

	withLog("a change does not count and does not move up", async (log) => {
		const user = randomUUID();
		const [first, second] = [
			await created(log, user),
			await created(log, user),
		];
		await log.append([
			message(first.conversationId, first.member, "a"),
			message(second.conversationId, second.member, "b"),
			change(first.conversationId, user, { title: "other" }),
			assign(first.conversationId, user, first.member, "reader"),
			addition(first.conversationId, user, [randomUUID()]),
		]);
		const { conversations, ids } = await listed(log, user, 10);
		assert.deepEqual(ids, [second.conversationId, first.conversationId]);
		assert.deepEqual(
			conversations.map(({ unread, headSeq }) => [unread, headSeq]),
			[
				[1, 1],
				[1, 4],
			],
		);
	});

	withLog("an addition is an entry before later messages", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const [one, two] = [randomUUID(), randomUUID()].sort();
		await log.append([
			addition(conversationId, owner, [two ?? "", one ?? "", member]),
			addition(conversationId, owner, [one ?? ""]),
			message(conversationId, owner, "hello"),
		]);
		assert.deepEqual(await bodies(log, conversationId, one ?? ""), [
			["participant_added", { user_ids: [one, two] }],
			["chat", { content: "hello" }],
		]);
	});

	withLog("an owner gives roles, and one owner stays", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const stranger = randomUUID();
		const outcomes = await log.append([
			assign(conversationId, member, member, "owner"),
			assign(conversationId, stranger, member, "owner"),
			assign(conversationId, owner, stranger, "reader"),
			assign(conversationId, owner, owner, "member"),
			assign(conversationId, stranger, owner, "member", true),
			assign(conversationId, owner, member, "reader"),
			assign(conversationId, owner, member, "reader"),
			message(conversationId, member, "refused"),
			assign(conversationId, owner, member, "owner"),
			assign(conversationId, member, owner, "moderator"),
			message(conversationId, owner, "stored"),
			assign(conversationId, owner, owner, "owner"),
			assign(conversationId, member, member, "member"),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"not_owner",
			"not_participant",
			"unknown_participant",
			"last_owner",
			"last_owner",
			"stored",
			"done",
			"read_only",
			"stored",
			"stored",
			"stored",
			"not_owner",
			"last_owner",
		]);
		const { membership } = await log.admission(conversationId, owner);
		assert.equal(membership?.role, "moderator");
	});

	withLog("a participant's settings are the participant's own", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const said = message(conversationId, owner, "a");
		const settings = { mutedUntil: 5, favourite: true, markedUnread: true };
		const outcomes = await log.append([
			said,
			read(conversationId, member, said.messageId),
			configure(conversationId, member, settings),
			configure(conversationId, member, { archived: true, favourite: false }),
			configure(conversationId, randomUUID(), settings),
		]);
		const stored = { mutedUntil: 5, archived: true, favourite: false };
		assert.deepEqual(outcomes.slice(2), [
			{
				kind: "configured",
				settings: { archived: false, ...settings },
			},
			{ kind: "configured", settings: { ...stored, markedUnread: true } },
			{ kind: "refused", reason: "not_participant" },
		]);
		// The message was read before.
		await log.append([read(conversationId, member, said.messageId)]);
		const expected = { ...stored, markedUnread: false };
		const [row] = (await listed(log, member, 10)).conversations;
		assert.deepEqual({ ...row, ...expected }, row);
		assert.deepEqual(await log.summary(conversationId, member), row);
		assert.equal((await log.summary(conversationId, owner))?.mutedUntil, null);
		await log.append([removal(conversationId, member, member)]);
		assert.equal(await log.summary(conversationId, member), undefined);
		await log.append([addition(conversationId, owner, [member])]);
		const again = await log.summary(conversationId, member);
		assert.deepEqual({ ...again, ...expected }, again);
	});
}

export function directing(withLog: WithLog): void {
	withLog("two users have one direct conversation", async (log) => {
		const [alice, bob, carol] = [randomUUID(), randomUUID(), randomUUID()];
		const outcomes = await log.append([
			direct(alice, bob),
			direct(bob, alice),
			direct(alice, carol),
		]);
		const [first, second, other] = outcomes.map((outcome) => {
			assert.ok(!(outcome instanceof Error) && outcome.kind === "direct");
			return outcome;
		});
		assert.deepEqual([first?.created, second?.created], [true, false]);
		assert.equal(first?.conversationId, second?.conversationId);
		assert.notEqual(first?.conversationId, other?.conversationId);
		const id = first?.conversationId ?? "";
		const found = await log.conversation(id);
		assert.deepEqual(found?.directUserIds, [alice, bob].sort());
		assert.deepEqual(
			found?.participants.map(({ userId, role }) => [userId, role]).sort(),
			[
				[alice, "member"],
				[bob, "member"],
			].sort(),
		);
		const [row] = (await listed(log, bob, 10)).conversations;
		assert.deepEqual(row?.directUserIds, [alice, bob].sort());
		const changes = await log.append([
			addition(id, carol, [carol], LIMITS, true),
			addition(id, alice, [carol]),
			removal(id, alice, alice),
			removal(id, alice, bob),
			removal(id, carol, bob, true),
			assign(id, carol, bob, "owner", true),
			change(id, alice, { closed: true }),
			erase(id, alice),
			{
				kind: "join",
				conversationId: id,
				userId: carol,
				timestamp: 1,
				maxParticipants: 10,
			},
		]);
		assert.deepEqual(changes.map(kinds), [
			"direct_conversation",
			"not_owner",
			"direct_conversation",
			"direct_conversation",
			"direct_conversation",
			"direct_conversation",
			"not_owner",
			"not_owner",
			"direct_conversation",
		]);
		assert.equal((await log.admission(id, carol)).barred, true);
	});

	withLog("a direct conversation is an addition", async (log) => {
		const [alice, bob, carol] = [randomUUID(), randomUUID(), randomUUID()];
		const limits = { ...LIMITS, maxUnansweredAdditions: 1 };
		const outcomes = await log.append([
			{ kind: "block", userId: bob, blockedId: alice, timestamp: 1 },
			direct(alice, bob),
			direct(bob, alice),
			direct(alice, bob),
			creation(randomUUID(), alice, [carol]),
			{ ...direct(alice, carol), limits },
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"done",
			"blocked",
			"direct",
			"direct",
			"done",
			"too_many_unanswered_additions",
		]);
	});
}

export function deleting(withLog: WithLog): void {
	withLog("a deleted conversation is gone, except its id", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const other = await created(log, owner);
		await log.append([
			message(conversationId, owner, "a"),
			{
				...message(conversationId, owner, "b"),
				mentions: { userIds: [member], all: true },
			},
			{
				kind: "device",
				conversationId,
				userId: member,
				deviceId: randomUUID(),
				seq: null,
				timestamp: 1,
			},
		]);
		const outcomes = await log.append([
			erase(conversationId, member),
			erase(conversationId, randomUUID()),
			erase(conversationId, owner),
			erase(conversationId, owner),
			message(conversationId, owner, "c"),
			creation(conversationId, owner, []),
			{
				kind: "join",
				conversationId,
				userId: owner,
				timestamp: 1,
				maxParticipants: 10,
			},
			message(other.conversationId, owner, "d"),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"not_owner",
			"not_participant",
			"done",
			"not_participant",
			"not_participant",
			"exists",
			"deleted",
			"stored",
		]);
		assert.equal(await log.conversation(conversationId), undefined);
		assert.equal(await log.head(conversationId), undefined);
		assert.deepEqual((await listed(log, owner, 10)).ids, [
			other.conversationId,
		]);
		assert.deepEqual((await listed(log, member, 10)).ids, []);
		assert.deepEqual(await log.admission(conversationId, owner), {
			exists: false,
			headSeq: 0,
			membership: null,
			barred: true,
		});
	});

	withLog(
		"a deleted conversation's content is purged in parts",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const count = 2500;
			const users = Array.from({ length: 2500 }, () => randomUUID());
			const limits = { ...LIMITS, maxParticipants: 5000 };
			await log.append([addition(conversationId, owner, users, limits)]);
			await log.append(
				Array.from({ length: count }, (_, i) =>
					message(conversationId, owner, `${i}`),
				),
			);
			await log.append([erase(conversationId, owner)]);
			const other = await created(log, owner);
			let parts = 0;
			for (let more = true; more; parts++) {
				const [outcome] = await log.append([
					{ kind: "purge", userId: owner, conversationId },
				]);
				assert.ok(!(outcome instanceof Error) && outcome?.kind === "purged");
				more = outcome.more;
				assert.deepEqual((await listed(log, owner, 10)).ids, [
					other.conversationId,
				]);
				assert.deepEqual((await listed(log, member, 10)).ids, []);
			}
			assert.ok(parts > 5, `${parts}`);
			const again = await log.append([{ kind: "purge", userId: owner }]);
			assert.deepEqual(again, [{ kind: "purged", more: false }]);
		},
	);

	withLog("a deletion answers the additions", async (log) => {
		const [alice, bob] = [randomUUID(), randomUUID()];
		const [first, second] = [randomUUID(), randomUUID()];
		const limits = { ...LIMITS, maxUnansweredAdditions: 1 };
		const outcomes = await log.append([
			{ ...creation(first, alice, [bob]), limits },
			{ ...creation(second, alice, [bob]), limits },
			erase(first, alice),
			{ kind: "purge", userId: alice },
			{ ...creation(second, alice, [bob]), limits },
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"done",
			"too_many_unanswered_additions",
			"done",
			"purged",
			"done",
		]);
	});

	withLog("the order of a list outlives the newest entry", async (log) => {
		const user = randomUUID();
		const [first, newestOne] = [
			await created(log, user),
			await created(log, user),
		];
		await log.append([
			message(first.conversationId, user, "a"),
			message(newestOne.conversationId, user, "b"),
			message(newestOne.conversationId, user, "c"),
		]);
		const empty = await created(log, user);
		await log.append([
			erase(newestOne.conversationId, user),
			...Array.from(
				{ length: 3 },
				(): Write => ({ kind: "purge", userId: user }),
			),
			message(first.conversationId, user, "d"),
		]);
		const { ids } = await listed(log, user, 10);
		assert.deepEqual(ids, [first.conversationId, empty.conversationId]);
	});
}

function change(
	conversationId: string,
	userId: string,
	fields: Pick<Writes["change"], "title" | "metadata" | "closed">,
	admin = false,
): Write {
	return {
		kind: "change",
		conversationId,
		actor: { userId, admin },
		messageId: randomUUID(),
		timestamp: 1,
		...fields,
	};
}

function assign(
	conversationId: string,
	actorId: string,
	userId: string,
	role: Writes["assign"]["role"],
	admin = false,
): Write {
	return {
		kind: "assign",
		conversationId,
		actor: { userId: actorId, admin },
		userId,
		role,
		messageId: randomUUID(),
		timestamp: 1,
	};
}

function configure(
	conversationId: string,
	userId: string,
	settings: Writes["configure"]["settings"],
): Write {
	return { kind: "configure", conversationId, userId, settings };
}

function direct(
	userId: string,
	otherId: string,
): { kind: "direct" } & Writes["direct"] {
	return {
		kind: "direct",
		userId,
		admin: false,
		otherId,
		conversationId: randomUUID(),
		timestamp: 1,
		limits: LIMITS,
	};
}

function erase(conversationId: string, userId: string): Write {
	return { kind: "erase", conversationId, actor: { userId, admin: false } };
}

function read(
	conversationId: string,
	userId: string,
	messageId: string,
): Write {
	return { kind: "read", conversationId, userId, messageId };
}

async function bodies(
	log: MessageLog,
	conversationId: string,
	userId: string,
): Promise<unknown[]> {
	const page = await log.page(conversationId, userId, newest, 100, BYTES);
	return (page?.entries ?? []).map(({ type, body }) => [
		type,
		JSON.parse(body) as unknown,
	]);
}
