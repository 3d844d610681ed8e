import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SUBPROTOCOL } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import type { Write } from "../src/log/contract.ts";
import { backUp } from "../src/log/sqlite/backup.ts";
import { SqliteLog } from "../src/log/sqlite/sqlite-log.ts";
import { say } from "./support/chat.ts";
import { startTestServer, temporaryDirectory } from "./support/server.ts";

const v1 = { protocols: [SUBPROTOCOL] };

/** Returns the files of a directory that contain a text. */
function filesWith(directory: string, text: string): string[] {
	const sought = Buffer.from(text);
	return readdirSync(directory).filter((name) =>
		readFileSync(join(directory, name)).includes(sought),
	);
}

test("[AM-1] after a deletion no file of the store and no later backup contains the content, the edits and the reactions", async () => {
	const server = await startTestServer();
	const [room, alice, bob] = [randomUUID(), randomUUID(), randomUUID()];
	const a = await server.connect(room, alice, v1);
	const b = await server.connect(room, bob, v1);
	// One text longer than a page, because SQLite stores such texts in pages of their own.
	const texts = ["sentinel-one", `sentinel-two ${"x".repeat(20_000)}`];
	const sentinels = [
		"sentinel-one",
		"sentinel-two",
		"sentinel-edit",
		"s-react",
	];
	const targets: string[] = [];
	for (const text of texts) {
		const { message_id } = await say(a, text);
		const target_id = String(message_id);
		targets.push(target_id);
		a.send({ type: "edit", target_id, content: `${text} sentinel-edit` });
		b.send({ type: "reaction", target_id, reaction: "s-react", on: true });
		await a.waitFor((f) => f.type === "reaction" && f.target_id === target_id);
	}
	for (const sentinel of sentinels)
		expect(filesWith(server.directory, sentinel)).not.toEqual([]);

	for (const target_id of targets) {
		a.send({ type: "delete", target_id });
		await b.waitFor((f) => f.type === "delete" && f.target_id === target_id);
	}
	// The log empties its write-ahead file after the commit; the next commit ends after that.
	await say(a, "after");
	for (const sentinel of sentinels)
		expect(filesWith(server.directory, sentinel)).toEqual([]);

	const copy = temporaryDirectory();
	await backUp(server.directory, copy, () => {});
	for (const sentinel of sentinels)
		expect(filesWith(copy, sentinel)).toEqual([]);
});

test("[AM-1] while a reader holds the files open, a deleted text leaves them soon after the reader has gone", async () => {
	const server = await startTestServer();
	const [room, alice] = [randomUUID(), randomUUID()];
	const a = await server.connect(room, alice, v1);
	const { message_id } = await say(a, "sentinel-held");
	const reader = new DatabaseSync(join(server.directory, "messages.db"), {
		readOnly: true,
	});
	reader.exec("BEGIN");
	reader.prepare("SELECT count(*) FROM entries").get();
	a.send({ type: "delete", target_id: message_id });
	await a.waitFor((f) => f.type === "delete");
	reader.exec("COMMIT");
	reader.close();
	// No further write follows: the log tries again by itself.
	await expect
		.poll(() => filesWith(server.directory, "sentinel-held"), {
			timeout: 30_000,
		})
		.toEqual([]);
});

/** Creates a data directory with a message that has more reactions than one transaction erases. */
async function withReactions(
	name: string,
	erase?: (conversationId: string, messageId: string) => Write,
): Promise<{
	dataDirectory: string;
	conversationId: string;
	messageId: string;
	owner: string;
}> {
	const dataDirectory = temporaryDirectory();
	const log = await SqliteLog.open(dataDirectory);
	const [conversationId, messageId, owner] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	const participantIds = Array.from({ length: 1500 }, () => randomUUID());
	const about = { conversationId, timestamp: 1, clientMessageId: null };
	const outcomes = await log.append([
		{
			kind: "create",
			conversationId,
			userId: owner,
			admin: false,
			title: null,
			metadata: "{}",
			participantIds,
			timestamp: 1,
			limits: { maxParticipants: 2000, maxUnansweredAdditions: 9 },
		},
		{
			...about,
			kind: "message",
			messageId,
			senderId: owner,
			body: `{"content":"${name}"}`,
		},
		...participantIds.map(
			(userId): Write => ({
				kind: "amend",
				type: "reaction",
				conversationId,
				timestamp: 1,
				messageId: randomUUID(),
				actor: { userId, admin: false },
				targetId: messageId,
				body: JSON.stringify({
					target_id: messageId,
					reaction: name,
					on: true,
				}),
				mark: { name, on: true },
			}),
		),
		...(erase ? [erase(conversationId, messageId)] : []),
	]);
	expect(
		new Set(outcomes.map((it) => (it instanceof Error ? it : it.kind))),
	).toEqual(new Set(["done", "stored"]));
	await log.close();
	return { dataDirectory, conversationId, messageId, owner };
}

test("[AM-5] the answer to the deletion of a message with many reactions comes when no file has them", async () => {
	const { dataDirectory, conversationId, messageId, owner } =
		await withReactions("s-many");
	const server = await startTestServer({ dataDirectory });
	expect(filesWith(dataDirectory, "s-many")).not.toEqual([]);
	const path = `/v1/conversations/${conversationId}/messages/${messageId}`;
	expect(await server.rest("DELETE", path, owner)).toMatchObject({
		status: 201,
	});
	expect(filesWith(dataDirectory, "s-many")).toEqual([]);
});

test.each<[string, (conversationId: string, messageId: string) => Write]>([
	[
		"message with many reactions",
		(conversationId, targetId) => ({
			kind: "amend",
			type: "delete",
			conversationId,
			timestamp: 2,
			messageId: randomUUID(),
			actor: { userId: randomUUID(), admin: true },
			targetId,
			body: JSON.stringify({ target_id: targetId }),
		}),
	],
	[
		"conversation",
		(conversationId) => ({
			kind: "erase",
			conversationId,
			actor: { userId: randomUUID(), admin: true },
		}),
	],
])(
	"a server that ended while it deleted a %s goes on after the next start",
	async (_, erase) => {
		const name = `s-${randomUUID()}`;
		const { dataDirectory } = await withReactions(name, erase);
		const left = (): number =>
			readFileSync(join(dataDirectory, "messages.db"))
				.toString("latin1")
				.split(`"reaction":"${name}"`).length - 1;
		expect(left()).toBeGreaterThan(0);
		await startTestServer({ dataDirectory });
		await expect.poll(left, { timeout: 30_000 }).toBe(0);
	},
);
