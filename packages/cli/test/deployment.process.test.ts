/** Tests docs/deployment.md and the files of deploy/, with real proxies. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { SETTINGS } from "../src/settings.ts";
import { type Program, ROOT, SECURECONNECT, start } from "./support/program.ts";
import {
	freePort,
	NAME,
	needPrograms,
	type ProxyKind,
	ReverseProxy,
	type SecureClient,
	withReplaced,
} from "./support/reverse-proxy.ts";
import { rest } from "./support/server-process.ts";

const KINDS = ["nginx", "caddy"] as const satisfies ProxyKind[];
const MIB = 1024 * 1024;
const USER = "a11ce000-0000-4000-8000-000000000001";
const UNIT = "deploy/secureconnect.service";
/** Largest exposure that systemd-analyze may report, in tenths. It rates what an attacker in the process can reach. */
const MOST_EXPOSED = 12;

const guide = read("docs/deployment.md");
const unit = read(UNIT);
const nginx = read("deploy/nginx.conf");

function read(file: string): string {
	return readFileSync(join(ROOT, file), "utf8");
}

/** Returns every value of a key of the unit. */
function inUnit(key: string): string[] {
	return Array.from(
		unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm")),
		([, value = ""]) => value,
	);
}

/** Returns the number of a directive of nginx. */
function inNginx(directive: string): number {
	return Number(
		new RegExp(`^\\s*${directive} (\\d+)`, "m").exec(nginx)?.[1] ?? Number.NaN,
	);
}

interface Deployed {
	readonly program: Program;
	readonly port: number;
	readonly address: string;
	readonly adminPort: number;
}

/** Starts `serve` with the variables of the unit and the environment file, on the test's ports and paths. */
async function startAsInUnit(
	own: Readonly<Record<string, string>> = {},
): Promise<Deployed> {
	const [command = ""] = inUnit("ExecStart");
	const [, options = "", args = ""] =
		/^\/opt\/secureconnect\/\S+\/node ((?:--\S+ )*)\/opt\/secureconnect\/\S+ (.*)$/.exec(
			command,
		) ?? [];
	expect(args).not.toBe("");
	const [port, adminPort] = [await freePort(), await freePort()];
	const variables = inUnit("Environment").map((line): [string, string] => {
		const [name = "", value = ""] = line.split("=");
		return [name, value];
	});
	const words = `${options}${SECURECONNECT} ${args}`.split(" ");
	const program = start(process.execPath, words, {
		env: {
			...Object.fromEntries(variables),
			SECURECONNECT_PORT: String(port),
			SECURECONNECT_ADMIN_PORT: String(adminPort),
			SECURECONNECT_DATA: temporaryDirectory(),
			SECURECONNECT_JWT_SECRET: SECRET,
			...own,
		},
	});
	await program.untilPrinted(/"msg":"serving"/);
	return { program, port, adminPort, address: `127.0.0.1:${port}` };
}

/** Returns the path of the chat with a new conversation. */
async function conversation(server: Deployed): Promise<string> {
	const { status, body } = await rest(
		server,
		"POST",
		"/v1/conversations",
		await token(USER),
		{ participant_ids: [] },
	);
	expect(status).toBe(201);
	const { conversation_id } = body as { conversation_id: string };
	return `/v1/ws/chat?conversation_id=${conversation_id}`;
}

const bearer = (jwt: string): Record<string, string> => ({
	Authorization: `Bearer ${jwt}`,
});

