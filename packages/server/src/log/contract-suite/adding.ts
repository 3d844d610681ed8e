import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Limits } from "@secureconnect/protocol";
import type { MessageLog, Write } from "../contract.ts";
import {
	addition,
	created,
	creation,
	kinds,
	LIMITS,
	message,
	removal,
	type WithLog,
} from "./fixtures.ts";

const [ALICE, BOB, CAROL] = [randomUUID(), randomUUID(), randomUUID()];

export function adding(withLog: WithLog): void {
	withLog(
		"the number of participants of a conversation is limited",
		async (log) => {
			const limits = { ...LIMITS, maxParticipants: 3 };
			const { conversationId, owner, member } = await created(log);
			const add = (...userIds: string[]): Write =>
				addition(conversationId, owner, userIds, limits);
			const join = (userId: string): Write => ({
				kind: "join",
				conversationId,
				userId,
				timestamp: 1,
				maxParticipants: 3,
			});
			assert.deepEqual(
				await outcomes(log, [
					add(BOB, CAROL),
					add(BOB, BOB, member),
					add(CAROL),
					join(CAROL),
					join(BOB),
					add(owner, member, BOB),
					removal(conversationId, owner, BOB),
					join(CAROL),
					{ ...creation(randomUUID(), ALICE, [BOB, CAROL, owner]), limits },
					{ ...creation(randomUUID(), ALICE, [BOB, CAROL, ALICE]), limits },
				]),
				[
					"too_many_participants",
					"stored",
					"too_many_participants",
					"too_many_participants",
					"done",
					"done",
					"stored",
					"done",
					"too_many_participants",
					"done",
				],
			);
			const found = await log.conversation(conversationId);
			assert.deepEqual(
				found?.participants.map(({ userId }) => userId).sort(),
				[owner, member, CAROL].sort(),
			);
		},
	);

	withLog("a refused creation creates no conversation", async (log) => {
		const write = creation(randomUUID(), ALICE, [BOB]);
		const limits = { ...LIMITS, maxParticipants: 1 };
		assert.deepEqual(await outcomes(log, [{ ...write, limits }, write]), [
			"too_many_participants",
			"done",
		]);
	});

	withLog("unanswered additions of the same user are limited", async (log) => {
		const rooms = Array.from({ length: 9 }, () => randomUUID());
		const make = (i: number, ...others: string[]): Write => ({
			...creation(rooms[i] ?? "", ALICE, others),
			limits: { ...LIMITS, maxUnansweredAdditions: 2 },
		});
		const said = message(rooms[1] ?? "", ALICE, "hello");
		const ways: Write[] = [
			message(rooms[0] ?? "", BOB, "hello"),
			{
				kind: "read",
				conversationId: rooms[1] ?? "",
				userId: BOB,
				messageId: said.messageId,
			},
			{ kind: "answer", conversationId: rooms[2] ?? "", userId: BOB },
			removal(rooms[3] ?? "", BOB, BOB),
			removal(rooms[4] ?? "", ALICE, BOB),
		];
		assert.deepEqual(await outcomes(log, [make(0, BOB), make(1, BOB), said]), [
			"done",
			"done",
			"stored",
		]);
		for (const [i, way] of ways.entries()) {
			const [refused, , made] = await outcomes(log, [
				make(i + 2, CAROL, BOB),
				way,
				make(i + 2, BOB),
			]);
			assert.deepEqual(
				[refused, made],
				["too_many_unanswered_additions", "done"],
			);
		}
		// An answer counts only once.
		assert.deepEqual(await outcomes(log, [...ways.slice(1, 3), make(8, BOB)]), [
			"unchanged",
			"done",
			"too_many_unanswered_additions",
		]);
		const { membership } = await log.admission(rooms[0] ?? "", BOB);
		assert.equal(membership?.unanswered, false);
		const later = await log.admission(rooms[6] ?? "", BOB);
		assert.equal(later.membership?.unanswered, true);
	});

	withLog(
		"additions by admins and of the actor are not counted",
		async (log) => {
			const limits = { ...LIMITS, maxUnansweredAdditions: 1 };
			const rooms = Array.from({ length: 4 }, () => randomUUID());
			const made = rooms.map(
				(id): Write => ({ ...creation(id, CAROL, []), limits }),
			);
			const by = (admin: boolean) =>
				rooms.map(
					(id): Write => addition(id, ALICE, [ALICE, BOB], limits, admin),
				);
			await log.append(made);
			assert.deepEqual(
				await outcomes(log, by(true)),
				rooms.map(() => "stored"),
			);
			const { membership } = await log.admission(rooms[0] ?? "", BOB);
			assert.equal(membership?.unanswered, false);
		},
	);
}

export function blocking(withLog: WithLog): void {
	const block: Write = {
		kind: "block",
		userId: BOB,
		blockedId: ALICE,
		timestamp: 7,
	};

	withLog("a blocked user does not add the blocker", async (log) => {
		const [first, second] = [randomUUID(), randomUUID()];
		const present = async (conversationId: string) =>
			(await log.admission(conversationId, BOB)).membership !== null;
		assert.deepEqual(
			await outcomes(log, [
				block,
				block,
				creation(first, ALICE, [BOB, CAROL]),
				creation(second, ALICE, []),
				addition(second, ALICE, [CAROL, BOB]),
			]),
			["done", "done", "done", "done", "stored"],
		);
		assert.deepEqual(
			[await present(first), await present(second)],
			[false, false],
		);
		assert.equal((await log.conversation(first))?.participantCount, 2);
		assert.deepEqual(await log.blocksOf(BOB), [
			{ userId: ALICE, createdAt: 7 },
		]);
		assert.deepEqual(await log.blocksOf(ALICE), []);

		await log.append([addition(first, ALICE, [BOB], LIMITS, true)]);
		assert.equal(await present(first), true, "an admin adds anyone");
		const unblock = { kind: "unblock", userId: BOB, blockedId: ALICE } as const;
		await log.append([unblock, unblock, addition(second, ALICE, [BOB])]);
		assert.equal(await present(second), true);
		assert.deepEqual(await log.blocksOf(BOB), []);
	});

	withLog("a block keeps the blocker's participations", async (log) => {
		const conversationId = randomUUID();
		await log.append([creation(conversationId, ALICE, [BOB]), block]);
		const { membership } = await log.admission(conversationId, BOB);
		assert.ok(membership);
	});

	withLog("the number of blocks of a user is limited", async (log) => {
		const others = Array.from({ length: Limits.maxBlocks }, () => randomUUID());
		const all = others.map(
			(blockedId): Write => ({ ...block, kind: "block", blockedId }) as Write,
		);
		await log.append(all);
		assert.deepEqual(await outcomes(log, [block, ...all.slice(0, 1)]), [
			"too_many_blocks",
			"done",
		]);
		assert.deepEqual(
			(await log.blocksOf(BOB)).map(({ userId }) => userId),
			others.toSorted(),
		);
	});
}

async function outcomes(
	log: MessageLog,
	writes: readonly Write[],
): Promise<string[]> {
	return (await log.append(writes)).map(kinds);
}
