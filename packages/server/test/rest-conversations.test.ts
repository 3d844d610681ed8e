import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
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

async function conversationOf(
	server: TestServer,
	id: string,
	userId: string,
): Promise<ConversationView> {
	const { status, body } = await server.rest(
		"GET",
		`${CONVERSATIONS}/${id}`,
		userId,
	);
	expect(status).toBe(200);
	return body as ConversationView;
}

async function rolesIn(
	server: TestServer,
	id: string,
	userId: string,
): Promise<Record<string, string>> {
	const { participants } = await conversationOf(server, id, userId);
	return Object.fromEntries(participants.map((p) => [p.user_id, p.role]));
}

describe("POST /v1/conversations", () => {
	test("[RS-4] [RS-7] creates the requested conversation with lower-case ids and answers 201 with it", async () => {
		const server = await startTestServer({ policy: "members" });
		const [owner, member, id] = [randomUUID(), randomUUID(), randomUUID()];
		const { status, body } = await server.rest("POST", CONVERSATIONS, owner, {
			conversation_id: id.toUpperCase(),
			title: "Tea",
			metadata: { topic: { camelCase: 1 } },
			participant_ids: [member.toUpperCase(), member, owner],
		});
		expect(status).toBe(201);
		expectShape(Rest.conversation, body);
		const at = expect.any(String);
		expect(body).toEqual({
			conversation_id: id,
			title: "Tea",
			metadata: { topic: { camelCase: 1 } },
			created_by: owner,
			created_at: at,
			epoch: at,
			closed: false,
			kind: "group",
			muted_until: null,
			archived: false,
			favourite: false,
			marked_unread: false,
			head_seq: 0,
			participant_count: 2,
			participants: expect.toSatisfy((list: unknown[]) => list.length === 2),
		});
		expect(await rolesIn(server, id, member)).toEqual({
			[owner]: "owner",
			[member]: "member",
		});
		expect(await conversationOf(server, id, member)).toEqual(body);
	});

	test("[RS-4] generates an id and stores no title and no metadata by default", async () => {
		const server = await startTestServer();
		const owner = randomUUID();
		const { status, body } = await server.rest("POST", CONVERSATIONS, owner, {
			participant_ids: [],
		});
		expect(status).toBe(201);
		expectShape(Rest.conversation, body);
		expect(body).toMatchObject({ title: null, metadata: {} });
	});

	test("[RS-5] an existing id gets 409 for a participant and 403 for others, and nothing changes", async () => {
		const server = await startTestServer();
		const [owner, member, stranger] = [
			randomUUID(),
			randomUUID(),
			randomUUID(),
		];
		const id = await createConversation(server, owner, [member]);
		const before = await conversationOf(server, id, owner);
		const again = {
			conversation_id: id,
			title: "Mine",
			participant_ids: [stranger],
		};
		for (const [user, status, error] of [
			[owner, 409, "conversation exists"],
			[member, 409, "conversation exists"],
			[stranger, 403, "not a participant"],
		] as const)
			expect(
				await server.rest("POST", CONVERSATIONS, user, again),
			).toMatchObject({
				status,
				body: { error },
			});
		expect(await conversationOf(server, id, owner)).toEqual(before);
	});

	const deep = (levels: number): unknown =>
		JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
	test.each<[what: string, body: unknown, why: RegExp]>([
		["no participant_ids", {}, /participant_ids/],
		["a list", [], /object/],
		[
			"a nil conversation_id",
			{
				conversation_id: "00000000-0000-0000-0000-000000000000",
				participant_ids: [],
			},
			/conversation_id must be a UUID/,
		],
		[
			"a participant that is not a UUID",
			{ participant_ids: ["bob"] },
			/participant_ids.0 must be a UUID/,
		],
		[
			"1,001 participants",
			{ participant_ids: Array.from({ length: 1001 }, () => randomUUID()) },
			/participant_ids.*1000/,
		],
		[
			"a title of 257 characters",
			{ title: "x".repeat(257), participant_ids: [] },
			/title.*256/,
		],
		["a title with U+0000", { title: "\0", participant_ids: [] }, /U\+0000/],
		[
			"metadata that is not an object",
			{ metadata: ["a"], participant_ids: [] },
			/metadata/,
		],
		[
			"metadata over 16 KiB",
			{ metadata: { a: "x".repeat(16_384) }, participant_ids: [] },
			/metadata.*16384/,
		],
		[
			"metadata nested 17 levels deep",
			{ metadata: deep(16), participant_ids: [] },
			/16 levels/,
		],
	])("[RS-3] refuses %s with 400 and names the error", async (_, body, why) => {
		const server = await startTestServer();
		const answer = await server.rest("POST", CONVERSATIONS, randomUUID(), body);
		expect(answer).toMatchObject({
			status: 400,
			body: { error: expect.stringMatching(why) },
		});
		expectShape(Rest.error, answer.body);
	});

	test("refuses JSON nested deeper than the stack allows with 400", async () => {
		const server = await startTestServer();
		const levels = 200_000;
		const answer = await fetch(`http://${server.address}${CONVERSATIONS}`, {
			method: "POST",
			headers: {
				Authorization: `Bearer ${await token(randomUUID())}`,
				"Content-Type": "application/json",
			},
			body: `{"participant_ids":[],"metadata":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`,
		});
		expect(answer.status).toBe(400);
	});
});

