import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { expectEntries } from "./support/chat.ts";
import { TestClient } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

/**
 * A hundredth of the real times. The tests check only lower bounds, from before the connection opens, because a busy
 * machine is late and never early. `heartbeat-clock.test.ts` checks the exact times on a fake clock.
 */
const HUNDREDTH = { pingIntervalMs: 540, pongTimeoutMs: 600 };

/** Resolves with the times of a client's next pings. */
function pings(client: TestClient, count: number): Promise<number[]> {
	const times: number[] = [];
	return new Promise((resolve, reject) => {
		client.ws.on("ping", () => {
			if (times.push(performance.now()) === count) resolve(times);
		});
		void client.closed.then(({ code }) =>
			reject(new Error(`closed with ${code} after ${times.length} pings`)),
		);
	});
}

async function mute(
	server: TestServer,
	conversation: string,
	user: string = randomUUID(),
): Promise<TestClient> {
	return TestClient.open(server.url(conversation), {
		headers: { Authorization: `Bearer ${await token(user)}` },
		autoPong: false,
	});
}

test("[HB-1] [HB-3] a client is pinged once per interval from its opening, and stays as long as it answers", async () => {
	const server = await startTestServer(HUNDREDTH);
	const opening = performance.now();
	const client = await server.connect(randomUUID(), randomUUID());
	const times = await pings(client, 3);
	for (const [i, time] of times.entries())
		expect(time - opening).toBeGreaterThan(540 * (i + 1) - 10);
	await client.settle();
});

test("[HB-2] a client that answers no ping is cut with 1006 after 60 hundredths, and user_left follows the grace", async () => {
	const server = await startTestServer({ ...HUNDREDTH, presenceGraceMs: 100 });
	const [conversation, user] = [randomUUID(), randomUUID()];
	const witness = await server.connect(conversation, randomUUID());
	const opening = performance.now();
	const client = await mute(server, conversation, user);
	expect((await client.closed).code).toBe(1006);
	expect(performance.now() - opening).toBeGreaterThan(590);
	expect(await witness.next("user_left")).toMatchObject({ sender_id: user });
});

test("[HB-4] messages alone do not keep a client connected that answers no ping", async () => {
	// The heartbeat waits longer after each pause of the process. Longer intervals and fewer messages let it find a time
	// without a pause on a busy machine too.
	const server = await startTestServer({
		pingIntervalMs: 2700,
		pongTimeoutMs: 3000,
	});
	const client = await mute(server, randomUUID());
	client.ws.on("message", () =>
		setTimeout(() => client.send({ type: "chat", content: "x" }), 50),
	);
	client.send({ type: "chat", content: "x" });
	expect((await client.closed).code).toBe(1006);
});

test("[HB-2] [HB-3] a client that stops answering is cut, and one that answers late but before the deadline is not", async () => {
	const server = await startTestServer({
		pingIntervalMs: 500,
		pongTimeoutMs: 2500,
	});
	const conversation = randomUUID();
	const opening = performance.now();
	const dying = await mute(server, conversation);
	const late = await mute(server, conversation);
	dying.ws.once("ping", (data) => dying.ws.pong(data));
	late.ws.on("ping", (data) => setTimeout(() => late.ws.pong(data), 400));
	expect((await dying.closed).code).toBe(1006);
	expect(performance.now() - opening).toBeGreaterThan(2900);
	await late.settle();
});

test("[HB-6] a stall of the server cuts no client that answers", async () => {
	const server = await startTestServer({
		pingIntervalMs: 270,
		pongTimeoutMs: 300,
	});
	const client = await server.connect(randomUUID(), randomUUID());
	await pings(client, 1);
	const until = performance.now() + 700;
	while (performance.now() < until);
	await pings(client, 1);
	await client.settle();
});

test("[HB-5] a slow or stopped reader is not cut while its ping waits behind a backlog, and continues", async () => {
	const before = await startTestServer();
	const conversation = randomUUID();
	const sender = await before.connect(conversation, randomUUID());
	const MESSAGES = 45;
	// More than fits into the kernel's buffers.
	const content = "x".repeat(300_000);
	for (let i = 0; i < MESSAGES; i++) sender.send({ type: "chat", content });
	await expectEntries(sender, 1, MESSAGES);
	await before.drain();

	const PONG_TIMEOUT = 1100;
	const server = await startTestServer({
		dataDirectory: before.directory,
		pingIntervalMs: 300,
		pongTimeoutMs: PONG_TIMEOUT,
	});
	const replay = { query: { after_seq: "0" } };
	const stopped = await server.connect(conversation, randomUUID(), replay);
	stopped.ws.pause();
	const slow = await server.connect(conversation, randomUUID(), replay);
	const opened = performance.now();
	slow.ws.on("message", () => {
		slow.ws.pause();
		setTimeout(() => slow.ws.resume(), 35);
	});
	await expectEntries(slow, 1, MESSAGES);
	expect(performance.now() - opened).toBeGreaterThan(PONG_TIMEOUT * 1.2);
	stopped.ws.resume();
	await expectEntries(stopped, 1, MESSAGES);
	await stopped.settle();
	await slow.settle();
});
