import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { MessageLog, OwnSettings } from "../contract.ts";
import {
	addition,
	atOnce,
	created,
	listed,
	message,
	removal,
	type WithLog,
} from "./fixtures.ts";

/** Defines tests of the reads for lists of users who are connected. */
export function inboxes(withLog: WithLog): void {
	withLog("recentOf equals the first page of the list", async (log) => {
		const user = randomUUID();
		for (let i = 0; i < 30; i++) {
			const { conversationId, member } = await created(log, user);
			await log.append([message(conversationId, member, `hello ${i}`)]);
		}
		const { conversations } = await listed(log, user, 30);
		assert.deepEqual(await log.recentOf(user, 30, atOnce), {
			conversations,
			more: false,
		});
		const first = await log.recentOf(user, 10, atOnce);
		assert.deepEqual(first, {
			conversations: conversations.slice(0, 10),
			more: true,
		});
	});

	withLog("lists shorten a long last message", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const shown = async (body: object) => {
			await log.append([
				{
					...message(conversationId, owner, ""),
					body: JSON.stringify(body),
				},
			]);
			const { conversations } = await log.recentOf(member, 1, atOnce);
			const rows = await log.rowsOf(conversationId, [member]);
			const last = conversations[0]?.lastMessage;
			assert.deepEqual(rows?.conversation.lastMessage, last);
			return JSON.parse(last?.body ?? "null") as unknown;
		};
		const kept = { message_type: "text", reply_to: randomUUID() };
		const metadata = { a: "b" };
		const short = { content: "x".repeat(3500), metadata, ...kept };
		assert.deepEqual(await shown(short), short);
		for (const [content, length] of [
			['\u00fc\u{1f600}"\\'.repeat(100_000), 1000],
			// The body alone is short enough, and the frame is not.
			["\u{1f600}".repeat(980), 980],
		] as const)
			assert.deepEqual(await shown({ content, metadata, ...kept }), {
				content: Array.from(content).slice(0, length).join(""),
				metadata: {},
				...kept,
				truncated: true,
			});
		const large = { content: "x", metadata: { a: "y".repeat(5000) }, ...kept };
		assert.deepEqual(await shown(large), {
			...large,
			metadata: {},
			truncated: true,
		});
	});

	withLog(
		"rowsOf returns the rows of the participants among the users, like their lists",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const [third, gone] = [randomUUID(), randomUUID()];
			const mentions = { userIds: [third], all: false };
			const read = message(conversationId, owner, "one");
			await log.append([
				addition(conversationId, owner, [third, gone]),
				read,
				{ ...message(conversationId, owner, "two"), mentions },
				{
					...message(conversationId, owner, "three"),
					mentions: { userIds: [], all: true },
				},
				removal(conversationId, owner, gone),
				{
					kind: "read",
					conversationId,
					userId: third,
					messageId: read.messageId,
				},
				settings(conversationId, member, { archived: true, mutedUntil: 5 }),
			]);
			const rows = await log.rowsOf(conversationId, [
				gone,
				third,
				randomUUID(),
				member,
			]);
			const due = await Promise.all(
				[third, member].map(async (userId) => ({
					userId,
					summary: await log.summary(conversationId, userId),
				})),
			);
			assert.deepEqual(
				new Map(
					rows?.own.map(({ userId, ...own }) => [
						userId,
						{ ...rows.conversation, ...own },
					]),
				),
				new Map(due.map(({ userId, summary }) => [userId, summary])),
			);
			assert.deepEqual(
				due.map(({ summary }) => [summary?.unread, summary?.mentions]),
				[
					[2, 2],
					[3, 1],
				],
			);
			assert.equal(await log.rowsOf(conversationId, [gone]), undefined);
			assert.equal(await log.rowsOf(randomUUID(), [member]), undefined);
		},
	);

	withLog(
		"unreadOf counts conversations that are neither archived nor muted now",
		async (log) => {
			const user = randomUUID();
			const ids: string[] = [];
			for (let i = 0; i < 6; i++) {
				const { conversationId, member } = await created(log, user);
				ids.push(conversationId);
				if (i === 0) continue;
				await log.append([
					{
						...message(conversationId, member, "hello"),
						mentions: { userIds: i === 1 ? [user] : [], all: false },
					},
				]);
			}
			const [, plain = "", archived = "", muted = "", later = "", past = ""] =
				ids;
			await log.append([
				settings(archived, user, { archived: true, mutedUntil: 150 }),
				settings(muted, user, { mutedUntil: 200 }),
				settings(later, user, { mutedUntil: 300 }),
				settings(past, user, { mutedUntil: 100 }),
			]);
			const counted = async (now: number) => {
				const { counts, mutedUntil } = await log.unreadOf(user, now, atOnce);
				return {
					counts: new Map(
						counts.map(({ conversationId, ...count }) => [
							conversationId,
							count,
						]),
					),
					mutedUntil,
				};
			};
			const one = { unread: 1, mentions: 0 };
			const first = [plain, { unread: 1, mentions: 1 }] as const;
			assert.deepEqual(await counted(100), {
				counts: new Map([first, [past, one]]),
				mutedUntil: 200,
			});
			assert.deepEqual(await counted(200), {
				counts: new Map([first, [past, one], [muted, one]]),
				mutedUntil: 300,
			});
			assert.deepEqual((await counted(300)).mutedUntil, null);
			await log.append([
				{
					kind: "erase",
					conversationId: plain,
					actor: { userId: user, admin: false },
				},
			]);
			assert.equal((await counted(100)).counts.has(plain), false);
			const nobody = await log.unreadOf(randomUUID(), 0, atOnce);
			assert.deepEqual(nobody, { counts: [], mutedUntil: null });
		},
	);

	withLog(
		"participantIds returns the participants unless there are too many",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const gone = randomUUID();
			await log.append([
				addition(conversationId, owner, [gone]),
				removal(conversationId, owner, gone),
			]);
			const ids = await log.participantIds(conversationId, 2);
			assert.deepEqual(new Set(ids), new Set([owner, member]));
			assert.equal(await log.participantIds(conversationId, 1), undefined);
			assert.deepEqual(await log.participantIds(randomUUID(), 0), []);
		},
	);

	withLog(
		"the participants of an erased conversation are known until they are purged",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const erased = (after?: string, limit = 10) =>
				log.erasedParticipantIds(conversationId, after, limit);
			assert.deepEqual(await erased(), []);
			await erase(log, conversationId, owner);
			const ids = [owner, member].sort();
			assert.deepEqual(await erased(), ids);
			assert.deepEqual(await erased(undefined, 1), ids.slice(0, 1));
			assert.deepEqual(await erased(ids[0]), ids.slice(1));
			assert.deepEqual(await log.participantIds(conversationId, 9), []);
			await log.append([{ kind: "purge", userId: owner, conversationId }]);
			assert.deepEqual(await erased(), []);
		},
	);
}

async function erase(
	log: MessageLog,
	conversationId: string,
	userId: string,
): Promise<void> {
	const actor = { userId, admin: false };
	assert.deepEqual(
		await log.append([{ kind: "erase", conversationId, actor }]),
		[{ kind: "done" }],
	);
}

function settings(
	conversationId: string,
	userId: string,
	changed: Partial<OwnSettings>,
) {
	return {
		kind: "configure",
		conversationId,
		userId,
		settings: changed,
	} as const;
}