describe.for(KINDS)("behind %s", (kind) => {
	test("users chat, and no log contains the token, wherever the client sent it", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start(kind, server.port);
		const path = await conversation(server);
		const jwts = await Promise.all(
			[1, 2, 3, 4].map((jti) => token(USER, { jti: `${jti}` })),
		);
		const [first = "", second = "", third = "", fourth = ""] = jwts;
		const clients = [
			await proxy.connect(path, bearer(first)),
			await proxy.connect(`${path}&access_token=${second}`),
			await proxy.connect(path, {}, ["secureconnect.v1", `bearer.${third}`]),
		];
		expect(clients[2]?.ws.protocol).toBe("secureconnect.v1");
		clients[0]?.send({ type: "chat", content: "Hello" });
		for (const client of clients) {
			await client.got("chat", { content: "Hello", seq: 1 });
			client.ws.close(1000);
			expect(await client.closed).toMatchObject({ code: 1000 });
		}
		// Proxies log more about failed requests.
		server.program.kill("SIGTERM");
		await server.program.ending();
		for (const headers of [
			{},
			{
				"Sec-WebSocket-Protocol": `secureconnect.v1, bearer.${fourth}`,
				Referer: `https://${NAME}/?access_token=${fourth}`,
				...bearer(fourth),
			},
		])
			expect(
				await proxy.ask("GET", `${path}&access_token=${fourth}`, headers),
			).toMatchObject({ status: 503 });

		await expect
			.poll(() => proxy.logged.match(/\/v1\/ws\/chat/g)?.length)
			.toBeGreaterThan(4);
		for (const jwt of jwts)
			for (const part of jwt.split(".").slice(1))
				expect(proxy.logged).not.toContain(part);
	});

	test("pings alone keep a silent client connected for longer than the proxy's time-outs", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit({
			SECURECONNECT_PING_INTERVAL_MS: "540",
			SECURECONNECT_PONG_TIMEOUT_MS: "600",
		});
		// All times are a hundredth of the real times.
		const proxy = await ReverseProxy.start(
			kind,
			server.port,
			kind === "nginx" ? [["timeout 120s", "timeout 1200ms"]] : [],
		);
		const path = await conversation(server);
		const client = await proxy.connect(path, bearer(await token(USER)));
		await vi.waitFor(() => expect(client.pings).toBeGreaterThan(5), 15_000);
		client.send({ type: "chat", content: "still here" });
		await client.got("chat", { content: "still here" });
	});

	test("a message and a body of 1 MiB pass, and the server refuses longer ones", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start(kind, server.port);
		const path = await conversation(server);
		const jwt = await token(USER);
		const client = await proxy.connect(path, bearer(jwt));
		const empty = JSON.stringify({ type: "chat", content: "" }).length;
		client.send({ type: "chat", content: "x".repeat(MIB - empty) });
		const { content } = await client.got("chat", { seq: 1 });
		expect(content).toHaveLength(MIB - empty);

		const messages = `/v1/conversations/${path.split("=")[1]}/messages`;
		const headers = { ...bearer(jwt), "Content-Type": "application/json" };
		const body = (bytes: number): string =>
			`{"content":"${"y".repeat(bytes - '{"content":""}'.length)}"}`;
		expect(await proxy.ask("POST", messages, headers, body(MIB))).toMatchObject(
			{ status: 201 },
		);
		// Repeated, because a server that closes too early loses the answer only sometimes.
		for (let i = 0; i < 20; i++) {
			const refused = await proxy.ask("POST", messages, headers, body(MIB + 1));
			expect(refused.status).toBe(413);
			expect(JSON.parse(refused.body)).toHaveProperty("error");
		}

		client.send({ type: "chat", content: "x".repeat(MIB - empty + 1) });
		expect(await client.closed).toMatchObject({ code: 1009 });
	});

	test("pages of the same host may connect, other pages may not, and the proxy rejects other names", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start(kind, server.port);
		const path = await conversation(server);
		const from = (origin: string): Promise<SecureClient> =>
			token(USER).then((jwt) =>
				proxy.connect(path, { ...bearer(jwt), Origin: origin }),
			);
		await (await from(`https://${NAME}:${proxy.port}`)).got("user_joined");
		await expect(from("https://evil.example")).rejects.toThrow("403");
		await expect(from(`https://${NAME}`)).rejects.toThrow("403");
		await expect(
			proxy.ask("GET", "/healthz", {}, undefined, "evil.example"),
		).rejects.toThrow(/alert|handshake/i);
	});

	test("with --allowed-origins, only pages of the listed origins may connect, even on the same host", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit({
			SECURECONNECT_ALLOWED_ORIGINS: "https://app.example.com",
		});
		const proxy = await ReverseProxy.start(kind, server.port);
		const path = await conversation(server);
		const headers = bearer(await token(USER));
		const app = { ...headers, Origin: "https://app.example.com" };
		await (await proxy.connect(path, app)).got("user_joined");
		const { status, headers: answered } = await proxy.ask(
			"GET",
			"/v1/conversations",
			app,
		);
		expect(status).toBe(200);
		expect(answered["access-control-allow-origin"]).toBe(app.Origin);
		await expect(
			proxy.connect(path, {
				...headers,
				Origin: `https://${NAME}:${proxy.port}`,
			}),
		).rejects.toThrow("403");
	});

	test("a stopping server tells its clients when to reconnect, and then the proxy does so", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start(kind, server.port);
		const path = await conversation(server);
		const headers = bearer(await token(USER));
		const client = await proxy.connect(path, headers);
		server.program.kill("SIGTERM");
		expect(await client.closed).toEqual({
			code: 1001,
			reason: expect.stringMatching(/^retry_ms=\d+$/),
		});
		expect(await server.program.ending()).toMatchObject({ code: 0 });
		const away = await proxy.ask("GET", "/v1/conversations", headers);
		expect(away).toMatchObject({
			status: 503,
			body: '{"error":"unavailable"}',
			headers: {
				"retry-after": "2",
				"content-type": "application/json; charset=utf-8",
			},
		});

		// A page of a foreign origin sends a preflight request first, then reads when to reconnect.
		const asksFirst = await proxy.ask("OPTIONS", "/v1/conversations", {
			Origin: "https://app.example.com",
			"Access-Control-Request-Method": "GET",
			"Access-Control-Request-Headers": "authorization",
		});
		expect(asksFirst).toMatchObject({
			status: 204,
			headers: {
				"access-control-allow-origin": "*",
				"access-control-allow-headers": "Authorization, Content-Type",
			},
		});
		expect(away.headers).toMatchObject({
			"access-control-allow-origin": "*",
			"access-control-expose-headers": "Retry-After",
		});
	});

	test("a web page of a foreign origin can read that its body is too long for the proxy", async (context) => {
		needPrograms(context, kind, "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start(kind, server.port);
		const headers = {
			...bearer(await token(USER)),
			"Content-Type": "application/json",
		};
		const refused = await proxy.ask(
			"POST",
			"/v1/conversations",
			headers,
			"x".repeat(2 * MIB + 1),
		);
		expect(refused).toMatchObject({
			status: 413,
			headers: { "access-control-allow-origin": "*" },
		});
		expect(JSON.parse(refused.body)).toEqual({ error: "the body is too long" });
	});
});

