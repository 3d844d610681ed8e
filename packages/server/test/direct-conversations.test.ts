import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import { say } from "./support/chat.ts";
import { refusal } from "./support/client.ts";
import {
	type ConversationList,
	type ConversationView,
	restAsAdmin,
} from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

const CONVERSATIONS = "/v1/conversations";

async function direct(
	server: TestServer,
	by: string,
	other: string,
): Promise<{ status: number; id: string; body: ConversationView }> {
	const answer = await server.rest("POST", CONVERSATIONS, by, {
		direct: other,
	});
	const body = answer.body as ConversationView;
	return { status: answer.status, id: body.conversation_id, body };
}

test("[DM-1] [DM-4] two users have one direct conversation, whichever of them asks first", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const created = await direct(server, alice, bob.toUpperCase());
	expect(created.status).toBe(201);
	expectShape(Rest.conversation, created.body);
	expect(created.body).toMatchObject({
		kind: "direct",
		direct_user: bob,
		participant_count: 2,
		head_seq: 0,
		title: null,
	});
	const found = await direct(server, bob, alice);
	expect(found).toMatchObject({ status: 200, id: created.id });
	expect(found.body.direct_user).toBe(alice);
	const a = await server.connect(created.id, alice);
	await server.connect(created.id, bob);
	expect((await say(a, "hello")).seq).toBe(1);
	const { body } = await server.rest("GET", CONVERSATIONS, bob);
	expectShape(Rest.conversationList, body);
	expect((body as ConversationList).conversations).toMatchObject([
		{ conversation_id: created.id, kind: "direct", direct_user: alice },
	]);
	for (const wrong of [
		{ direct: alice },
		{ direct: "bob" },
		{ direct: bob, title: "x" },
		{ direct: bob, participant_ids: [bob] },
	])
		expect(
			(await server.rest("POST", CONVERSATIONS, alice, wrong)).status,
		).toBe(400);
});

test("[DM-1] users who ask at the same time get the same conversation", async () => {
	const server = await startTestServer({ policy: "members" });
	for (let round = 0; round < 5; round++) {
		const [alice, bob] = [randomUUID(), randomUUID()];
		const answers = await Promise.all(
			Array.from({ length: 8 }, (_, i) =>
				i % 2 === 0 ? direct(server, alice, bob) : direct(server, bob, alice),
			),
		);
		expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
		expect(answers.map(({ status }) => status).toSorted()).toEqual([
			...Array.from({ length: 7 }, () => 200),
			201,
		]);
		const { body } = await server.rest("GET", CONVERSATIONS, alice);
		expect((body as ConversationList).conversations).toHaveLength(1);
	}
});

test("[DM-2] [DM-5] no user joins, leaves or owns a direct conversation", async () => {
	const server = await startTestServer({ policy: "open" });
	const [alice, bob, carol] = [randomUUID(), randomUUID(), randomUUID()];
	const { id } = await direct(server, alice, bob);
	const path = `${CONVERSATIONS}/${id}`;
	const refused = { status: 409, body: { error: "direct conversation" } };
	const notOwner = { status: 403, body: { error: "not an owner" } };
	const add = { participant_ids: [carol] };
	for (const user of [alice, bob])
		expect(
			await server.rest("DELETE", `${path}/participants/${user}`, alice),
		).toMatchObject(refused);
	expect(
		await restAsAdmin(server, "POST", `${path}/participants`, add),
	).toMatchObject(refused);
	expect(
		await restAsAdmin(server, "PATCH", `${path}/participants/${bob}`, {
			role: "owner",
		}),
	).toMatchObject(refused);
	expect(
		await server.rest("POST", `${path}/participants`, alice, add),
	).toMatchObject(notOwner);
	expect(
		await server.rest("PATCH", path, alice, { closed: true }),
	).toMatchObject(notOwner);
	expect(await server.rest("DELETE", path, bob)).toMatchObject(notOwner);
	const { status } = await refusal(server.url(id), {
		headers: { Authorization: `Bearer ${await token(carol)}` },
	});
	expect(status).toBe(403);
	expect((await restAsAdmin(server, "DELETE", path)).status).toBe(204);
	const again = await direct(server, bob, alice);
	expect(again.status).toBe(201);
	expect(again.id).not.toBe(id);
});

test("[DM-3] a blocked user creates no direct conversation, and keeps an existing one", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, carol] = [randomUUID(), randomUUID(), randomUUID()];
	const { id } = await direct(server, carol, bob);
	for (const blocked of [alice, carol])
		await server.rest("PUT", `/v1/blocks/${blocked}`, bob);
	expect(
		await server.rest("POST", CONVERSATIONS, alice, { direct: bob }),
	).toMatchObject({ status: 403, body: { error: "forbidden" } });
	expect(await direct(server, carol, bob)).toMatchObject({ status: 200, id });
	expect((await direct(server, bob, alice)).status).toBe(201);
});
