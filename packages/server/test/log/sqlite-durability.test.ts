import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openForWriting } from "../../src/log/sqlite/database.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { StartupError } from "../../src/startup-error.ts";
import { temporaryDirectory } from "../support/server.ts";

test("[GA-2] the writer's connection has a write-ahead log and synchronous=FULL after a write", () => {
	const db = openForWriting(join(temporaryDirectory(), "messages.db"));
	db.exec("INSERT INTO users VALUES ('u', 'Una')");
	expect(db.prepare("PRAGMA journal_mode").get()).toEqual({
		journal_mode: "wal",
	});
	expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
	db.close();
});

test("a second log on the same directory is refused by name and does not affect the first", async () => {
	const directory = temporaryDirectory();
	const log = await SqliteLog.open(directory);
	await expect(SqliteLog.open(directory)).rejects.toThrow(
		new StartupError(
			`another SecureConnect server (process ${process.pid}) uses the data directory ${directory}: stop it, or choose another --data`,
		),
	);
	await expect(
		log.append([{ kind: "rename", userId: "u", name: "Una" }]),
	).resolves.toEqual([{ kind: "done" }]);
	await log.close();
	await (await SqliteLog.open(directory)).close();
});

test("a directory written by a newer version is refused", async () => {
	const directory = temporaryDirectory();
	await (await SqliteLog.open(directory)).close();
	const db = new DatabaseSync(join(directory, "messages.db"));
	db.exec("PRAGMA user_version = 999");
	db.close();
	await expect(SqliteLog.open(directory)).rejects.toThrow(
		/newer SecureConnect \(schema 999/,
	);
});

test("only its owner can access the data directory", async () => {
	const directory = join(temporaryDirectory(), "nested", "data");
	await (await SqliteLog.open(directory)).close();
	expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test("the write-ahead log is moved into the database while the log is open, so its size is bounded", async () => {
	const directory = temporaryDirectory();
	const log = await SqliteLog.open(directory);
	const size = (file: string): number =>
		statSync(join(directory, file)).size / 1024 ** 2;
	const name = "x".repeat(1024 ** 2);
	for (let i = 0; i < 20; i++)
		await log.append([{ kind: "rename", userId: `u${i}`, name }]);
	// Twenty mebibytes in total. The move of pages begins at five.
	await expect.poll(() => size("messages.db")).toBeGreaterThan(10);
	expect(size("messages.db-wal")).toBeLessThan(10);
	await log.close();
});

test("requests made before a close are completed before it", async () => {
	const directory = temporaryDirectory();
	const log = await SqliteLog.open(directory);
	const appended = log.append([{ kind: "rename", userId: "u", name: "Una" }]);
	await log.close();
	await expect(appended).resolves.toEqual([{ kind: "done" }]);
});
