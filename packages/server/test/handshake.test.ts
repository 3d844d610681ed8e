import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import {
	type Answer,
	ask,
	bearer,
	CHAT,
	chatPath,
	createConversation,
	UPGRADE,
} from "./support/http.ts";
import { startTestServer } from "./support/server.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** Removes from an answer what differs between requests. */
function comparable({ status, headers, text }: Answer): unknown {
	const { date: _, ...rest } = headers;
	return { status, headers: rest, text };
}

describe.each([
	// Version 8 fails the last check, so every row shows that its own check comes before that one.
	{
		kind: "an upgrade",
		transport: { ...UPGRADE, "Sec-WebSocket-Version": "8" },
	},
	{ kind: "a plain GET", transport: {} },
])("the first failed check answers $kind", ({ transport }) => {
	test.each<{
		why: string;
		full?: boolean;
		origin?: string;
		user?: "nobody" | "stranger" | "member";
		conversation?: "malformed" | "real";
		status: number;
		error: string;
		headers?: Record<string, string>;
	}>([
		{
			why: "an origin that is not allowed",
			full: true,
			origin: "https://evil.example",
			status: 403,
			error: "origin not allowed",
		},
		{
			why: "a full server",
			full: true,
			origin: "http://localhost:3000",
			status: 503,
			error: "unavailable",
			headers: { "retry-after": "2" },
		},
		{
			why: "no token",
			status: 401,
			error: "unauthorized",
			headers: { "www-authenticate": "Bearer" },
		},
		{
			why: "a token without a user id",
			user: "nobody",
			status: 500,
			error: "invalid user_id",
		},
		{
			why: "no conversation_id",
			user: "stranger",
			status: 400,
			error: "conversation_id required",
		},
		{
			why: "a conversation_id that is not a UUID",
			user: "stranger",
			conversation: "malformed",
			status: 400,
			error: "invalid conversation_id",
		},
		{
			why: "a user who is not a participant",
			user: "stranger",
			conversation: "real",
			status: 403,
			error: "not a participant",
		},
		{
			why: "a request that is not a WebSocket upgrade of version 13",
			user: "member",
			conversation: "real",
			status: 426,
			error: "upgrade required",
			headers: { upgrade: "websocket", "sec-websocket-version": "13" },
		},
	])("[HS-2] [HS-3] [HS-4] [HS-13] [HS-14] $status for $why", async (row) => {
		const server = await startTestServer({
			policy: "members",
			...(row.full ? { maxConnections: 0 } : {}),
		});
		const member = randomUUID();
		const real = await createConversation(server, member);
		const users = { nobody: "nobody", stranger: randomUUID(), member };
		const ids = { malformed: "general", real };
		const answer = await ask(
			server,
			row.conversation ? chatPath(ids[row.conversation]) : CHAT,
			{
				...transport,
				...(row.origin ? { Origin: row.origin } : {}),
				...(row.user ? await bearer(users[row.user]) : {}),
			},
		);
		expect(answer).toMatchObject({
			status: row.status,
			text: JSON.stringify({ error: row.error }),
			headers: { "content-type": JSON_TYPE, ...row.headers },
		});
	});

	test("[HS-9] [GA-6] a user who is not a participant and a missing conversation get the same bytes", async () => {
		const server = await startTestServer({ policy: "members" });
		const forbidden = await createConversation(server, randomUUID());
		const headers = { ...transport, ...(await bearer(randomUUID())) };
		const stranger = await ask(server, chatPath(forbidden), headers);
		const missing = await ask(server, chatPath(randomUUID()), headers);
		expect(comparable(stranger)).toEqual(comparable(missing));
		expect(stranger.status).toBe(403);
	});

	test("[HS-12] a draining server answers 503", async () => {
		const server = await startTestServer();
		const lingering = await server.connect(randomUUID(), randomUUID());
		lingering.ws.pause();
		const drained = server.drain();
		expect(await ask(server, CHAT, transport)).toMatchObject({
			status: 503,
			headers: { "retry-after": "2" },
			text: '{"error":"unavailable"}',
		});
		lingering.ws.terminate();
		await drained;
	});
});

