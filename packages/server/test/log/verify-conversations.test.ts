/** Checks of direct and deleted conversations. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { verify } from "../../src/log/sqlite/verify.ts";
import { temporaryDirectory } from "../support/server.ts";

const [ALICE, BOB] = [
	"a11ce000-0000-4000-8000-000000000001",
	"b0b00000-0000-4000-8000-000000000002",
];
const [DIRECT, GONE, LUNCH] = [randomUUID(), randomUUID(), randomUUID()];
const LIMITS = { maxParticipants: 10, maxUnansweredAdditions: 10 };

/** Creates a direct conversation, a deleted conversation and a third conversation. Returns the directory. */
async function aLog(): Promise<string> {
	const directory = temporaryDirectory();
	const log = await SqliteLog.open(directory);
	const alice = { userId: ALICE, admin: false };
	const create = (conversationId: string) =>
		({
			kind: "create",
			...alice,
			conversationId,
			title: null,
			metadata: "{}",
			participantIds: [BOB],
			timestamp: 1,
			limits: LIMITS,
		}) as const;
	await log.append([
		{
			kind: "direct",
			...alice,
			otherId: BOB,
			conversationId: DIRECT,
			timestamp: 1,
			limits: LIMITS,
		},
		create(GONE),
		create(LUNCH),
		...Array.from(
			{ length: 3 },
			(_, i) =>
				({
					kind: "message",
					conversationId: GONE,
					senderId: ALICE,
					messageId: randomUUID(),
					timestamp: 1,
					clientMessageId: null,
					body: `{"content":"${i}"}`,
				}) as const,
		),
		{ kind: "erase", conversationId: GONE, actor: alice },
	]);
	await log.close();
	return directory;
}

async function found(directory: string): Promise<string[]> {
	const { checks } = await verify(directory, () => {});
	return checks.flatMap(({ name, damage }) =>
		damage.map(({ what }) => `${name}: ${what}`),
	);
}

test("an interrupted deletion is not damage, and the next start finishes it", async () => {
	const directory = await aLog();
	expect(await found(directory)).toEqual([]);
	await (await SqliteLog.open(directory)).close();
	const { checks } = await verify(directory, () => {});
	const looked = Object.fromEntries(checks.map((it) => [it.name, it.looked]));
	expect(looked).toMatchObject({
		details: 2,
		"seq and heads": 0,
		"deleted conversations": 1,
	});
});

test("direct and deleted conversations are not damage", async () => {
	const directory = await aLog();
	const { checks } = await verify(directory, () => {});
	expect(checks.flatMap(({ damage }) => damage)).toEqual([]);
	const looked = Object.fromEntries(checks.map((it) => [it.name, it.looked]));
	expect(looked).toMatchObject({
		details: 3,
		"direct conversations": 1,
		"deleted conversations": 1,
	});
});

const PAIR = `${ALICE} and ${BOB}`;
const key = (id: string) =>
	`(SELECT key FROM conversations WHERE id = '${id}')`;

test.each([
	[
		"a third participant",
		`INSERT INTO participants (conversation_key, user_id, role, state, joined_at)
		 VALUES (${key(DIRECT)}, 'carol', 'member', 'left', 1)`,
		`direct conversations: its participants are not exactly ${PAIR}, whose direct conversation it is`,
	],
	[
		"a participant who left",
		`UPDATE participants SET state = 'left', added_by = NULL
		 WHERE conversation_key = ${key(DIRECT)} AND user_id = '${ALICE}'`,
		`direct conversations: its participants are not exactly ${PAIR}, whose direct conversation it is`,
	],
	[
		"a pair whose conversation is missing",
		"UPDATE direct_conversations SET conversation_key = 99",
		`direct conversations: the direct conversation of ${PAIR} is not there (key 99)`,
	],
	[
		"a deleted conversation that still exists",
		`UPDATE deleted_conversations SET id = '${LUNCH}'`,
		"deleted conversations: the conversation was deleted, but is there",
	],
])("%s is found", async (_, sql, what) => {
	const directory = await aLog();
	const db = new DatabaseSync(join(directory, "messages.db"), {
		enableForeignKeyConstraints: false,
	});
	db.exec(sql);
	db.close();
	expect(await found(directory)).toContain(what);
});
