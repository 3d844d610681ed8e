/** Commands that amend messages, in a durable outbox. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { timelineOf } from "@secureconnect/client";
import { expect, test } from "vitest";
import {
	startTestServer,
	temporaryDirectory,
} from "../../server/test/support/server.ts";
import { fileOutbox } from "../src/file-outbox.ts";
import { clientOf, ready } from "./support/client.ts";
import { timelineUntil } from "./support/timeline.ts";

test("a command that was given before the process ended is sent by the next process", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const reader = clientOf(server, alice).conversation(id);
	const timeline = timelineOf(reader);
	const { messageId } = await reader.send("first").acknowledged;
	const path = join(temporaryDirectory(), "outbox");
	const before = fileOutbox(path);
	const offline = clientOf(server, alice, {
		userId: alice,
		outbox: before,
		token: () => new Promise<string>(() => {}),
	});
	offline.conversation(id).edit(messageId, "changed");
	await expect.poll(() => readFileSync(path, "utf8")).toContain("changed");
	offline.close();
	before.close();
	const room = clientOf(server, alice, {
		userId: alice,
		outbox: fileOutbox(path),
	}).conversation(id);
	await ready(room);
	const row = await timelineUntil(timeline, ([shown]) =>
		shown?.version === 2 ? shown : undefined,
	);
	expect(row.content).toBe("changed");
	expect(room.unacknowledged).toEqual([]);
});
