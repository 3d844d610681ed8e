import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { backUp } from "../../src/log/sqlite/backup.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { verify } from "../../src/log/sqlite/verify.ts";
import { temporaryDirectory } from "../support/server.ts";

const LUNCH = "3f0c9f0e-5d1b-4a36-9d53-6f1f4a0f8f01";
const WORK = "7d7c2c1e-2f63-4a5b-9a55-0d5a0c7c1b02";
const ALICE = "a11ce000-0000-4000-8000-000000000001";
const BOB = "b0b00000-0000-4000-8000-000000000002";
const CAROL = "ca401000-0000-4000-8000-000000000003";
const PHONE = "de71ce00-0000-4000-8000-000000000001";
const INDEX = "entries_by_client_message_id";
const LIMITS = { maxParticipants: 10, maxUnansweredAdditions: 10 };
const quiet = (): void => {};

const message = (conversationId: string, n: number, withId = false) =>
	({
		kind: "message",
		conversationId,
		senderId: ALICE,
		messageId: `${conversationId} ${n}`,
		timestamp: 1000 + n,
		clientMessageId: withId ? `client ${n}` : null,
		body: JSON.stringify({ content: `words of ${n}` }),
	}) as const;

/** Creates two conversations with messages, a watermark and a removal. The log stays open if `open` is set. */
async function aLog(): Promise<{ directory: string; log: SqliteLog }> {
	const directory = temporaryDirectory();
	const log = await SqliteLog.open(directory);
	onTestFinished(() => log.close());
	const [alice, bob] = [ALICE, BOB].map((userId) => ({ userId, admin: false }));
	if (!alice || !bob) throw new Error("nobody");
	await log.append([
		...[LUNCH, WORK].map(
			(conversationId) =>
				({
					kind: "create",
					conversationId,
					userId: ALICE,
					admin: false,
					title: null,
					metadata: "{}",
					participantIds: conversationId === LUNCH ? [BOB, CAROL] : [BOB],
					timestamp: 1000,
					limits: LIMITS,
				}) as const,
		),
		message(LUNCH, 1, true),
		message(LUNCH, 2, true),
		message(LUNCH, 3),
		message(WORK, 1, true),
		message(LUNCH, 4),
		{
			kind: "read",
			conversationId: LUNCH,
			userId: BOB,
			messageId: `${LUNCH} 3`,
		},
		{
			kind: "remove",
			conversationId: WORK,
			actor: alice,
			userId: BOB,
			messageId: "removal",
			timestamp: 1005,
			body: "{}",
		},
		{ kind: "rename", userId: BOB, name: "Bob" },
		{
			kind: "device",
			conversationId: LUNCH,
			userId: BOB,
			deviceId: PHONE,
			seq: 2,
			timestamp: 1006,
		},
	]);
	return { directory, log };
}

/** Creates the same log, closes it and damages it. */
async function damaged(damage: (db: DatabaseSync) => void): Promise<string> {
	const { directory, log } = await aLog();
	await log.close();
	const db = new DatabaseSync(join(directory, "messages.db"), {
		enableForeignKeyConstraints: false,
		defensive: false,
	});
	damage(db);
	db.close();
	return directory;
}

/** Returns all damage as the text that people read. */
async function wrongIn(directory: string): Promise<string[]> {
	const { whole, checks } = await verify(directory, quiet);
	const wrong = checks.flatMap(({ name, damage }) =>
		damage.map(
			({ conversationId, what }) =>
				`${name}: ${conversationId === null ? "" : `${conversationId}: `}${what}`,
		),
	);
	expect(whole).toBe(wrong.length === 0);
	return wrong;
}

/** Writes while an index is missing from the schema, so that the index never gets the rows. */
function behindTheIndex(sql: string): (db: DatabaseSync) => void {
	return (db) => {
		db.exec("PRAGMA writable_schema = ON");
		const row = db
			.prepare("SELECT * FROM sqlite_schema WHERE name = ?")
			.get(INDEX);
		db.prepare("DELETE FROM sqlite_schema WHERE name = ?").run(INDEX);
		db.exec("PRAGMA schema_version = 1000; PRAGMA writable_schema = RESET");
		db.exec(sql);
		db.exec("PRAGMA writable_schema = ON");
		db.prepare("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)").run(
			...Object.values(row ?? {}),
		);
		db.exec("PRAGMA schema_version = 2000; PRAGMA writable_schema = RESET");
	};
}

