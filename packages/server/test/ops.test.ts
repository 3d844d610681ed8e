import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Answer, ask, bearer, CHAT, chatPath } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

const ALLOWED = "https://app.example";
const CONVERSATIONS = "/v1/conversations";
const ORIGINS = { kind: "list", origins: [ALLOWED] } as const;

describe("CORS", () => {
	test("[RS-15] every answer, also an error, names an allowed origin and varies by Origin", async () => {
		const server = await startTestServer({ origins: ORIGINS });
		const good = await bearer(randomUUID());
		for (const [headers, path, status] of [
			[good, CONVERSATIONS, 200],
			[good, `${CONVERSATIONS}/x`, 400],
			[good, `${CONVERSATIONS}/${randomUUID()}`, 403],
			[{}, CONVERSATIONS, 401],
		] as const) {
			const answer = await ask(server, path, { ...headers, Origin: ALLOWED });
			expect(answer).toMatchObject({
				status,
				headers: { "access-control-allow-origin": ALLOWED, vary: "Origin" },
			});
			expect(answer.headers).not.toHaveProperty(
				"access-control-allow-credentials",
			);
		}
	});

	test("[HS-16] a plain GET tells a page why its handshake was refused and when to retry", async () => {
		const server = await startTestServer({
			origins: ORIGINS,
			maxConnections: 1,
			policy: "members",
		});
		const [alice, id] = [randomUUID(), randomUUID()];
		const asked = async (
			headers: Record<string, string>,
			path = chatPath(id),
		): Promise<Answer> => ask(server, path, { ...headers, Origin: ALLOWED });
		const shown = {
			"access-control-allow-origin": ALLOWED,
			"access-control-expose-headers": "Retry-After",
		};
		const good = await bearer(alice);
		expect(await asked({})).toMatchObject({ status: 401, headers: shown });
		expect(await asked(good)).toMatchObject({ status: 403, headers: shown });
		expect(await asked(good, CHAT)).toMatchObject({
			status: 400,
			headers: shown,
		});
		await server.rest("POST", CONVERSATIONS, alice, {
			conversation_id: id,
			participant_ids: [],
		});
		expect(await asked(good)).toMatchObject({ status: 426, headers: shown });
		await server.connect(id, alice);
		expect(await asked(good)).toMatchObject({
			status: 503,
			headers: { ...shown, "retry-after": expect.stringMatching(/^\d+$/) },
		});
		const preflight = await ask(
			server,
			chatPath(id),
			{
				Origin: ALLOWED,
				"Access-Control-Request-Method": "GET",
				"Access-Control-Request-Headers": "authorization",
			},
			"OPTIONS",
		);
		expect(preflight).toMatchObject({ status: 204, headers: shown });
		const foreign = await ask(server, chatPath(id), {
			...good,
			Origin: "https://evil.example",
		});
		expect(foreign.status).toBe(403);
		expect(foreign.headers).not.toHaveProperty("access-control-allow-origin");
	});

	test("[RS-15] a preflight from an allowed origin gets 204 without a token", async () => {
		const server = await startTestServer({ origins: ORIGINS });
		const answer = await preflight(server, ALLOWED);
		expect(answer).toMatchObject({
			status: 204,
			text: "",
			headers: { "access-control-allow-origin": ALLOWED, vary: "Origin" },
		});
		const listOf = (name: string): string[] =>
			String(answer.headers[name]).toLowerCase().split(", ");
		expect(listOf("access-control-allow-methods")).toEqual(
			expect.arrayContaining(["get", "post", "put", "patch", "delete"]),
		);
		expect(listOf("access-control-allow-headers")).toEqual(
			expect.arrayContaining(["authorization", "content-type"]),
		);
	});

	test("[RS-1] [RS-15] a different origin gets 403 and no permission, and the answer varies by Origin", async () => {
		const server = await startTestServer({ origins: ORIGINS });
		const Origin = "https://evil.example";
		const headers = { Origin, ...(await bearer(randomUUID())) };
		for (const answer of [
			await preflight(server, Origin),
			await ask(server, CONVERSATIONS, headers),
		]) {
			expect(answer).toMatchObject({
				status: 403,
				text: '{"error":"origin not allowed"}',
				headers: { vary: "Origin" },
			});
			expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
		}
	});

	test("without an Origin the answer contains no permission", async () => {
		const server = await startTestServer({ origins: ORIGINS });
		const answer = await ask(server, CONVERSATIONS, await bearer(randomUUID()));
		expect(answer).toMatchObject({ status: 200, headers: { vary: "Origin" } });
		expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
	});

	function preflight(server: TestServer, origin: string): Promise<Answer> {
		const headers = {
			Origin: origin,
			"Access-Control-Request-Method": "POST",
			"Access-Control-Request-Headers": "authorization,content-type",
		};
		return ask(server, CONVERSATIONS, headers, "OPTIONS");
	}
});