describe("nginx alone", () => {
	test("limits the connections of an address", async (context) => {
		needPrograms(context, "nginx", "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start("nginx", server.port, [
			["limit_conn connections 500;", "limit_conn connections 2;"],
		]);
		const path = await conversation(server);
		const headers = bearer(await token(USER));
		const first = await proxy.connect(path, headers);
		await proxy.connect(path, headers);
		await expect(proxy.connect(path, headers)).rejects.toThrow("429");
		expect(await proxy.ask("GET", "/v1/conversations", headers)).toMatchObject({
			status: 429,
			body: '{"error":"too many requests"}',
			headers: {
				"retry-after": "2",
				"access-control-allow-origin": "*",
				"access-control-expose-headers": "Retry-After",
			},
		});
		// Without this answer a page of a foreign origin would not send the request.
		const asksFirst = await proxy.ask("OPTIONS", "/v1/conversations", {
			Origin: "https://app.example.com",
			"Access-Control-Request-Method": "GET",
			"Access-Control-Request-Headers": "authorization",
		});
		expect(asksFirst).toMatchObject({
			status: 204,
			headers: {
				"access-control-allow-origin": "*",
				"access-control-allow-headers": "Authorization, Content-Type",
			},
		});
		first.ws.close();
		await vi.waitFor(() => proxy.connect(path, headers), 15_000);
	});

	test("refuses tokens in the query if configured to", async (context) => {
		needPrograms(context, "nginx", "openssl");
		const server = await startAsInUnit();
		const proxy = await ReverseProxy.start("nginx", server.port, [
			["# if ($arg_access_token)", "if ($arg_access_token)"],
		]);
		const path = await conversation(server);
		const jwt = await token(USER);
		await proxy.connect(path, bearer(jwt));
		await expect(proxy.connect(`${path}&access_token=${jwt}`)).rejects.toThrow(
			"400",
		);
	});

	test("has limits and time-outs above those of the server", () => {
		const { pingIntervalMs, maxMessageBytes, maxConnections } = SETTINGS;
		const connections = Number(maxConnections.defaults.serve);
		for (const which of ["read", "send"])
			expect(inNginx(`proxy_${which}_timeout`) * 1000).toBeGreaterThan(
				2 * Number(pingIntervalMs.defaults.serve),
			);
		expect(inNginx("client_max_body_size") * MIB).toBeGreaterThan(
			Number(maxMessageBytes.defaults.serve),
		);
		expect(inNginx("worker_connections")).toBeGreaterThan(2 * connections);
		expect(inNginx("worker_rlimit_nofile")).toBeGreaterThan(
			inNginx("worker_connections"),
		);
	});
});