test("a log in use has no damage, and every check reports how many items it checked", async () => {
	const { directory, log } = await aLog();
	const { kind, whole, checks } = await verify(directory, quiet);
	expect({ kind, whole }).toEqual({ kind: "data directory", whole: true });
	expect(checks.flatMap(({ damage }) => damage)).toEqual([]);
	expect(
		Object.fromEntries(checks.map(({ name, looked }) => [name, looked])),
	).toEqual({
		integrity_check: expect.any(Number),
		schema: 32,
		epoch: 1,
		relations: 14,
		details: 2,
		"seq and heads": 6,
		"client message ids": 3,
		amendments: 0,
		marks: 0,
		threads: 0,
		mentions: 0,
		watermarks: 3,
		"delivery cursors": 1,
		"participant counts": 4,
		"unanswered additions": 1,
		"direct conversations": 0,
		"deleted conversations": 0,
	});
	await expect(log.append([message(WORK, 9)])).resolves.toMatchObject([
		{ kind: "stored", entry: { seq: 3 } },
	]);
	expect(await wrongIn(directory)).toEqual([]);
});

test("verification sees one moment, also while the log is written", async () => {
	const { directory, log } = await aLog();
	let writing = true;
	const writer = (async () => {
		for (let n = 10; writing; n++) await log.append([message(LUNCH, n)]);
	})();
	for (let i = 0; i < 20; i++) {
		expect(await wrongIn(directory)).toEqual([]);
		await new Promise(setImmediate);
	}
	writing = false;
	await writer;
});

