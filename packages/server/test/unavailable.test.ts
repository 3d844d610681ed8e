import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { startTestServer } from "./support/server.ts";

test("[ER-1] [ER-4] [GA-9] while the log takes no writes, senders are told to retry, history stays readable, and it heals by itself", async () => {
	const server = await startTestServer();
	const [conversation, user] = [randomUUID(), randomUUID()];
	const client = await server.connect(conversation, user);
	client.send({ type: "chat", content: "before" });
	await client.next("chat");

	const other = new DatabaseSync(join(server.directory, "messages.db"));
	other.exec("BEGIN IMMEDIATE");
	const clientMessageId = randomUUID();
	const message = {
		type: "chat",
		content: "kept out",
		client_message_id: clientMessageId,
	};
	client.send(message);
	expect(await client.next("error")).toMatchObject({
		code: "unavailable",
		client_message_id: clientMessageId,
		retry_ms: expect.any(Number),
	});
	const path = `/v1/conversations/${conversation}/messages`;
	const refused = await server.rest("POST", path, user, { content: "x" });
	expect(refused.status).toBe(503);
	expect(refused.headers.get("Retry-After")).not.toBeNull();
	const page = await server.rest("GET", path, user);
	expect(page.body).toMatchObject({
		messages: [{ content: "before", seq: 1 }],
	});

	other.exec("ROLLBACK");
	other.close();
	client.send(message);
	expect(await client.next("chat")).toMatchObject({
		content: "kept out",
		seq: 2,
	});
});
