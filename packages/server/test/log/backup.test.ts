import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { backUp } from "../../src/log/sqlite/backup.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { verify } from "../../src/log/sqlite/verify.ts";
import { temporaryDirectory } from "../support/server.ts";

const MIB = 1024 ** 2;
const STEPS = 4;

test("a backup holds the state at its start, and ends although a commit follows each step", async () => {
	const directory = temporaryDirectory();
	const log = await SqliteLog.open(directory);
	onTestFinished(() => log.close());
	const [conversationId, userId] = [randomUUID(), randomUUID()];
	const message = (timestamp: number, content: string) =>
		({
			kind: "message",
			conversationId,
			senderId: userId,
			messageId: randomUUID(),
			timestamp,
			clientMessageId: null,
			body: JSON.stringify({ content }),
		}) as const;
	await log.append([
		{
			kind: "join",
			conversationId,
			userId,
			timestamp: 0,
			maxParticipants: 2,
		},
		// A step copies 4 MiB.
		...Array.from({ length: STEPS * 4 }, (_, n) => message(n, "x".repeat(MIB))),
	]);
	const before = await log.range(conversationId, 1, STEPS * 4);

	const other = new DatabaseSync(join(directory, "messages.db"));
	onTestFinished(() => other.close());
	const rename = other.prepare("INSERT INTO users VALUES (?, 'since')");
	const shares: number[] = [];
	const target = join(temporaryDirectory(), "backup");
	await backUp(directory, target, (doing, share = 0) => {
		if (doing !== "copying") return;
		shares.push(share);
		// A backup that restarts at every commit would never end. Its progress reports would show the restarts.
		if (shares.length < 10 * STEPS) rename.run(randomUUID());
	});

	expect(shares.length).toBeGreaterThanOrEqual(STEPS);
	expect(shares).toEqual(shares.toSorted((a, b) => a - b));
	const copy = new DatabaseSync(join(target, "messages.db"), {
		readOnly: true,
	});
	onTestFinished(() => copy.close());
	expect(copy.prepare("SELECT count(*) AS n FROM users").get()).toEqual({
		n: 0,
	});
	expect(
		copy.prepare("SELECT message_id FROM entries ORDER BY seq").all(),
	).toEqual(before.map(({ messageId }) => ({ message_id: messageId })));
	expect(await verify(target, () => {})).toMatchObject({ whole: true });
});
