/** Errors that the HTTP server itself detects, on both ports. */
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { bearer } from "./support/http.ts";
import { startTestServer } from "./support/server.ts";

const TOKEN = "TOPSECRET";

interface Answer {
	readonly status: number;
	readonly type: string | undefined;
	readonly body: string;
}

/** Sends bytes and reads until the server closes the connection. */
function exchange(port: number, text: string): Promise<Answer> {
	return new Promise((resolve, reject) => {
		let all = "";
		const socket = connect(port, "127.0.0.1", () => socket.write(text));
		socket.setEncoding("latin1");
		socket.on("data", (chunk: string) => {
			all += chunk;
		});
		socket.on("error", reject);
		socket.on("close", () => {
			const [head = "", body = ""] = all.split("\r\n\r\n");
			resolve({
				status: Number(head.split(" ")[1]),
				type: /content-type: (.*)/i.exec(head)?.[1],
				body,
			});
		});
	});
}

function get(path: string, headers = ""): string {
	return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers}\r\n`;
}

function refused(status: number, error: string): Answer {
	return {
		status,
		type: "application/json; charset=utf-8",
		body: JSON.stringify({ error }),
	};
}

test("[RS-36] [TK-9] every error of the HTTP server has one shape and repeats no URL, on both ports", async () => {
	const server = await startTestServer({
		admin: { host: "127.0.0.1", port: 0 },
	});
	const query = `access_token=${TOKEN}`;
	const rows: readonly [text: string, expected: Answer][] = [
		[get(`/%zz?${query}`), refused(400, "bad request")],
		[get(`/healthz/%?${query}`), refused(400, "bad request")],
		[get(`/nothing?${query}`), refused(404, "not found")],
		[`NONSENSE ${TOKEN}\r\n\r\n`, refused(400, "bad request")],
		[
			`GET /?${query} HTTP/1.1\r\nConnection: close\r\n\r\n`,
			refused(400, "the header Host is required"),
		],
		[
			get("/", `X-Long: ${TOKEN.repeat(4000)}\r\n`),
			refused(431, "the headers are too long"),
		],
		[get("/", `Expect: ${TOKEN}\r\n`), refused(417, "expectation failed")],
		[
			`CONNECT ${TOKEN}:443 HTTP/1.1\r\nHost: ${TOKEN}\r\n\r\n`,
			refused(405, "method not allowed"),
		],
		[
			`POST /nothing?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: text/${TOKEN}\r\nContent-Length: 2\r\n\r\n{}`,
			refused(404, "not found"),
		],
	];
	for (const port of [server.port, server.adminPort ?? 0])
		for (const [text, expected] of rows)
			expect([text, await exchange(port, text)]).toEqual([text, expected]);
});

test("[RS-1] [TK-9] a URL that cannot be decoded is refused after origin and token", async () => {
	const server = await startTestServer();
	const { Authorization } = await bearer(randomUUID());
	const path = `/v1/conversations/%?access_token=${TOKEN}`;
	const rows: readonly [headers: string, expected: Answer][] = [
		["Origin: http://evil.example\r\n", refused(403, "origin not allowed")],
		["", refused(401, "unauthorized")],
		[`Authorization: ${Authorization}\r\n`, refused(400, "bad request")],
	];
	for (const [headers, expected] of rows)
		expect(await exchange(server.port, get(path, headers))).toEqual(expected);
});

test("[RS-1] a conversation id of 10,000 characters is refused as not a UUID", async () => {
	const server = await startTestServer();
	const { Authorization } = await bearer(randomUUID());
	const answer = await exchange(
		server.port,
		get(
			`/v1/conversations/${"a".repeat(10_000)}/messages?access_token=${TOKEN}`,
			`Authorization: ${Authorization}\r\n`,
		),
	);
	expect(answer).toEqual(refused(400, "invalid conversation_id"));
});

test("[RS-36] [TK-9] the admin port checks Host and Origin first", async () => {
	const server = await startTestServer({
		admin: { host: "127.0.0.1", port: 0 },
	});
	for (const path of [`/%zz?${TOKEN}`, "/metrics", "/nothing"])
		for (const headers of [
			"Host: evil.example",
			"Host: 127.0.0.1\r\nOrigin: http://127.0.0.1",
		])
			expect(
				await exchange(
					server.adminPort ?? 0,
					`GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`,
				),
			).toEqual(refused(403, "origin not allowed"));
});