describe("every kind of damage is found and named", () => {
	const key = `(SELECT key FROM conversations WHERE id = '${LUNCH}')`;
	const both = `conversation_key = ${key} AND seq`;
	test.for<
		[string, string | ((db: DatabaseSync) => void), (string | RegExp)[]]
	>([
		[
			"a missing message",
			`DELETE FROM entries WHERE ${both} = 2`,
			[`seq and heads: ${LUNCH}: seq 2 is missing`],
		],
		[
			"missing messages at the beginning of a conversation",
			`DELETE FROM entries WHERE ${both} < 3`,
			[`seq and heads: ${LUNCH}: seq 1 to 2 are missing`],
		],
		[
			"missing messages at the end of a conversation",
			`DELETE FROM entries WHERE ${both} > 2; UPDATE participants SET read_seq = 0`,
			[
				`seq and heads: ${LUNCH}: seq 3 to 4 are missing`,
				`seq and heads: ${LUNCH}: head_seq is 4, but should be 2`,
				`seq and heads: ${LUNCH}: last_chat_seq is 4, but should be 2`,
				`seq and heads: ${LUNCH}: chat_count is 4, but should be 2`,
				`seq and heads: ${LUNCH}: updated_at is 1004, but should be 1002`,
				`seq and heads: ${LUNCH}: activity is 5, but should be 2`,
			],
		],
		[
			"a head that is too low",
			`UPDATE conversations SET head_seq = 3 WHERE id = '${LUNCH}'`,
			[`seq and heads: ${LUNCH}: head_seq is 3, but should be 4`],
		],
		[
			"a head before any entry",
			`UPDATE conversations SET head_seq = 0, last_chat_seq = 0 WHERE id = '${WORK}'`,
			[
				`seq and heads: ${WORK}: head_seq is 0, but should be 2`,
				`seq and heads: ${WORK}: last_chat_seq is 0, but should be 1`,
			],
		],
		[
			"a time and a place in lists that are not the newest entry's",
			`UPDATE conversations SET updated_at = 1003, activity = 4 WHERE id = '${LUNCH}'`,
			[
				`seq and heads: ${LUNCH}: updated_at is 1003, but should be 1004`,
				`seq and heads: ${LUNCH}: activity is 4, but should be 5`,
			],
		],
		[
			"entries stored in an order different from their numbers",
			`UPDATE entries SET key = 99 WHERE ${both} = 1`,
			[`seq and heads: ${LUNCH}: seq 2 was stored before seq 1`],
		],
		[
			"no epoch",
			"DELETE FROM store",
			["epoch: the log has no epoch that is a UUID"],
		],
		[
			"an invalid epoch",
			"UPDATE store SET epoch = 'one'",
			["epoch: the log has no epoch that is a UUID"],
		],
		[
			"missing details of a conversation",
			`DELETE FROM conversation_details WHERE conversation_key = ${key}`,
			[`details: ${LUNCH}: title, metadata and creator are missing`],
		],
		[
			"wrong counts of participants",
			`UPDATE conversations SET participant_count = 4, owner_count = 0 WHERE id = '${LUNCH}'`,
			[
				`participant counts: ${LUNCH}: participant_count and owner_count are 4 and 0, but should be 3 and 1`,
			],
		],
		[
			"a missing participant",
			`DELETE FROM participants WHERE user_id = '${BOB}'`,
			[
				`participant counts: ${LUNCH}: participant_count and owner_count are 3 and 1, but should be 2 and 1`,
			],
		],
		[
			"wrong counts of unanswered additions",
			`UPDATE unanswered_additions SET count = 2`,
			[
				`unanswered additions: ${ALICE} has 2 unanswered additions of ${CAROL}, but should have 1`,
			],
		],
		[
			"a missing count of unanswered additions",
			"DELETE FROM unanswered_additions",
			[
				`unanswered additions: ${ALICE} has 0 unanswered additions of ${CAROL}, but should have 1`,
			],
		],
		[
			"an entry of an unknown type, and a body that is not JSON",
			`UPDATE entries SET type = 'chap' WHERE ${both} = 1; UPDATE entries SET body = '{"content":' WHERE ${both} = 2`,
			[
				`seq and heads: ${LUNCH}: seq 1 has the unknown type "chap"`,
				`seq and heads: ${LUNCH}: the body of seq 2 is not a JSON object`,
			],
		],
		[
			"a message in the index of the places where messages and amendments alternate",
			`UPDATE entries SET run_start = 1 WHERE seq = 1 AND conversation_key = ${key}`,
			[
				`amendments: ${LUNCH}: run_start of seq 1 does not match the entry before it`,
			],
		],
		[
			"a watermark beyond the head",
			`UPDATE participants SET read_seq = 99 WHERE user_id = '${BOB}' AND read_seq > 0`,
			[
				`watermarks: ${LUNCH}: ${BOB} has read up to seq 99, which is not a message`,
			],
		],
		[
			"a watermark on an entry that is not a message",
			`UPDATE participants SET read_seq = 2 WHERE user_id = '${ALICE}' AND conversation_key <> ${key}`,
			[
				`watermarks: ${WORK}: ${ALICE} has read up to seq 2, which is not a message`,
			],
		],
		[
			"a delivery cursor beyond the head",
			"UPDATE device_cursors SET seq = 5",
			[
				`delivery cursors: ${LUNCH}: the device ${PHONE} of ${BOB} has received up to seq 5, which does not exist`,
			],
		],
		[
			"a device whose proof is beyond its cursor",
			"UPDATE device_cursors SET proved_seq = 3",
			[
				`delivery cursors: ${LUNCH}: the device ${PHONE} of ${BOB} has proved seq 3, but resumes after seq 2`,
			],
		],
		[
			"entries of a missing conversation",
			`DELETE FROM conversations WHERE id = '${WORK}'`,
			[
				"relations: entries of a conversation that does not exist (key 2)",
				"relations: participants of a conversation that does not exist (key 2)",
				"relations: conversation_details of a conversation that does not exist (key 2)",
			],
		],
		[
			"a missing index of client message ids",
			`DROP INDEX ${INDEX}`,
			[`schema: the index ${INDEX} is missing`],
		],
		[
			"a missing index of client message ids, and a repeated id",
			`DROP INDEX ${INDEX}; UPDATE entries SET client_message_id = 'client 1' WHERE ${both} IN (2, 3)`,
			[
				`schema: the index ${INDEX} is missing`,
				`client message ids: ${LUNCH}: the client_message_id of seq 1 occurs 3 times`,
			],
		],
		[
			"an index of client message ids that is not unique",
			`DROP INDEX ${INDEX}; CREATE INDEX ${INDEX} ON entries (conversation_key, sender_id, client_message_id) WHERE client_message_id IS NOT NULL`,
			[`schema: the definition of the index ${INDEX} has changed`],
		],
		[
			"a client message id that is missing in its index",
			behindTheIndex(
				`UPDATE entries SET client_message_id = 'client 7' WHERE ${both} = 4`,
			),
			[
				/^integrity_check: .*row \d+ missing from index/,
				`client message ids: ${LUNCH}: the client_message_id of seq 4 cannot be found`,
			],
		],
		[
			"a repeated client message id that is missing in its index",
			behindTheIndex(
				`UPDATE entries SET client_message_id = 'client 1' WHERE ${both} = 2`,
			),
			[
				/^integrity_check: .*row \d+ missing from index/,
				`client message ids: ${LUNCH}: the client_message_id of seq 2 cannot be found`,
			],
		],
		[
			"an unknown trigger",
			"CREATE TRIGGER spy AFTER INSERT ON entries BEGIN SELECT 1; END",
			["schema: the trigger spy does not belong to SecureConnect"],
		],
		[
			"an unknown view and index",
			"CREATE VIEW v AS SELECT 1; CREATE INDEX extra ON users (name)",
			[
				"schema: the view v does not belong to SecureConnect",
				"schema: the index extra does not belong to SecureConnect",
			],
		],
		[
			"a missing table",
			"DROP TABLE participants",
			[
				"schema: the table participants is missing",
				"schema: the index participants_by_user is missing",
				"schema: the index participants_by_read_seq is missing",
				"schema: the index participants_by_joined_at is missing",
				"relations: SQLite cannot continue: no such table: participants",
				"watermarks: SQLite cannot continue: no such table: participants",
				"participant counts: SQLite cannot continue: no such table: participants",
				"unanswered additions: SQLite cannot continue: no such table: participants",
				"direct conversations: SQLite cannot continue: no such table: participants",
			],
		],
	])("%s", async ([, damage, says]) => {
		const directory = await damaged(
			typeof damage === "string" ? (db) => db.exec(damage) : damage,
		);
		expect(await wrongIn(directory)).toEqual(
			says.map((it) =>
				typeof it === "string" ? it : expect.stringMatching(it),
			),
		);
	});

	test("a check reports the first hundred damaged items and the number of further ones", async () => {
		const directory = await damaged((db) =>
			db.exec(
				`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
				 INSERT INTO participants (conversation_key, user_id, role, state, joined_at, read_seq)
				 SELECT 1, 'user ' || i, 'member', 'active', 0, 99 FROM n`,
			),
		);
		const { checks } = await verify(directory, quiet);
		expect(checks.find(({ name }) => name === "watermarks")).toMatchObject({
			damage: { length: 100 },
			more: 50,
			looked: 153,
		});
	});

	test("a file that is not a database is reported", async () => {
		const directory = temporaryDirectory();
		writeFileSync(join(directory, "messages.db"), "x".repeat(8192));
		expect(await wrongIn(directory)).toEqual([
			"file: SQLite cannot continue: file is not a database",
		]);
	});
});

