import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { TestClient } from "./support/client.ts";
import { ask, UPGRADE } from "./support/http.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const V1 = "secureconnect.v1";
const FORGED = "e30.e30.e30";
const [HEADER, SUBPROTOCOL, QUERY] = [randomUUID(), randomUUID(), randomUUID()];
const tokens = {
	header: await token(HEADER),
	subprotocol: await token(SUBPROTOCOL),
	query: await token(QUERY),
};

describe("[TK-1] [TK-2] [TK-3] [V1-1] a token is taken from", () => {
	test.each<{
		source: string;
		authorization?: string;
		protocols?: string[];
		query?: string;
		user: string;
		selected?: string;
	}>([
		{
			source: "the header, before all others",
			authorization: `Bearer ${tokens.header}`,
			protocols: [V1, `bearer.${tokens.subprotocol}`],
			query: tokens.query,
			user: HEADER,
			selected: V1,
		},
		{
			source: "the header, its scheme in any case",
			authorization: `bearer ${tokens.header}`,
			user: HEADER,
		},
		{
			source:
				"the subprotocol, before the query; only secureconnect.v1 is echoed",
			protocols: [V1, `bearer.${tokens.subprotocol}`],
			query: tokens.query,
			user: SUBPROTOCOL,
			selected: V1,
		},
		{
			source: "the subprotocol, at any place in the list",
			protocols: [`bearer.${tokens.subprotocol}`, "other", V1],
			user: SUBPROTOCOL,
			selected: V1,
		},
		{
			source: "the query, of a plain client",
			query: tokens.query,
			user: QUERY,
		},
		{
			source: "the query, of a v1 client",
			protocols: [V1],
			query: tokens.query,
			user: QUERY,
			selected: V1,
		},
		{
			source: "the query, with an Authorization of a different scheme",
			authorization: "Basic YTpi",
			query: tokens.query,
			user: QUERY,
		},
	])("$source", async ({ authorization, protocols, query, user, selected }) => {
		const server = await startTestServer();
		const client = await TestClient.open(
			server.url(randomUUID(), query ? { access_token: query } : {}),
			{
				...(protocols ? { protocols } : {}),
				headers: authorization ? { Authorization: authorization } : {},
			},
		);
		expect((await client.next("user_joined")).sender_id).toBe(user);
		expect(client.ws.protocol).toBe(selected ?? "");
	});
});

describe("[TK-4] the first token found counts, even if a later one is valid", () => {
	test.each<{ source: string; authorization?: string; protocols: string[] }>([
		{
			source: "the header",
			authorization: `Bearer ${FORGED}`,
			protocols: [V1, `bearer.${tokens.subprotocol}`],
		},
		{ source: "the subprotocol", protocols: [V1, `bearer.${FORGED}`] },
	])("$source", async ({ authorization, protocols }) => {
		const server = await startTestServer();
		const query = new URLSearchParams({
			conversation_id: randomUUID(),
			access_token: tokens.query,
		});
		expect(
			await ask(server, `/v1/ws/chat?${query}`, {
				...UPGRADE,
				"Sec-WebSocket-Protocol": protocols.join(", "),
				...(authorization ? { Authorization: authorization } : {}),
			}),
		).toMatchObject({ status: 401, text: '{"error":"unauthorized"}' });
	});
});

describe("[TK-3] without secureconnect.v1 a bearer entry", () => {
	const headers = {
		...UPGRADE,
		"Sec-WebSocket-Protocol": `bearer.${tokens.subprotocol}`,
	};

	test("is not a token", async () => {
		const server = await startTestServer();
		const path = `/v1/ws/chat?conversation_id=${randomUUID()}`;
		expect((await ask(server, path, headers)).status).toBe(401);
	});

	test("is not echoed", async () => {
		const server = await startTestServer();
		const path = `/v1/ws/chat?conversation_id=${randomUUID()}&access_token=${tokens.query}`;
		const answer = await ask(server, path, headers);
		expect(answer.status).toBe(101);
		expect(answer.headers).not.toHaveProperty("sec-websocket-protocol");
	});
});

test("an empty access_token is not a token", async () => {
	const server = await startTestServer();
	const path = `/v1/ws/chat?conversation_id=${randomUUID()}&access_token=`;
	expect((await ask(server, path, UPGRADE)).status).toBe(401);
});
