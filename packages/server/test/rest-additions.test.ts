import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import type { Static } from "typebox";
import { describe, expect, test } from "vitest";
import {
	type ConversationList,
	type ConversationView,
	createConversation,
} from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

const CONVERSATIONS = "/v1/conversations";

async function create(
	server: TestServer,
	by: string,
	...participant_ids: string[]
): Promise<{ status: number; body: unknown }> {
	return server.rest("POST", CONVERSATIONS, by, { participant_ids });
}

async function add(
	server: TestServer,
	id: string,
	by: string,
	...participant_ids: string[]
): Promise<{ status: number; body: unknown }> {
	const path = `${CONVERSATIONS}/${id}/participants`;
	return server.rest("POST", path, by, { participant_ids });
}

async function participantsOf(
	server: TestServer,
	id: string,
	by: string,
): Promise<string[]> {
	const { body } = await server.rest("GET", `${CONVERSATIONS}/${id}`, by);
	return (body as ConversationView).participants.map((it) => it.user_id);
}

async function countOf(server: TestServer, user: string): Promise<number> {
	const { body } = await server.rest("GET", CONVERSATIONS, user);
	return (body as ConversationList).conversations.length;
}

const people = (count: number): string[] =>
	Array.from({ length: count }, () => randomUUID());

describe("participants of one conversation", () => {
	const refused = { status: 409, body: { error: "too many participants" } };

	test("[RS-19] more participants than the limit are refused, and none is added", async () => {
		const server = await startTestServer({
			policy: "members",
			maxParticipants: 3,
		});
		const [owner = "", bob = "", carol = "", dave = ""] = people(4);
		const id = await createConversation(server, owner, [bob]);
		expect(await add(server, id, owner, carol, dave)).toMatchObject(refused);
		expect(await create(server, owner, bob, carol, dave)).toMatchObject(
			refused,
		);
		expect(await participantsOf(server, id, owner)).toHaveLength(2);
		expect([await countOf(server, owner), await countOf(server, dave)]).toEqual(
			[1, 0],
		);
		expect(await add(server, id, owner, carol, bob)).toMatchObject({
			status: 200,
			body: { participant_count: 3 },
		});
		// Users who already participate are not added again.
		expect((await add(server, id, owner, carol)).status).toBe(200);
	});

	test("[RS-19] under the open policy no user joins a full conversation", async () => {
		const server = await startTestServer({
			policy: "open",
			maxParticipants: 2,
		});
		const [id, owner = "", bob = "", carol = ""] = people(4) as [string];
		await server.connect(id, owner);
		await server.connect(id, bob);
		await expect(server.connect(id, carol)).rejects.toThrow("403");
		await server.connect(id, bob);
		expect(await participantsOf(server, id, owner)).toHaveLength(2);
	});
});

describe("additions that are not answered", () => {
	const refused = {
		status: 409,
		body: { error: "too many unanswered additions" },
	};

	test("[RS-20] above the limit are refused as a whole until the user answers", async () => {
		const server = await startTestServer({
			policy: "members",
			maxUnansweredAdditions: 2,
		});
		const [alice = "", bob = "", carol = ""] = people(3);
		const first = await createConversation(server, alice, [bob]);
		await createConversation(server, alice, [bob]);
		const empty = await createConversation(server, alice);
		expect(await create(server, alice, carol, bob)).toMatchObject(refused);
		expect(await add(server, empty, alice, carol, bob)).toMatchObject(refused);
		expect(await countOf(server, carol)).toBe(0);

		// The additions of a different user are counted separately.
		expect((await create(server, carol, bob)).status).toBe(201);
		expect(await countOf(server, bob)).toBe(3);

		await server.connect(first, bob);
		expect((await add(server, empty, alice, bob)).status).toBe(200);
		expect(await create(server, alice, bob)).toMatchObject(refused);
	});

	test.for<
		[
			string,
			(at: { server: TestServer; id: string; bob: string }) => Promise<unknown>,
		]
	>([
		[
			"a message",
			({ server, id, bob }) =>
				server.rest("POST", `${CONVERSATIONS}/${id}/messages`, bob, {
					content: "who is this?",
				}),
		],
		[
			"leaving",
			({ server, id, bob }) =>
				server.rest(
					"DELETE",
					`${CONVERSATIONS}/${id}/participants/${bob}`,
					bob,
				),
		],
		["a connection", ({ server, id, bob }) => server.connect(id, bob)],
	])("[RS-20] %s counts as an answer", async ([, answer]) => {
		const server = await startTestServer({
			policy: "members",
			maxUnansweredAdditions: 1,
		});
		const [alice = "", bob = ""] = people(2);
		const id = await createConversation(server, alice, [bob]);
		expect(await create(server, alice, bob)).toMatchObject(refused);
		await answer({ server, id, bob });
		expect((await create(server, alice, bob)).status).toBe(201);
		expect(await create(server, alice, bob)).toMatchObject(refused);
	});

	test("[RS-20] of a token of scope admin are not counted", async () => {
		const server = await startTestServer({
			policy: "members",
			maxUnansweredAdditions: 1,
		});
		const bob = randomUUID();
		const admin = await token(randomUUID(), { scope: "admin" });
		for (let i = 0; i < 3; i++) {
			const { status } = await fetch(
				`http://${server.address}${CONVERSATIONS}`,
				{
					method: "POST",
					headers: {
						Authorization: `Bearer ${admin}`,
						"Content-Type": "application/json",
					},
					body: JSON.stringify({ participant_ids: [bob] }),
				},
			);
			expect(status).toBe(201);
		}
		expect(await countOf(server, bob)).toBe(3);
	});
});

