import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import { type ChatMessage, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

interface Route {
	readonly method: string;
	/** Path after `/v1/conversations/{id}`. */
	readonly path: string;
	readonly body?: unknown;
}

const USER = randomUUID();
const MESSAGE = randomUUID();
/** All routes for one conversation. */
const ROUTES: readonly Route[] = [
	{ method: "GET", path: "" },
	{ method: "POST", path: "/participants", body: { participant_ids: [USER] } },
	{ method: "DELETE", path: `/participants/${USER}` },
	{ method: "GET", path: "/messages" },
	{ method: "GET", path: `/messages?before=${MESSAGE}` },
	{ method: "GET", path: "/messages?after_seq=0" },
	{ method: "POST", path: "/messages", body: { content: "let me in" } },
	{ method: "GET", path: "/receipts" },
	{ method: "GET", path: "/presence" },
];
/** Routes that do not concern one conversation. */
const OTHER_ROUTES: readonly Route[] = [
	{ method: "GET", path: "/v1/conversations" },
	{ method: "POST", path: "/v1/conversations", body: { participant_ids: [] } },
	{ method: "GET", path: "/v1/blocks" },
	{ method: "PUT", path: `/v1/blocks/${USER}` },
	{ method: "DELETE", path: `/v1/blocks/${USER}` },
];

/** Returns the whole answer except its date. */
async function answerOf(
	server: TestServer,
	{ method, path, body }: Route,
	bearer: string | undefined,
): Promise<{ status: number; headers: Record<string, string>; text: string }> {
	const response = await fetch(`http://${server.address}${path}`, {
		method,
		headers: {
			...(bearer ? { Authorization: `Bearer ${bearer}` } : {}),
			...(body ? { "Content-Type": "application/json" } : {}),
		},
		...(body ? { body: JSON.stringify(body) } : {}),
	});
	const { date: _, ...headers } = Object.fromEntries(response.headers);
	return { status: response.status, headers, text: await response.text() };
}

const within = (id: string, route: Route): Route => ({
	...route,
	path: `/v1/conversations/${id}${route.path}`,
});

describe.each(["members", "open"] as const)("under the policy %s", (policy) => {
	test("[RS-2] [GA-6] a user who is not a participant gets the same bytes as for an unknown conversation, on every route", async () => {
		const server = await startTestServer({ policy });
		const [owner, removed] = [randomUUID(), randomUUID()];
		const id = await createConversation(server, owner, [removed]);
		await server.rest("POST", `/v1/conversations/${id}/messages`, owner, {
			content: "secret",
		});
		await server.rest(
			"DELETE",
			`/v1/conversations/${id}/participants/${removed}`,
			owner,
		);
		for (const user of [randomUUID(), removed])
			for (const route of ROUTES) {
				const bearer = await token(user);
				const stranger = await answerOf(server, within(id, route), bearer);
				const missing = await answerOf(
					server,
					within(randomUUID(), route),
					bearer,
				);
				expect([route, stranger]).toEqual([route, missing]);
				expect([stranger.status, stranger.text]).toEqual([
					403,
					'{"error":"not a participant"}',
				]);
			}
	});
});

test("[RS-1] without a valid token every route answers 401 before all other checks", async () => {
	const server = await startTestServer();
	const forged = await token(USER, {}, "another secret, of 32 bytes or more");
	const routes = [
		...OTHER_ROUTES,
		...ROUTES.map((route) =>
			within("no-uuid", { ...route, body: route.body && {} }),
		),
	];
	for (const route of routes)
		for (const bearer of [undefined, forged]) {
			const { status, text, headers } = await answerOf(server, route, bearer);
			expect([route, status, text]).toEqual([
				route,
				401,
				'{"error":"unauthorized"}',
			]);
			expect(headers["www-authenticate"]).toBe("Bearer");
		}
});

test("[RS-1] a token without a user id is 500 on every route", async () => {
	const server = await startTestServer();
	const nobody = await token("nobody");
	for (const route of [
		...OTHER_ROUTES,
		...ROUTES.map((r) => within(USER, r)),
	]) {
		const { status, text } = await answerOf(server, route, nobody);
		expect([route, status, text]).toEqual([
			route,
			500,
			'{"error":"invalid user_id"}',
		]);
	}
});

test("[RS-1] an id that is not a UUID is 400 on every route", async () => {
	const server = await startTestServer();
	const bearer = await token(USER);
	for (const id of ["general", "00000000-0000-0000-0000-000000000000"])
		for (const route of ROUTES) {
			const { status, text } = await answerOf(
				server,
				within(id, route),
				bearer,
			);
			expect([route, status, text]).toEqual([
				route,
				400,
				'{"error":"invalid conversation_id"}',
			]);
		}
	const route = { method: "DELETE", path: "/participants/bob" };
	const { status, text } = await answerOf(server, within(USER, route), bearer);
	expect([status, text]).toEqual([400, '{"error":"invalid user_id"}']);
});

test("[HS-6] an upper-case id refers to the same conversation on every route", async () => {
	const server = await startTestServer();
	const id = await createConversation(server, USER);
	const bearer = await token(USER);
	for (const route of ROUTES.filter(
		(r) => r.method !== "DELETE" && !r.path.includes(MESSAGE),
	))
		expect([
			route,
			(await answerOf(server, within(id.toUpperCase(), route), bearer)).status,
		]).toEqual([
			route,
			route.path === "/messages" && route.method === "POST" ? 201 : 200,
		]);
});

test("[RS-3] an unknown route is 404", async () => {
	const server = await startTestServer();
	for (const [method, path] of [
		["GET", "/v1"],
		["GET", "/v1/nothing"],
		["PUT", "/v1/conversations"],
		["PUT", `/v1/conversations/${USER}`],
		["GET", `/v1/conversations/${USER}/nothing`],
		["POST", "/v1/ws/chat"],
		["GET", "/"],
		["GET", "/metrics"],
		["POST", `/admin/users/${USER}/disconnect`],
	] as const) {
		const { status, text } = await answerOf(
			server,
			{ method, path },
			await token(USER),
		);
		expect([path, status, text]).toEqual([path, 404, '{"error":"not found"}']);
	}
});

test("[RS-13] receipts show the furthest message that each participant has read, with their names", async () => {
	const server = await startTestServer();
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, alice, [bob]);
	const receipts = async (): Promise<unknown> => {
		const { body } = await server.rest(
			"GET",
			`/v1/conversations/${id}/receipts`,
			alice,
		);
		expectShape(Rest.receipts, body);
		return body;
	};
	expect(await receipts()).toEqual({ receipts: [] });

	const messages: ChatMessage[] = [];
	for (const content of ["one", "two"]) {
		const { body } = await server.rest(
			"POST",
			`/v1/conversations/${id}/messages`,
			alice,
			{ content },
		);
		messages.push(body as ChatMessage);
	}
	const [one, two] = messages;
	const reader = await server.connect(id, bob, {
		token: await token(bob, { name: "Bob" }),
	});
	const watcher = await server.connect(id, alice);
	for (const message of [two, one])
		reader.send({ type: "read", message_id: message?.message_id });
	await watcher.next("read");
	await reader.settle();
	const read = { message_id: two?.message_id, seq: 2 };
	expect(await receipts()).toEqual({
		// Alice has written both.
		receipts: expect.arrayContaining([
			{ user_id: bob, name: "Bob", read },
			{ user_id: alice, read },
		]),
	});
});

test("[RS-14] presence lists each online user once", async () => {
	const server = await startTestServer();
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, alice, [bob]);
	const presence = async (): Promise<unknown> => {
		const { body } = await server.rest(
			"GET",
			`/v1/conversations/${id}/presence`,
			alice,
		);
		expectShape(Rest.presence, body);
		return body;
	};
	expect(await presence()).toEqual({ users: [], count: 0 });
	const first = await server.connect(id, alice);
	await server.connect(id, alice);
	const other = await server.connect(id, bob, {
		token: await token(bob, { name: "Bob" }),
	});
	expect(await presence()).toEqual({
		users: [{ user_id: alice }, { user_id: bob, name: "Bob" }],
		count: 2,
	});
	void other.close();
	await first.waitFor((frame) => frame.type === "user_left");
	expect(await presence()).toEqual({ users: [{ user_id: alice }], count: 1 });
});
