import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { say } from "./support/chat.ts";
import { refusal } from "./support/client.ts";
import {
	type ConversationList,
	createConversation,
	restAsAdmin,
} from "./support/http.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const CONVERSATIONS = "/v1/conversations";

test("[CV-8] [CV-9] no user can see a deleted conversation, and no new conversation gets its id", async () => {
	const server = await startTestServer({ policy: "open" });
	const [owner, member] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const path = `${CONVERSATIONS}/${id}`;
	const clients = [
		await server.connect(id, owner),
		await server.connect(id, member),
	];
	for (const client of clients) await say(client, "hello");
	expect((await server.rest("DELETE", path, member)).status).toBe(403);
	expect((await server.rest("DELETE", path, randomUUID())).status).toBe(403);
	expect((await server.rest("DELETE", path, owner)).status).toBe(204);
	for (const client of clients)
		expect(await client.closed).toEqual({ code: 1008, reason: "deleted" });
	const bearer = await token(owner);
	const unknown = `${CONVERSATIONS}/${randomUUID()}`;
	for (const [method, suffix, body] of [
		["GET", "", undefined],
		["GET", "/messages", undefined],
		["DELETE", "", undefined],
		["PATCH", "", { title: "x" }],
		["PUT", "/me", { archived: true }],
		["POST", "/messages", { content: "x" }],
	] as const)
		expect(await server.rest(method, path + suffix, owner, body)).toMatchObject(
			{
				status: 403,
				body: (await server.rest(method, unknown + suffix, owner, body)).body,
			},
		);
	const creation = { conversation_id: id, participant_ids: [] };
	expect(
		await server.rest("POST", CONVERSATIONS, owner, creation),
	).toMatchObject({ status: 403, body: { error: "not a participant" } });
	expect(
		await refusal(server.url(id), {
			headers: { Authorization: `Bearer ${bearer}` },
		}),
	).toMatchObject({ status: 403 });
	for (const user of [owner, member]) {
		const { body } = await server.rest("GET", CONVERSATIONS, user);
		expect((body as ConversationList).conversations).toEqual([]);
	}
	const other = await createConversation(server, owner);
	expect(
		(await restAsAdmin(server, "DELETE", `${CONVERSATIONS}/${other}`)).status,
	).toBe(204);
});

test("[CV-10] after the deletion no file has the content", async () => {
	const server = await startTestServer();
	const owner = randomUUID();
	const id = await createConversation(server, owner);
	const path = `${CONVERSATIONS}/${id}`;
	const sentinel = `sentinel-${randomUUID()}`;
	const client = await server.connect(id, owner);
	const { message_id } = await say(client, sentinel.repeat(500));
	client.send({ type: "edit", target_id: message_id, content: sentinel });
	client.send({
		type: "reaction",
		target_id: message_id,
		reaction: sentinel,
		on: true,
	});
	await client.next("reaction");
	await server.rest("PATCH", path, owner, {
		title: sentinel,
		metadata: { sentinel },
	});
	const files = (): string[] =>
		readdirSync(server.directory).filter((name) =>
			readFileSync(join(server.directory, name)).includes(sentinel),
		);
	expect(files()).not.toEqual([]);
	expect((await server.rest("DELETE", path, owner)).status).toBe(204);
	await expect.poll(files, { timeout: 30_000 }).toEqual([]);
	await server.drain();
	expect(files()).toEqual([]);
});
