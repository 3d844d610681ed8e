import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refusal, type TestClient } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { ROOT, runToEnd, start } from "./support/program.ts";
import {
	chatUrl,
	connect,
	type DevProcess,
	devScreen,
	history,
	rest,
	serveArgs,
	startDev,
	startServe,
} from "./support/server-process.ts";

const NPM_START_MS = 120_000;
const hasIpv6 = Object.values(networkInterfaces())
	.flat()
	.some((entry) => entry?.address === "::1");

/** Connects Alice and Bob to the conversation of dev. Bob has received a message of Alice. */
async function twoWhoChat(dev: DevProcess): Promise<TestClient[]> {
	const clients = await Promise.all(
		dev.users.map((user) =>
			connect(dev, dev.conversationId, "", { bearer: user.token }),
		),
	);
	clients[0]?.send({ type: "chat", content: "kept" });
	await Promise.all(clients.map((client) => client.next("chat")));
	return clients;
}

/** Checks that every client was told when to reconnect, each at a different time. */
async function expectGoodbyes(clients: readonly TestClient[]): Promise<void> {
	const goodbyes = await Promise.all(clients.map(({ closed }) => closed));
	for (const { code, reason } of goodbyes) {
		expect(code).toBe(1001);
		expect(reason).toMatch(/^retry_ms=\d+$/);
	}
	expect(new Set(goodbyes.map(({ reason }) => reason)).size).toBe(
		goodbyes.length,
	);
}

async function expectKept(data: string): Promise<void> {
	const dev = await startDev(data);
	const [{ token: bearer }] = dev.users;
	expect(await history(dev, dev.conversationId, bearer)).toMatchObject([
		{ seq: 1, content: "kept" },
	]);
}

test.for(["SIGTERM", "SIGINT"] as const)(
	"%s: clients get 1001 and a time to reconnect, the exit code is 0, and the messages are kept",
	async (signal) => {
		const data = temporaryDirectory();
		const dev = await startDev(data);
		const clients = await twoWhoChat(dev);

		dev.program.kill(signal);

		await expectGoodbyes(clients);
		expect(await dev.program.ending()).toEqual({ code: 0, signal: null });
		expect(dev.program.stderr).toBe("");
		await expectKept(data);
	},
);

test.for([
	["SIGTERM to npm alone", "SIGTERM", false],
	["Ctrl+C in a terminal, which goes to all of them", "SIGINT", true],
] as const)(
	"npm start and %s: the server drains, the exit code is 0, and no process is left",
	async ([, signal, toGroup]) => {
		const data = temporaryDirectory();
		const line = `exec npm start -- --port 0 --data "${data}"`;
		const npm = start("sh", ["-c", line], { cwd: ROOT, detached: true });
		const dev = await devScreen(npm, NPM_START_MS);
		const clients = await twoWhoChat(dev);

		process.kill(toGroup ? -npm.pid : npm.pid, signal);

		await expectGoodbyes(clients);
		// npm's output ends when the last process that shares it ends, so no server is left.
		expect(await npm.ending()).toEqual({ code: 0, signal: null });
		await expect(fetch(`http://${dev.address}/healthz`)).rejects.toThrow();
	},
);

test("a client that does not answer the close cannot delay the server beyond the drain time-out", async () => {
	const dev = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_DRAIN_TIMEOUT: "300ms" },
	});
	const [alice, bob] = await twoWhoChat(dev);
	alice?.ws.pause();

	dev.program.kill("SIGTERM");

	expect(await bob?.closed).toMatchObject({ code: 1001 });
	expect(await dev.program.ending(5000)).toEqual({ code: 0, signal: null });
});

test("a second signal stops the server without waiting for clients", async () => {
	const dev = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_DRAIN_TIMEOUT: "1h" },
	});
	const [alice, bob] = await twoWhoChat(dev);
	alice?.ws.pause();

	dev.program.kill("SIGINT");
	expect(await bob?.closed).toMatchObject({ code: 1001 });
	const impatient = setInterval(() => dev.program.kill("SIGINT"), 100);
	const exit = await dev.program
		.ending(5000)
		.finally(() => clearInterval(impatient));

	expect(exit).toEqual({ code: 1, signal: null });
});

test("a second server on a data directory fails with one line that names the first, which continues", async () => {
	const data = temporaryDirectory();
	const first = await startServe(data);

	const second = await runToEnd(serveArgs(data), {
		SECURECONNECT_JWT_SECRET: SECRET,
	});

	expect(second.code).toBe(1);
	expect(second.stderr).toMatch(/^secureconnect: .*\n$/);
	expect(second.stderr).toContain(`process ${first.program.pid})`);
	expect(second.stderr).toContain("choose another --data");
	const user = randomUUID();
	const bearer = await token(user);
	const made = await rest(first, "POST", "/v1/conversations", bearer, {
		participant_ids: [],
	});
	expect(made.status).toBe(201);
});

