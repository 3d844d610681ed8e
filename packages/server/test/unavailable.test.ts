import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { startTestServer } from "./support/server.ts";

test("[ER-1] [ER-4] [GA-9] while the log cannot write, senders are told to retry, history stays readable, and it recovers by itself", async () => {
	const lines: { msg: string }[] = [];
	const server = await startTestServer({
		admin: { host: "127.0.0.1", port: 0 },
		log: pino(
			{ level: "info" },
			{ write: (line) => lines.push(JSON.parse(line) as { msg: string }) },
		),
	});
	const metric = async (name: string): Promise<number> => {
		const url = `http://127.0.0.1:${server.adminPort}/metrics`;
		const text = await (await fetch(url)).text();
		return Number(
			new RegExp(`^secureconnect_${name} (.*)$`, "m").exec(text)?.[1],
		);
	};
	const readiness = async (): Promise<[number, unknown]> => {
		const answer = await fetch(`http://${server.address}/readyz`);
		return [answer.status, await answer.json()];
	};
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

	// The operator can see it in three places.
	expect(await readiness()).toEqual([503, { status: "unavailable" }]);
	expect(await metric("log_takes_writes")).toBe(0);
	expect(await metric("log_failures_total")).toBe(1);

	other.exec("ROLLBACK");
	// No client writes anything, and the server still notices.
	await vi.waitFor(
		async () => expect(await readiness()).toEqual([200, { status: "ready" }]),
		15_000,
	);
	expect(await metric("log_takes_writes")).toBe(1);
	expect(lines.map(({ msg }) => msg)).toEqual([
		expect.stringContaining("the message log cannot accept writes"),
		"the message log accepts writes again",
	]);
	other.close();
	client.send(message);
	expect(await client.next("chat")).toMatchObject({
		content: "kept out",
		seq: 2,
	});
});