describe("the unit", () => {
	function here(): string {
		const file = join(temporaryDirectory(), "secureconnect.service");
		writeFileSync(
			file,
			withReplaced(UNIT, [
				["/opt/secureconnect/node_modules/.bin/node", process.execPath],
				["/opt/secureconnect/packages/cli/bin/secureconnect.js", SECURECONNECT],
			]),
		);
		return file;
	}

	test("has only settings that systemd understands", (context) => {
		needPrograms(context, "systemd-analyze");
		// systemd-analyze prints a line for an unknown setting and still exits with 0.
		const verified = execFileSync(
			"bash",
			["-c", `exec systemd-analyze --man=no verify "$0" 2>&1`, here()],
			{ encoding: "utf8" },
		);
		expect(verified).toBe("");
	});

	test("restricts what the process can reach", (context) => {
		needPrograms(context, "systemd-analyze");
		execFileSync(
			"systemd-analyze",
			[
				...["security", "--offline=true", "--no-pager"],
				...[`--threshold=${MOST_EXPOSED}`, here()],
			],
			{ stdio: "pipe" },
		);
	});

	test("leaves time to drain, and descriptors for every connection", () => {
		const variables = Object.fromEntries(
			inUnit("Environment").map((it) => it.split("=")),
		) as Record<string, string>;
		const drain = SETTINGS.drainTimeoutMs.read(
			variables.SECURECONNECT_DRAIN_TIMEOUT ?? "",
		);
		expect(Number(inUnit("TimeoutStopSec")[0]) * 1000).toBeGreaterThan(
			drain + 1000,
		);
		expect(Number(inUnit("LimitNOFILE")[0])).toBeGreaterThan(
			Number(variables.SECURECONNECT_MAX_CONNECTIONS) + 1000,
		);
	});
});

test.for([
	["ini", "deploy/secureconnect.service"],
	["nginx", "deploy/nginx.conf"],
	["text", "deploy/Caddyfile"],
] as const)("the guide's %s is %s", ([language, file]) => {
	expect(guide).toContain(`\`\`\`${language}\n${read(file)}\`\`\`\n`);
});