describe("GET /v1/conversations", () => {
	test("[RS-6] shows the title, the last message and the number of unread messages of other users", async () => {
		const server = await startTestServer();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const id = await createConversation(server, alice, [bob]);
		const messages = `${CONVERSATIONS}/${id}/messages`;
		for (const [user, content] of [
			[bob, "one"],
			[bob, "two"],
			[alice, "three"],
		] as const)
			await server.rest("POST", messages, user, { content });

		const listOf = async (user: string): Promise<ConversationList> => {
			const { body } = await server.rest("GET", CONVERSATIONS, user);
			expectShape(Rest.conversationList, body);
			return body as ConversationList;
		};
		expect(await listOf(alice)).toMatchObject({
			conversations: [
				{
					conversation_id: id,
					title: null,
					metadata: {},
					role: "owner",
					head_seq: 3,
					// Writing has advanced Alice's watermark.
					read_seq: 3,
					unread: 0,
					last_message: {
						type: "chat",
						content: "three",
						sender_id: alice,
						seq: 3,
					},
				},
			],
			next: null,
		});
		expect(await listOf(bob)).toMatchObject({
			conversations: [{ role: "member", unread: 1 }],
		});
		expect(await listOf(randomUUID())).toEqual({
			conversations: [],
			next: null,
			epoch: expect.any(String),
		});

		const reader = await server.connect(id, alice, {
			query: { after_seq: "0" },
		});
		const first = await reader.next("chat");
		const other = await server.connect(id, bob);
		for (const { message_id } of [first, await reader.next("chat")]) {
			reader.send({ type: "read", message_id });
			expect((await other.next("read")).message_id).toBe(message_id);
		}
		expect(await listOf(alice)).toMatchObject({
			conversations: [{ read_seq: 3, unread: 0 }],
		});
	});

	test("lists a conversation without messages with null as the last message", async () => {
		const server = await startTestServer();
		const owner = randomUUID();
		const id = await createConversation(server, owner);
		const { body } = await server.rest("GET", CONVERSATIONS, owner);
		expectShape(Rest.conversationList, body);
		expect(body).toMatchObject({
			conversations: [{ conversation_id: id, last_message: null, unread: 0 }],
		});
	});

	test("[RS-6] the pages by `next` list each conversation of the user once, the most recently active first", async () => {
		const server = await startTestServer();
		const [owner, other] = [randomUUID(), randomUUID()];
		const ids: string[] = [];
		for (let i = 0; i < 7; i++)
			ids.push(await createConversation(server, owner));
		await createConversation(server, other);
		const oldest = ids.shift() as string;
		await server.rest("POST", `${CONVERSATIONS}/${oldest}/messages`, owner, {
			content: "up",
		});

		const seen: string[] = [];
		let next: string | null = "";
		while (next !== null) {
			const query: string = next === "" ? "?limit=3" : `?limit=3&after=${next}`;
			const { body } = await server.rest("GET", CONVERSATIONS + query, owner);
			const page = body as ConversationList;
			expect(page.conversations.length).toBeLessThanOrEqual(3);
			seen.push(...page.conversations.map((c) => c.conversation_id));
			next = page.next;
		}
		expect(seen[0]).toBe(oldest);
		expect(seen.toSorted()).toEqual([oldest, ...ids].toSorted());
	});

	test("[RS-6] the pages by `next` also list conversations that become active meanwhile, and none twice", async () => {
		const server = await startTestServer();
		const owner = randomUUID();
		const ids: string[] = [];
		for (let i = 0; i < 5; i++)
			ids.unshift(await createConversation(server, owner));
		const say = (id: string) =>
			server.rest("POST", `${CONVERSATIONS}/${id}/messages`, owner, {
				content: "meanwhile",
			});
		await say(ids[0] as string);
		const seen: string[] = [];
		let next: string | null = "";
		while (next !== null) {
			const query: string = next === "" ? "" : `&after=${next}`;
			const { body } = await server.rest(
				"GET",
				`${CONVERSATIONS}?limit=1${query}`,
				owner,
			);
			const page = body as ConversationList;
			seen.push(...page.conversations.map((c) => c.conversation_id));
			next = page.next;
			for (const id of [ids[4], ids[0], ids[2]]) await say(id as string);
		}
		expect(seen).toEqual(ids);
	});

	test.each([
		"limit=0",
		"limit=101",
		"limit=x",
		"after=x",
		`after=1.${"x".repeat(36)}`,
		// Form of earlier versions.
		"after=1767954615000.3f0c9f0e-5d1b-4a36-9d53-6f1f4a0f8f01",
		// From a different log: this log has no entry yet.
		"after=7.7.7",
	])("refuses %s with 400", async (query) => {
		const server = await startTestServer();
		const { status } = await server.rest(
			"GET",
			`${CONVERSATIONS}?${query}`,
			randomUUID(),
		);
		expect(status).toBe(400);
	});
});
