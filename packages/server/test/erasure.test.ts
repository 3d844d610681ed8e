import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SUBPROTOCOL } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import { backUp } from "../src/log/sqlite/backup.ts";

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