test("after a new key in the environment file and a restart, the server refuses tokens of the old key", async () => {
	const data = temporaryDirectory();
	const before = await startAsInUnit({ SECURECONNECT_DATA: data });
	const old = await token(USER);
	expect((await rest(before, "GET", "/v1/conversations", old)).status).toBe(
		200,
	);
	before.program.kill("SIGTERM");
	await before.program.ending();
	const secret = `${randomUUID()}${randomUUID()}`;
	const after = await startAsInUnit({
		SECURECONNECT_DATA: data,
		SECURECONNECT_JWT_SECRET: secret,
	});
	const statuses = await Promise.all(
		[old, await token(USER, {}, secret)].map(
			async (jwt) =>
				(await rest(after, "GET", "/v1/conversations", jwt)).status,
		),
	);
	expect(statuses).toEqual([401, 200]);
});

describe("the guide's commands", () => {
	const blocks = Array.from(
		guide.matchAll(/(?:^(<!--.*-->)\n)?```(\w+)\n([\s\S]*?)```/gm),
		([, comment = "", language = "", code = ""]) => ({
			comment,
			language,
			code,
		}),
	);
	const commands = blocks.filter(({ language }) => language === "sh");

	test("run here, or have a reason why not", () => {
		expect(commands.length).toBeGreaterThan(3);
		for (const { comment, language, code } of blocks)
			if (language === "console")
				expect(comment, code).toMatch(/^<!-- not run by the tests: .+ -->$/);
			else expect(["sh", "ini", "nginx", "text"], code).toContain(language);
	});

	test("work as they stand", async (context) => {
		needPrograms(context, "nginx", "openssl", "curl");
		const etc = join(temporaryDirectory(), "secureconnect");
		const run = async (
			code: string,
			replacements: readonly (readonly [string, string])[],
		): Promise<string> => {
			const text = [
				["/etc/secureconnect", etc] as const,
				[
					"/opt/secureconnect/node_modules/.bin/node",
					process.execPath,
				] as const,
				["/opt/secureconnect/packages", join(ROOT, "packages")] as const,
				...replacements,
			].reduce((all, [from, to]) => all.replaceAll(from, to), code);
			const program = start("bash", ["-c", `set -eu\n${text}`], {
				cwd: temporaryDirectory(),
			});
			expect(await program.exited, program.stderr).toMatchObject({ code: 0 });
			return program.stdout;
		};
		const [makesSecret, ...checks] = commands;
		await run(makesSecret?.code ?? "", []);
		expect(statSync(etc).mode & 0o777).toBe(0o700);
		const file = join(etc, "environment");
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const [, secret = ""] =
			/^SECURECONNECT_JWT_SECRET=(.{44})\n$/.exec(readFileSync(file, "utf8")) ??
			[];
		expect(secret).not.toBe("");

		const server = await startAsInUnit({ SECURECONNECT_JWT_SECRET: secret });
		const proxy = await ReverseProxy.start("nginx", server.port);
		const curl = `curl() { command curl --cacert ${proxy.certificateFile} --connect-to ${NAME}:443:127.0.0.1:${proxy.port} "$@"; }`;
		const said = await run(
			[curl, ...checks.map(({ code }) => code)].join("\n"),
			[
				["127.0.0.1:8082", server.address],
				["127.0.0.1:8083", `127.0.0.1:${server.adminPort}`],
			],
		);
		expect(said).toContain('{"status":"ready"}');
		expect(said).toMatch(/^secureconnect_connections 0$/m);
		expect(said).toContain("401\n");
		expect(said).toMatch(/"conversation_id":"3f0c9f0e/);
		expect(said).toContain("HTTP/1.1 101 Switching Protocols");
		expect(said).toMatch(/^process_max_fds \d+$/m);
		expect(said).toMatch(/^\d+\s+\d+$/m);
	});
});
