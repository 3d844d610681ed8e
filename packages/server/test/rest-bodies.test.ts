/** Bodies and queries that the server refuses before it processes them. */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { expect, test } from "vitest";
import { bearer, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

interface Sent {
	readonly body: Buffer | string;
	readonly type?: string;
	readonly chunked?: boolean;
}

async function post(
	server: TestServer,
	path: string,
	user: string,
	{ body, type = "application/json", chunked = false }: Sent,
): Promise<{
	status: number | undefined;
	type: string | undefined;
	text: string;
}> {
	const headers = {
		...(await bearer(user)),
		"Content-Type": type,
		...(chunked
			? { "Transfer-Encoding": "chunked" }
			: { "Content-Length": String(Buffer.byteLength(body)) }),
	};
	return new Promise((resolve, reject) => {
		const asked = request(
			`http://${server.address}${path}`,
			{ method: "POST", headers, agent: false },
			(response) => {
				let text = "";
				response.setEncoding("utf8");
				response.on("data", (chunk: string) => {
					text += chunk;
				});
				response.on("end", () =>
					resolve({
						status: response.statusCode,
						type: response.headers["content-type"],
						text,
					}),
				);
			},
		);
		asked.on("error", reject);
		asked.end(body);
	});
}

async function conversationOf(
	user: string,
): Promise<{ server: TestServer; path: string }> {
	const server = await startTestServer();
	const id = await createConversation(server, user);
	return { server, path: `/v1/conversations/${id}/messages` };
}

const withMetadata = (json: string): string =>
	`{"content":"","metadata":{"a":${json}}}`;
const NO_UTF8 = Buffer.from('{"content":"\xff"}', "latin1");

const REFUSED: readonly [
	what: string,
	sent: Sent,
	status: number,
	error: string,
][] = [
	[
		"much structure",
		{ body: `{"content":"","x":[${"0,".repeat(40_000)}0]}` },
		400,
		"the body has more than 65536 characters outside its strings",
	],
	["no UTF-8", { body: NO_UTF8 }, 400, "the body is not valid UTF-8"],
	[
		"invalid UTF-8, in chunks",
		{ body: NO_UTF8, chunked: true },
		400,
		"the body is not valid UTF-8",
	],
	[
		"a different charset",
		{
			body: Buffer.from('{"content":"x"}', "utf16le"),
			type: "application/json; charset=utf-16",
		},
		415,
		"the body must be application/json in UTF-8",
	],
	[
		"an integer that would be rounded",
		{ body: withMetadata("9007199254740993") },
		400,
		"an integer above 9007199254740991 would be rounded: send it as a string",
	],
	[
		"a number that would become 0",
		{ body: withMetadata("-1e-400") },
		400,
		"a number is too small for a double",
	],
];

test("[RS-30] [RS-32] [FR-10] a body that is costly to parse or could not be stored unchanged gets 400 or 415", async () => {
	const user = randomUUID();
	const { server, path } = await conversationOf(user);
	for (const [what, sent, status, error] of REFUSED)
		expect([what, await post(server, path, user, sent)]).toEqual([
			what,
			{
				status,
				type: "application/json; charset=utf-8",
				text: JSON.stringify({ error }),
			},
		]);
});

test("[RS-30] [RS-32] [FR-10] long text, UTF-8 in chunks, a charset and exact numbers are accepted", async () => {
	const user = randomUUID();
	const { server, path } = await conversationOf(user);
	for (const sent of [
		{ body: JSON.stringify({ content: "[0,".repeat(99_999) }) },
		{ body: '{"content":"漢"}', chunked: true },
		{ body: '{"content":"é"}', type: 'application/json; charset="UTF-8"' },
		{ body: withMetadata("[9007199254740991,1e300,0.1,-0]") },
	])
		expect(await post(server, path, user, sent)).toMatchObject({ status: 201 });
});

test("[RS-3] too many participants are refused by their number, before each is checked", async () => {
	const user = randomUUID();
	const { server } = await conversationOf(user);
	const body = JSON.stringify({ participant_ids: Array(21_000).fill("x") });
	expect(await post(server, "/v1/conversations", user, { body })).toMatchObject(
		{
			status: 400,
			text: '{"error":"participant_ids must not have more than 1000 items"}',
		},
	);
});

test("[RS-33] numbers in a query are decimal digits", async () => {
	const user = randomUUID();
	const { server, path } = await conversationOf(user);
	for (const query of [
		"before_seq=true",
		"before_seq=",
		"before_seq=null",
		"after_seq=9007199254740993",
		"after_seq=-0",
		"after_seq=1&after_seq=2",
		"limit=%201",
		"limit=1e1",
		"limit=0x10",
		"limit=",
	]) {
		const { status } = await server.rest("GET", `${path}?${query}`, user);
		expect([query, status]).toEqual([query, 400]);
	}
	const { status } = await server.rest(
		"GET",
		`${path}?after_seq=0&limit=10`,
		user,
	);
	expect(status).toBe(200);
});