describe("health", () => {
	test("[RS-16] a running server is healthy and ready", async () => {
		const server = await startTestServer();
		expect(await ask(server, "/healthz")).toMatchObject({
			status: 200,
			text: '{"status":"ok"}',
		});
		expect(await ask(server, "/readyz")).toMatchObject({
			status: 200,
			text: '{"status":"ready"}',
		});
	});

	test("[RS-16] a draining server is healthy but not ready, and refuses commands", async () => {
		const server = await startTestServer();
		const conversation = randomUUID();
		const user = randomUUID();
		const lingering = await server.connect(conversation, user);
		lingering.ws.pause();
		const drained = server.drain();
		expect(await ask(server, "/healthz")).toMatchObject({ status: 200 });
		expect(await ask(server, "/readyz")).toMatchObject({
			status: 503,
			text: '{"status":"draining"}',
		});
		const path = `${CONVERSATIONS}/${conversation}/messages`;
		const answer = await server.rest("POST", path, user, { content: "late" });
		expect(answer).toMatchObject({
			status: 503,
			body: { error: "unavailable" },
		});
		expect(answer.headers.get("retry-after")).toBe("2");
		lingering.ws.terminate();
		await drained;
	});

	test("a page is served at its path only", async () => {
		const contentType = "text/html; charset=utf-8";
		const server = await startTestServer({
			pages: new Map([["/", { contentType, body: "<h1>hello</h1>" }]]),
		});
		expect((await ask(server, "/docs")).status).toBe(404);
		expect(await ask(server, "/")).toMatchObject({
			status: 200,
			text: "<h1>hello</h1>",
			headers: {
				"content-type": "text/html; charset=utf-8",
				"content-security-policy":
					expect.stringContaining("default-src 'none'"),
			},
		});
	});
});

describe("the admin port", () => {
	async function start(): Promise<{
		server: TestServer;
		admin: { address: string };
	}> {
		const server = await startTestServer({
			admin: { host: "127.0.0.1", port: 0 },
		});
		return { server, admin: { address: `127.0.0.1:${server.adminPort}` } };
	}

	test("is off by default", async () => {
		expect((await startTestServer()).adminPort).toBeUndefined();
	});

	test("gives current metrics in the Prometheus format", async () => {
		const { server, admin } = await start();
		const conversation = randomUUID();
		const client = await server.connect(conversation, randomUUID());
		await server.connect(conversation, randomUUID());
		client.send({ type: "chat", content: "counted" });
		await client.next("chat");
		const { status, headers, text } = await ask(admin, "/metrics");
		expect(status).toBe(200);
		expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
		const metrics = new Map(
			text.split("\n").flatMap((line) => {
				const [, name, value] = /^(\w+) (\S+)$/.exec(line) ?? [];
				return name ? [[name, Number(value)] as const] : [];
			}),
		);
		expect(Object.fromEntries(metrics)).toMatchObject({
			secureconnect_connections: 2,
			secureconnect_conversations: 1,
			// The search for interrupted deletions at the start, two joins and one message.
			secureconnect_log_writes_total: 4,
			process_cpu_seconds_total: expect.any(Number),
		});
		for (const name of [
			"deliveries_total",
			"log_commits_total",
			"log_commit_seconds_total",
		])
			expect(metrics.get(`secureconnect_${name}`)).toBeGreaterThan(0);
	});

	test("[CL-3] disconnects every connection of a user with 1008, and no other", async () => {
		const { server, admin } = await start();
		const [user, other] = [randomUUID(), randomUUID()];
		const revoked = [
			await server.connect(randomUUID(), user),
			await server.connect(randomUUID(), user),
		];
		const bystander = await server.connect(randomUUID(), other);
		const path = `/admin/users/${user.toUpperCase()}/disconnect`;
		expect(await ask(admin, path, {}, "POST")).toMatchObject({
			status: 200,
			text: '{"disconnected":2}',
		});
		for (const client of revoked)
			expect(await client.closed).toEqual({
				code: 1008,
				reason: "token revoked",
			});
		await bystander.settle();
		expect(
			await ask(admin, `/admin/users/${randomUUID()}/disconnect`, {}, "POST"),
		).toMatchObject({
			text: '{"disconnected":0}',
		});
	});

	test("refuses a user id that is not a UUID", async () => {
		const { admin } = await start();
		expect(
			await ask(admin, "/admin/users/bob/disconnect", {}, "POST"),
		).toMatchObject({
			status: 400,
			text: '{"error":"invalid user_id"}',
		});
	});

	test("refuses a page whose own name resolves to this machine", async () => {
		const { admin } = await start();
		const answer = await ask(admin, "/metrics", { Host: "evil.example:8083" });
		expect(answer.status).toBe(403);
	});

	test("refuses every request from a web page and changes nothing", async () => {
		const { server, admin } = await start();
		const user = randomUUID();
		const client = await server.connect(randomUUID(), user);
		for (const Origin of [
			"http://localhost",
			`http://${admin.address}`,
			"null",
		]) {
			const refused = { status: 403, text: '{"error":"origin not allowed"}' };
			expect(await ask(admin, "/metrics", { Origin })).toMatchObject(refused);
			const path = `/admin/users/${user}/disconnect`;
			expect(await ask(admin, path, { Origin }, "POST")).toMatchObject(refused);
		}
		await client.settle();
	});
});