describe("requests that cannot be upgraded", () => {
	test.each([
		["a plain GET", {}],
		["an upgrade to a different protocol", { ...UPGRADE, Upgrade: "h2c" }],
		[
			"an upgrade of a different version",
			{ ...UPGRADE, "Sec-WebSocket-Version": "8" },
		],
		[
			"an Upgrade header without a Connection header",
			{ ...UPGRADE, Connection: "close" },
		],
	])(
		"[HS-10] %s gets 426 and creates nothing under the open policy",
		async (_, headers) => {
			const server = await startTestServer();
			const [user, conversation] = [randomUUID(), randomUUID()];
			expect(
				await ask(server, chatPath(conversation), {
					...headers,
					...(await bearer(user)),
				}),
			).toMatchObject({
				status: 426,
				headers: { upgrade: "websocket", "sec-websocket-version": "13" },
				text: '{"error":"upgrade required"}',
			});
			const { status } = await server.rest(
				"GET",
				`/v1/conversations/${conversation}`,
				user,
			);
			expect(status).toBe(403);
		},
	);

	test.each([
		["a plain GET", {}],
		["an upgrade", UPGRADE],
	])("%s of a different path gets 404", async (_, headers) => {
		const server = await startTestServer();
		for (const path of ["/v1/ws/chat/", "/v1/ws", "/ws/chat", "/nothing"])
			expect(
				await ask(server, path, {
					...headers,
					...(await bearer(randomUUID())),
				}),
			).toMatchObject({ status: 404, text: '{"error":"not found"}' });
	});

	test.each([
		["a plain GET", {}],
		["an upgrade", UPGRADE],
	])(
		"[HS-8] [HS-15] %s of a user who was removed gets 403 under the open policy",
		async (_, headers) => {
			const server = await startTestServer();
			const [owner, removed] = [randomUUID(), randomUUID()];
			const conversation = await createConversation(server, owner, [removed]);
			const path = `/v1/conversations/${conversation}/participants/${removed}`;
			await server.rest("DELETE", path, owner);
			expect(
				await ask(server, chatPath(conversation), {
					...headers,
					...(await bearer(removed)),
				}),
			).toMatchObject({ status: 403, text: '{"error":"not a participant"}' });
		},
	);

	test("[HS-14] a refused upgrade leaves no half-open socket behind", async () => {
		const server = await startTestServer();
		const socket = connect({
			port: server.port,
			host: "127.0.0.1",
			allowHalfOpen: true,
		});
		onTestFinished(() => void socket.destroy());
		const lines = Object.entries({ Host: "x", ...UPGRADE });
		socket.write(
			`GET ${CHAT} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`,
		);
		socket.resume();
		await new Promise((resolve) => socket.once("end", resolve));
		// A server whose side is still open would accept these bytes without an error.
		const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
			socket.once("error", resolve);
			const write = (): void => {
				socket.write("x", () => setImmediate(write));
			};
			write();
		});
		expect(error.code).toMatch(/^(ECONNRESET|EPIPE)$/);
	});
});

test("[HS-1] a handshake with a target in absolute form, as proxies send it, is accepted", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const headers = { ...UPGRADE, ...(await bearer(user)) };
	for (const [target, status] of [
		[`http://${server.address}${chatPath(randomUUID())}`, 101],
		[`HTTP://chat.example.com${chatPath(randomUUID())}`, 101],
		[`http://${server.address}/v1/ws/other`, 404],
		["http://chat.example.com", 404],
	] as const) {
		const answer = await new Promise<number | undefined>((resolve, reject) => {
			const [host = "", port] = server.address.split(":");
			const asked = request({
				host,
				port,
				path: target,
				headers,
				agent: false,
			});
			asked.on("error", reject);
			asked.on("upgrade", (response, socket) => {
				socket.destroy();
				resolve(response.statusCode);
			});
			asked.on("response", (response) => {
				response.resume();
				resolve(response.statusCode);
			});
			asked.end();
		});
		expect(answer).toBe(status);
	}
});
