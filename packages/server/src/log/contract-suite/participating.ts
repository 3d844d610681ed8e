import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Write } from "../contract.ts";
import {
	addition,
	created,
	creation,
	kinds,
	LIMITS,
	message,
	removal,
	texts,
	type WithLog,
} from "./fixtures.ts";

export function participating(withLog: WithLog): void {
	withLog("a conversation is created once", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const [again] = await log.append([creation(conversationId, member, [])]);
		assert.deepEqual(again, { kind: "refused", reason: "exists" });
		const found = await log.conversation(conversationId);
		assert.deepEqual(
			found?.participants.map(({ userId, role }) => [userId, role]).sort(),
			[
				[owner, "owner"],
				[member, "member"],
			].sort(),
		);
		assert.deepEqual(
			[found?.createdBy, found?.title, found?.metadata, found?.headSeq],
			[owner, "title", '{"a":1}', 0],
		);
		assert.equal(await log.conversation(randomUUID()), undefined);
	});

	withLog("join creates, joins, and respects a removal", async (log) => {
		const conversationId = randomUUID();
		const [first, second] = [randomUUID(), randomUUID()];
		const join = (userId: string): Write => ({
			kind: "join",
			conversationId,
			userId,
			timestamp: 1,
			maxParticipants: 1000,
		});
		const outcomes = await log.append([
			join(first),
			join(second),
			join(second),
			removal(conversationId, first, second),
			join(second),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"done",
			"done",
			"done",
			"stored",
			"removed",
		]);
		const { membership } = await log.admission(conversationId, first);
		assert.equal(membership?.role, "owner");
	});

	withLog("a user who left may join again", async (log) => {
		const { conversationId, member } = await created(log);
		const outcomes = await log.append([
			removal(conversationId, member, member),
			{
				kind: "join",
				conversationId,
				userId: member,
				timestamp: 2,
				maxParticipants: 1000,
			},
		]);
		assert.deepEqual(outcomes.map(kinds), ["stored", "done"]);
	});

	withLog("only owners and admins add and remove", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const [guest, stranger] = [randomUUID(), randomUUID()];
		const add = (userId: string, admin = false): Write =>
			addition(conversationId, userId, [guest, owner], LIMITS, admin);
		const outcomes = await log.append([
			add(member),
			add(stranger),
			add(owner),
			removal(conversationId, member, guest),
			removal(conversationId, stranger, guest),
			removal(conversationId, owner, stranger),
			removal(conversationId, owner, guest),
			add(stranger, true),
			removal(conversationId, stranger, guest, true),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"not_owner",
			"not_participant",
			"stored",
			"not_owner",
			"not_participant",
			"unknown_participant",
			"stored",
			"stored",
			"stored",
		]);
		const { membership } = await log.admission(conversationId, owner);
		assert.equal(membership?.role, "owner", "adding an owner changes nothing");
	});

	withLog(
		"when the last owner leaves, a participant becomes owner",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const later = randomUUID();
			const role = async (userId: string) =>
				(await log.admission(conversationId, userId)).membership?.role;
			await log.append([
				addition(conversationId, owner, [later]),
				removal(conversationId, owner, owner),
			]);
			assert.deepEqual(
				[await role(member), await role(later)],
				["owner", "member"],
			);
			await log.append([removal(conversationId, later, later)]);
			assert.equal(await role(member), "owner");
		},
	);

	withLog(
		"a reader becomes owner only if there are only readers",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const later = randomUUID();
			const toReader = (userId: string) =>
				({
					kind: "assign",
					conversationId,
					actor: { userId: owner, admin: false },
					userId,
					role: "reader",
					messageId: randomUUID(),
					timestamp: Date.now(),
				}) as const;
			const role = async (userId: string) =>
				(await log.admission(conversationId, userId)).membership?.role;
			await log.append([
				addition(conversationId, owner, [later]),
				toReader(member),
				removal(conversationId, owner, owner),
			]);
			assert.deepEqual(
				[await role(member), await role(later)],
				["reader", "owner"],
			);
			await log.append([removal(conversationId, later, later)]);
			assert.equal(await role(member), "owner");
		},
	);

	withLog("joins and leaves update the number of participants", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const others = Array.from({ length: 3 }, () => randomUUID());
		const counts: (number | undefined)[] = [];
		for (const write of [
			addition(conversationId, owner, [...others, ...others, member]),
			addition(conversationId, owner, others),
			removal(conversationId, member, member),
			removal(conversationId, member, member),
			removal(conversationId, owner, owner),
		]) {
			await log.append([write]);
			const found = await log.conversation(conversationId);
			counts.push(found?.participantCount);
			assert.equal(found?.participants.length, found?.participantCount);
		}
		assert.deepEqual(counts, [5, 5, 4, 4, 3]);
	});
}

export function marking(withLog: WithLog): void {
	withLog("a watermark only moves forward", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const writes = texts(3).map((t) => message(conversationId, owner, t));
		await log.append(writes);
		const read = (i: number): Write => ({
			kind: "read",
			conversationId,
			userId: member,
			messageId: writes[i]?.messageId ?? "",
		});
		const outcomes = await log.append([read(1), read(1), read(0), read(2)]);
		assert.deepEqual(outcomes, [
			{ kind: "advanced", seq: 2 },
			{ kind: "unchanged" },
			{ kind: "unchanged" },
			{ kind: "advanced", seq: 3 },
		]);
		assert.deepEqual(
			await log.watermarks(conversationId, 10),
			[
				{
					userId: member,
					name: null,
					messageId: writes[2]?.messageId,
					seq: 3,
				},
				{
					userId: owner,
					name: null,
					messageId: writes[2]?.messageId,
					seq: 3,
				},
			].sort((a, b) => b.userId.localeCompare(a.userId)),
		);
	});

	withLog(
		"a watermark must name a chat message of its conversation",
		async (log) => {
			const one = await created(log);
			const two = await created(log);
			const elsewhere = message(two.conversationId, two.owner, "a");
			const gone = removal(one.conversationId, one.owner, one.member);
			await log.append([elsewhere, gone]);
			const read = (userId: string, messageId: string): Write => ({
				kind: "read",
				conversationId: one.conversationId,
				userId,
				messageId,
			});
			const outcomes = await log.append([
				read(one.owner, elsewhere.messageId),
				read(one.owner, gone.messageId),
				read(one.owner, randomUUID()),
				read(one.member, elsewhere.messageId),
			]);
			assert.deepEqual(outcomes.map(kinds), [
				"unknown_message",
				"unknown_message",
				"unknown_message",
				"not_participant",
			]);
		},
	);
}