/** Flips one bit of a byte of the database. */
function flip(directory: string, at: (bytes: Buffer) => number): void {
	const file = join(directory, "messages.db");
	const bytes = readFileSync(file);
	const position = at(bytes);
	bytes[position] = (bytes[position] ?? 0) ^ 1;
	writeFileSync(file, bytes);
}

test("a flipped bit in the file's structure is found in a data directory", async () => {
	const clean = await damaged(() => {});
	const pages = statSync(join(clean, "messages.db")).size / 4096;
	expect(pages).toBeGreaterThan(10);
	// The first byte of each page states its type. The first byte of the first page belongs to the file header.
	for (let page = 0; page < pages; page++) {
		const directory = temporaryDirectory();
		cpSync(clean, directory, { recursive: true });
		flip(directory, () => page * 4096);
		expect(await wrongIn(directory), `page ${page + 1}`).not.toEqual([]);
	}
});

test("any flipped bit is found in a backup, also in a message's text", async () => {
	const { directory, log } = await aLog();
	const backup = join(temporaryDirectory(), "backup");
	await backUp(directory, backup, quiet);
	await log.append([message(LUNCH, 5)]);
	expect(await verify(backup, quiet)).toMatchObject({
		kind: "backup",
		whole: true,
	});
	const words = join(temporaryDirectory(), "words");
	cpSync(backup, words, { recursive: true });
	flip(words, (bytes) => bytes.indexOf("words of 2"));
	expect(await wrongIn(words)).toEqual([
		"checksum: messages.db has changed since the backup: its SHA-256 differs from the one in SHA256SUMS",
	]);
});
