import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { MIGRATIONS } from "../../src/log/sqlite/migrations.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { verify } from "../../src/log/sqlite/verify.ts";
import { temporaryDirectory } from "../support/server.ts";

const ALICE = "a11ce000-0000-4000-8000-000000000001";
const BOB = "b0b00000-0000-4000-8000-000000000002";
const FAR = Date.UTC(2100, 0);

/** Creates a directory as schema 3 left it: conversations, and all their entries in the order of the log. */
function schema3(
	conversations: readonly { id: string; createdAt: number }[],
	entries: readonly { id: string; timestamp: number }[],
): string {
	const directory = temporaryDirectory();
	const db = new DatabaseSync(join(directory, "messages.db"));
	for (const { sql } of MIGRATIONS.slice(0, 3)) db.exec(sql);
	db.exec("PRAGMA user_version = 3");
	for (const { id, createdAt } of conversations) {
		db.prepare(
			`INSERT INTO conversations (id, title, metadata, created_by, created_at, updated_at, head_seq, last_chat_seq)
			 VALUES (?, 'title', '{"a":1}', ?, ?, ?, 0, 0)`,
		).run(id, ALICE, createdAt, createdAt);
		const add = db.prepare(
			`INSERT INTO participants (conversation_key, user_id, role, state, joined_at)
			 SELECT key, ?, ?, ?, 0 FROM conversations WHERE id = ?`,
		);
		add.run(ALICE, "owner", "active", id);
		add.run(BOB, "owner", "removed", id);
	}
	for (const [i, { id, timestamp }] of entries.entries()) {
		db.prepare(
			`UPDATE conversations SET head_seq = head_seq + 1, last_chat_seq = head_seq + 1,
			 updated_at = max(updated_at, ?) WHERE id = ?`,
		).run(timestamp, id);
		db.prepare(
			`INSERT INTO entries (conversation_key, seq, type, message_id, sender_id, timestamp, body)
			 SELECT key, head_seq, 'chat', ?, ?, ?, '{}' FROM conversations WHERE id = ?`,
		).run(`message ${i}`, ALICE, timestamp, id);
	}
	db.close();
	return directory;
}

/** Migrates a database of schema 3 to a later version. */
function migrate(db: DatabaseSync, version: number): void {
	db.exec("PRAGMA foreign_keys = OFF");
	for (let i = 3; i < version; i++) {
		MIGRATIONS[i]?.prepare?.(db, () => {});
		db.exec(`${MIGRATIONS[i]?.sql}; PRAGMA user_version = ${i + 1}`);
	}
}

test("a directory of schema 3 gets the log's order, the times of the newest entries, and counts", async () => {
	const directory = schema3(
		[
			{ id: "early", createdAt: 10 },
			{ id: "ahead", createdAt: 20 },
			{ id: "empty", createdAt: 25 },
			{ id: "busy", createdAt: 30 },
		],
		[
			{ id: "early", timestamp: 15 },
			// The clock was ahead for one entry.
			{ id: "ahead", timestamp: FAR },
			{ id: "ahead", timestamp: 24 },
			{ id: "busy", timestamp: 40 },
		],
	);
	const log = await SqliteLog.open(directory);
	onTestFinished(() => log.close());
	const page = await log.conversationsOf(
		ALICE,
		10,
		1e6,
		undefined,
		async (part) => part(),
	);
	expect(
		page?.conversations.map((it) => [it.conversationId, it.updatedAt]),
	).toEqual([
		["busy", 40],
		["empty", 25],
		["ahead", 24],
		["early", 15],
	]);
	expect(await log.conversation("ahead")).toMatchObject({
		title: "title",
		metadata: '{"a":1}',
		createdBy: ALICE,
		createdAt: 20,
		headSeq: 2,
		participantCount: 1,
		participants: [{ userId: ALICE, role: "owner" }],
	});
	expect(await verify(directory, () => {})).toMatchObject({ whole: true });
});

