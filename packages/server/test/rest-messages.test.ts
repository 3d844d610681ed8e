import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import {
	type ChatMessage,
	createConversation,
	type MessagePage,
} from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";

const TOTAL = 230;

interface History {
	readonly server: TestServer;
	readonly user: string;
	readonly path: string;
	/** All messages, at index `seq - 1`. */
	readonly messages: readonly ChatMessage[];
	page(query?: string): Promise<MessagePage>;
}

/** Creates a conversation of {@link TOTAL} messages, sent at once. */
async function history(): Promise<History> {
	const server = await startTestServer();
	const user = randomUUID();
	const id = await createConversation(server, user);
	const client = await server.connect(id, user);
	for (let i = 1; i <= TOTAL; i++)
		client.send({ type: "chat", content: `message ${i}` });
	await client.waitFor((frame) => frame.seq === TOTAL);
	const path = `/v1/conversations/${id}/messages`;
	return {
		server,
		user,
		path,
		messages: client.of("chat") as unknown as ChatMessage[],
		async page(query = "") {
			const { status, body } = await server.rest("GET", path + query, user);
			expect(status).toBe(200);
			return body as MessagePage;
		},
	};
}

describe("GET /v1/conversations/{id}/messages", () => {
	test("[RS-10] without a cursor gives the newest 50 messages as broadcast, in ascending seq", async () => {
		const { page, messages } = await history();
		const newest = await page();
		expectShape(Rest.messagePage, newest);
		expect(newest).toEqual({
			messages: messages.slice(-50),
			next: TOTAL - 49,
			epoch: expect.any(String),
		});
	});

	test("[RS-11] pages by every form of cursor, in both directions", async () => {
		const { page, messages } = await history();
		const idOf = (seq: number): string => messages[seq - 1]?.message_id ?? "";
		const cases: [
			query: string,
			seqs: [from: number, to: number],
			next: number | null,
		][] = [
			["?limit=100", [131, 230], 131],
			["?limit=1", [230, 230], 230],
			["?before_seq=131", [81, 130], 81],
			["?before_seq=51", [1, 50], null],
			["?before_seq=52&limit=50", [2, 51], 2],
			["?before_seq=4&limit=100", [1, 3], null],
			["?before_seq=100000&limit=2", [229, 230], 229],
			[`?before=${idOf(131)}&limit=100`, [31, 130], 31],
			[`?before=${idOf(131).toUpperCase()}&limit=1`, [130, 130], 130],
			["?after_seq=0", [1, 50], 50],
			["?after_seq=0&limit=100", [1, 100], 100],
			["?after_seq=180", [181, 230], null],
			["?after_seq=179&limit=50", [180, 229], 229],
			[`?after=${idOf(100)}&limit=100`, [101, 200], 200],
			[`?after=${idOf(229)}`, [230, 230], null],
		];
		for (const [query, [from, to], next] of cases)
			expect([query, await page(query)]).toEqual([
				query,
				{
					messages: messages.slice(from - 1, to),
					next,
					epoch: expect.any(String),
				},
			]);
		for (const query of [
			"?before_seq=1",
			"?before_seq=0",
			`?before=${idOf(1)}`,
			"?after_seq=230",
			"?after_seq=9007199254740991",
			`?after=${idOf(230)}`,
		])
			expect([query, await page(query)]).toEqual([
				query,
				{ messages: [], next: null, epoch: expect.any(String) },
			]);
	});

	test.each([
		["back from the newest", "before_seq", "?limit=100"],
		["on from the oldest", "after_seq", "?after_seq=0&limit=100"],
	])(
		"[RS-11] following `next` %s returns every message once",
		async (_, cursor, start) => {
			const { page, messages } = await history();
			const pages: ChatMessage[][] = [];
			let { messages: found, next } = await page(start);
			pages.push(found as ChatMessage[]);
			while (next !== null) {
				({ messages: found, next } = await page(
					`?${cursor}=${next}&limit=100`,
				));
				pages.push(found as ChatMessage[]);
			}
			expect(pages.map((p) => p.length)).toEqual([100, 100, 30]);
			if (cursor === "before_seq") pages.reverse();
			expect(pages.flat()).toEqual(messages);
		},
	);

	test("[RS-11] refuses invalid page sizes and several cursors with 400", async () => {
		const { server, user, path, messages } = await history();
		const id = messages[9]?.message_id;
		for (const [query, why] of [
			["limit=101", /limit.*100/],
			["limit=0", /limit/],
			["limit=-1", /limit/],
			["limit=many", /limit/],
			["before_seq=-1", /before_seq/],
			["after_seq=x", /after_seq/],
			["before=10", /before must be a UUID/],
			["after=", /after must be a UUID/],
			[`before=${id}&after=${id}`, /at most one/],
			["before_seq=5&after_seq=1", /at most one/],
			[`after=${id}&after_seq=0`, /at most one/],
			[`before=${id}&before_seq=9`, /at most one/],
		] as const) {
			const answer = await server.rest("GET", `${path}?${query}`, user);
			expect([query, answer.status, answer.body]).toEqual([
				query,
				400,
				{ error: expect.stringMatching(why) },
			]);
		}
	});

	test("[RS-11] answers 404 for an unknown cursor and for one of a different conversation", async () => {
		const { server, user, path } = await history();
		const other = await createConversation(server, user);
		const { body } = await server.rest(
			"POST",
			`/v1/conversations/${other}/messages`,
			user,
			{ content: "elsewhere" },
		);
		for (const id of [randomUUID(), (body as ChatMessage).message_id])
			for (const direction of ["before", "after"])
				expect(
					await server.rest("GET", `${path}?${direction}=${id}`, user),
				).toMatchObject({
					status: 404,
					body: { error: "unknown cursor" },
				});
	});

	test("[RS-10] shows removals among the messages, in order", async () => {
		const server = await startTestServer();
		const [alice, bob] = [randomUUID(), randomUUID()];
		const id = await createConversation(server, alice, [bob]);
		const path = `/v1/conversations/${id}/messages`;
		await server.rest("POST", path, bob, { content: "hello" });
		await server.rest(
			"DELETE",
			`/v1/conversations/${id}/participants/${bob}`,
			alice,
		);
		await server.rest("POST", path, alice, { content: "bye" });
		const { body } = await server.rest("GET", path, alice);
		expectShape(Rest.messagePage, body);
		expect(body).toMatchObject({
			messages: [
				{ type: "chat", seq: 1 },
				{ type: "participant_removed", user_id: bob, sender_id: alice, seq: 2 },
				{ type: "chat", seq: 3 },
			],
			next: null,
		});
	});
});