describe("blocks", () => {
	const blocksOf = async (server: TestServer, user: string) => {
		const { status, body } = await server.rest("GET", "/v1/blocks", user);
		expect(status).toBe(200);
		expectShape(Rest.blocks, body);
		return (body as Static<typeof Rest.blocks>).blocks.map((it) => it.user_id);
	};

	test("[RS-21] a blocked user adds other users, but not the blocker", async () => {
		const server = await startTestServer({ policy: "members" });
		const [alice = "", bob = "", carol = ""] = people(3);
		const before = await createConversation(server, alice, [bob]);
		const path = `/v1/blocks/${alice.toUpperCase()}`;
		for (let i = 0; i < 2; i++)
			expect(await server.rest("PUT", path, bob)).toMatchObject({
				status: 204,
			});
		expect(await blocksOf(server, bob)).toEqual([alice]);
		expect(await blocksOf(server, alice)).toEqual([]);

		const id = await createConversation(server, alice, [bob, carol]);
		expect(await add(server, id, alice, bob)).toMatchObject({
			status: 200,
			body: { participant_count: 2 },
		});
		expect((await participantsOf(server, id, alice)).toSorted()).toEqual(
			[alice, carol].toSorted(),
		);
		expect(await participantsOf(server, before, bob)).toContain(bob);
		// Other users are not blocked.
		await createConversation(server, carol, [bob]);
		expect(await countOf(server, bob)).toBe(2);

		for (let i = 0; i < 2; i++)
			expect((await server.rest("DELETE", path, bob)).status).toBe(204);
		expect(await blocksOf(server, bob)).toEqual([]);
		await add(server, id, alice, bob);
		expect(await participantsOf(server, id, bob)).toContain(bob);
	});

	test("[RS-21] the application adds any user with a token of scope admin", async () => {
		const server = await startTestServer({ policy: "members" });
		const [alice = "", bob = ""] = people(2);
		const id = await createConversation(server, alice);
		await server.rest("PUT", `/v1/blocks/${alice}`, bob);
		const { status } = await fetch(
			`http://${server.address}${CONVERSATIONS}/${id}/participants`,
			{
				method: "POST",
				headers: {
					Authorization: `Bearer ${await token(alice, { scope: "admin" })}`,
					"Content-Type": "application/json",
				},
				body: JSON.stringify({ participant_ids: [bob] }),
			},
		);
		expect(status).toBe(200);
		expect(await participantsOf(server, id, alice)).toContain(bob);
	});

	test("of the user themselves or of an invalid id are refused with 400", async () => {
		const server = await startTestServer();
		const bob = randomUUID();
		for (const user of [bob, "alice"])
			expect((await server.rest("PUT", `/v1/blocks/${user}`, bob)).status).toBe(
				400,
			);
		expect(await blocksOf(server, bob)).toEqual([]);
	});
});