test("an interrupted migration changes nothing, and the next start repeats it", async () => {
	const directory = schema3([{ id: "one", createdAt: 1 }], []);
	const path = join(directory, "messages.db");
	const open = (): DatabaseSync => new DatabaseSync(path);
	const schemaOf = (db: DatabaseSync): unknown =>
		db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
	// Makes the last statement fail.
	const blocked = open();
	blocked.exec("CREATE TABLE blocks (n INTEGER)");
	const before = schemaOf(blocked);
	blocked.close();
	await expect(SqliteLog.open(directory)).rejects.toThrow("blocks");
	const after = open();
	expect(schemaOf(after)).toEqual(before);
	expect(after.prepare("PRAGMA user_version").get()).toEqual({
		user_version: 3,
	});
	after.exec("DROP TABLE blocks");
	after.close();
	const log = await SqliteLog.open(directory);
	onTestFinished(() => log.close());
	expect(
		(
			await log.conversationsOf(ALICE, 10, 1e6, undefined, async (part) =>
				part(),
			)
		)?.conversations,
	).toHaveLength(1);
	expect(await verify(directory, () => {})).toMatchObject({ whole: true });
});

test("a long migration reports its progress, and numbers every message", async () => {
	const directory = schema3([{ id: "long", createdAt: 10 }], []);
	const db = new DatabaseSync(join(directory, "messages.db"));
	db.exec(
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
		 INSERT INTO entries (conversation_key, seq, type, message_id, sender_id, timestamp, body)
		 SELECT 1, i, 'chat', 'message ' || i, '${ALICE}', i, '{}' FROM n;
		 UPDATE conversations SET head_seq = 50000, last_chat_seq = 50000, updated_at = 50000`,
	);
	db.close();
	const shares: number[] = [];
	const log = await SqliteLog.open(directory, (share) => shares.push(share));
	onTestFinished(() => log.close());
	expect(shares.length).toBeGreaterThan(1);
	expect(shares).toEqual([...shares].sort((a, b) => a - b));
	expect(await verify(directory, () => {})).toMatchObject({ whole: true });
});

test.each([3, 6])(
	"[UN-2] a user who joined before schema %i stored the time has only later messages unread",
	async (version) => {
		const directory = schema3(
			[{ id: "one", createdAt: 10 }],
			[10, 20, 30, 40].map((timestamp) => ({ id: "one", timestamp })),
		);
		const path = join(directory, "messages.db");
		const db = new DatabaseSync(path);
		const users = { first: 5, late: 25, later: 35, latest: 45 };
		for (const [user, joinedAt] of Object.entries(users))
			db.prepare(
				`INSERT INTO participants (conversation_key, user_id, role, state, joined_at)
				 VALUES (1, ?, 'member', 'active', ?)`,
			).run(user, joinedAt);
		migrate(db, version);
		db.close();
		const log = await SqliteLog.open(directory);
		onTestFinished(() => log.close());
		const unread: Record<string, unknown> = {};
		for (const user of Object.keys(users)) {
			const page = await log.conversationsOf(
				user,
				10,
				1e6,
				undefined,
				async (part) => part(),
			);
			unread[user] = page?.conversations[0]?.unread;
		}
		expect(unread).toEqual({ first: 4, late: 2, later: 1, latest: 0 });
		expect(await verify(directory, () => {})).toMatchObject({ whole: true });
	},
);

test("the migration from schema 6 forgets the hashes of erased content", async () => {
	const directory = schema3(
		[{ id: "one", createdAt: 10 }],
		[10, 20].map((timestamp) => ({ id: "one", timestamp })),
	);
	const path = join(directory, "messages.db");
	const db = new DatabaseSync(path);
	migrate(db, 6);
	db.exec(`
		UPDATE entries SET erased = 1, hash = x'01' WHERE seq = 1;
		UPDATE entries SET hash = x'02' WHERE seq = 2;
		INSERT INTO entries (conversation_key, seq, type, message_id, sender_id, timestamp, body, target_seq, hash, activity)
			VALUES (1, 3, 'edit', 'a', '${ALICE}', 1, '{}', 1, x'03', 2), (1, 4, 'edit', 'b', '${ALICE}', 1, '{}', 2, x'04', 2);
		INSERT INTO unchanged_commands VALUES (1, '${ALICE}', 'a', x'05', 1), (1, '${ALICE}', 'b', x'06', 2);
		UPDATE conversations SET head_seq = 4`);
	db.close();
	await (await SqliteLog.open(directory)).close();
	const after = new DatabaseSync(path);
	const hashes = (table: string): unknown[] =>
		after
			.prepare(`SELECT hex(hash) AS hash FROM ${table} ORDER BY seq`)
			.all()
			.map(({ hash }) => hash);
	expect(hashes("entries")).toEqual(["", "02", "", "04"]);
	expect(hashes("unchanged_commands")).toEqual(["", "06"]);
	after.close();
});