test("after kill -9 a new server can use the data directory at once", async () => {
	const data = temporaryDirectory();
	const first = await startServe(data);
	await first.program.killHard();
	const second = await startServe(data);
	expect((await fetch(`http://${second.address}/readyz`)).status).toBe(200);
});

test("dev listens on 127.0.0.1 and, if the machine has IPv6, on ::1", async () => {
	const dev = await startDev(temporaryDirectory());
	const hosts = ["127.0.0.1", "localhost", ...(hasIpv6 ? ["[::1]"] : [])];
	for (const host of hosts) {
		const address = `${host}:${dev.port}`;
		const health = await fetch(`http://${address}/healthz`);
		expect(await health.json()).toEqual({ status: "ok" });
		const client = await connect({ address }, dev.conversationId, "", {
			bearer: dev.users[0].token,
		});
		client.send({ type: "chat", content: host });
		expect(await client.next("chat")).toMatchObject({ content: host });
	}
});

test("only the owner can read dev's secret, and a token from before a restart still works", async () => {
	const data = join(temporaryDirectory(), "made", "by dev");
	const first = await startDev(data);
	const [{ token: old }] = first.users;
	expect(statSync(join(data, "jwt-secret")).mode & 0o777).toBe(0o600);
	expect(statSync(data).mode & 0o777).toBe(0o700);
	first.program.kill("SIGTERM");
	await first.program.ending();

	const second = await startDev(data);
	const client = await connect(second, second.conversationId, "", {
		bearer: old,
	});
	expect(await client.next("user_joined")).toMatchObject({ name: "Alice" });
});

test("SECURECONNECT_JWT_SECRET overrides the secret that dev has kept", async () => {
	const data = temporaryDirectory();
	const first = await startDev(data);
	const [{ token: old }] = first.users;
	first.program.kill("SIGTERM");
	await first.program.ending();

	const second = await startDev(data, [], {
		env: { SECURECONNECT_JWT_SECRET: SECRET },
	});

	const url = chatUrl(second, second.conversationId);
	const refused = await refusal(`${url}&access_token=${old}`);
	expect(refused.status).toBe(401);
	const [{ token: printed }] = second.users;
	for (const bearer of [printed, await token(randomUUID())])
		await connect(second, second.conversationId, "", { bearer });
});

test("token prints a token with the name, signed with the secret in dev's data directory", async () => {
	const data = temporaryDirectory();
	const dev = await startDev(data);
	const user = randomUUID();
	const printed = await runToEnd([
		...["token", "--user", user, "--name", "Carol", "--data", data],
	]);
	expect(printed).toMatchObject({
		code: 0,
		stderr: expect.stringContaining(`"secureconnect dev" in ${data}`),
	});
	expect(printed.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);

	const client = await connect(dev, dev.conversationId, "", {
		bearer: printed.stdout.trim(),
	});
	expect(await client.next("user_joined")).toMatchObject({
		sender_id: user,
		name: "Carol",
	});
});

test("token signs with SECURECONNECT_JWT_SECRET if it is set; --admin grants an owner's rights", async () => {
	const server = await startServe(temporaryDirectory());
	const env = { SECURECONNECT_JWT_SECRET: SECRET };
	const [owner, stranger] = [await token(randomUUID()), randomUUID()];
	const made = await rest(server, "POST", "/v1/conversations", owner, {
		participant_ids: [],
	});
	const { conversation_id } = made.body as { conversation_id: string };
	const add = async (flags: string[]): Promise<number> => {
		const args = ["token", "--user", stranger, "--ttl", "1m", ...flags];
		const { stdout } = await runToEnd(args, env);
		const path = `/v1/conversations/${conversation_id}/participants`;
		const body = { participant_ids: [stranger] };
		return (await rest(server, "POST", path, stdout.trim(), body)).status;
	};

	expect(await add([])).toBe(403);
	expect(await add(["--admin"])).toBe(200);
});

test("--admin-port serves /metrics on 127.0.0.1 only, and not on the main port", async () => {
	const server = await startServe(temporaryDirectory(), ["--admin-port", "0"]);
	const path = `:${server.adminPort}/metrics`;
	const metrics = await fetch(`http://127.0.0.1${path}`);
	expect(metrics.status).toBe(200);
	expect(await metrics.text()).toMatch(/^secureconnect_connections 0$/m);
	expect((await fetch(`http://${server.address}/metrics`)).status).toBe(404);
	const others = Object.values(networkInterfaces())
		.flat()
		.filter((entry) => entry?.family === "IPv4" && !entry.internal)
		.map((entry) => entry?.address);
	for (const host of [...others, ...(hasIpv6 ? ["[::1]"] : [])])
		await expect(fetch(`http://${host}${path}`)).rejects.toThrow();
});
