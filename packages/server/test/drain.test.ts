import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { entries, say } from "./support/chat.ts";
import { refusal } from "./support/client.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

test("[CL-2] [PR-7] every connection is closed with 1001 and its own retry_ms, without a user_left frame", async () => {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const conversations = [randomUUID(), randomUUID()];
	const clients = await Promise.all(
		Array.from({ length: 40 }, (_, i) =>
			server.connect(conversations[i % 2] ?? "", randomUUID()),
		),
	);
	await server.drain();
	const closes = await Promise.all(clients.map(({ closed }) => closed));
	const retries = closes.map(({ code, reason }) => {
		expect(code).toBe(1001);
		return Number(/^retry_ms=(\d+)$/.exec(reason)?.[1]);
	});
	expect(new Set(retries).size).toBe(clients.length);
	for (const retry of retries) {
		expect(retry).toBeGreaterThan(0);
		expect(retry).toBeLessThanOrEqual(11_000);
	}
	for (const client of clients) expect(client.of("user_left")).toEqual([]);
});

test("[CL-2] [GA-9] a message sent just before is stored and echoed, refused, or lost, but never stored without an echo", async () => {
	const server = await startTestServer();
	const [conversation, reader] = [randomUUID(), randomUUID()];
	const clients = await Promise.all(
		Array.from({ length: 6 }, () => server.connect(conversation, randomUUID())),
	);
	const EACH = 300;
	for (let i = 0; i < EACH; i++)
		for (const client of clients)
			client.send({
				type: "chat",
				content: String(i),
				client_message_id: randomUUID(),
			});
	await clients[0]?.waitFor((f) => f.seq === 100);
	await server.drain();
	for (const client of clients) expect((await client.closed).code).toBe(1001);

	const again = await startTestServer({ dataDirectory: server.directory });
	const after = await again.connect(conversation, reader, {
		query: { after_seq: "0" },
	});
	await say(after, "marker");
	const stored = entries(after).slice(0, -1);
	expect(stored.length).toBeGreaterThanOrEqual(100);
	for (const client of clients) {
		// Every client was live, so every client received what was stored.
		expect(entries(client)).toEqual(stored);
		const refused = client.of("error");
		for (const error of refused)
			expect(error).toMatchObject({
				code: "draining",
				retry_ms: expect.any(Number),
				client_message_id: expect.any(String),
			});
		const ids = stored.map(({ client_message_id }) => client_message_id);
		for (const { client_message_id } of refused)
			expect(ids).not.toContain(client_message_id);
	}
});

test("[CL-2] a message that the server has read is stored and echoed, however soon the drain follows", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const sender = await server.connect(conversation, randomUUID());
	const other = await server.connect(conversation, randomUUID());
	sender.send({ type: "chat", content: "last words" });
	sender.send({ type: "typing" });
	// The server relays typing as soon as it reads it. When typing arrives, it has also read everything before it.
	await other.next("typing");
	await server.drain();
	for (const client of [sender, other])
		expect(client.of("chat").map(({ content }) => content)).toEqual([
			"last words",
		]);
});

test("[HS-12] new handshakes and requests get 503 and a time to retry", async () => {
	const server = await startTestServer({ drainTimeoutMs: 3000 });
	const conversation = randomUUID();
	const stuck = await server.connect(conversation, randomUUID());
	const user = randomUUID();
	const headers = { Authorization: `Bearer ${await token(user)}` };
	const url = server.url(conversation);
	// A peer that does not answer the close frame keeps the drain in progress.
	stuck.ws.pause();
	const draining = server.drain();
	const answer = await refusal(url, { headers });
	expect(answer).toMatchObject({ status: 503, body: { error: "unavailable" } });
	expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
	const ready = await fetch(`http://${server.address}/readyz`);
	expect(ready.status).toBe(503);
	expect(
		(
			await server.rest("POST", "/v1/conversations", user, {
				participant_ids: [],
			})
		).status,
	).toBe(503);
	stuck.ws.resume();
	await draining;
	expect((await stuck.closed).code).toBe(1001);
});

test("handshakes in progress when the drain begins end with 1001 or with 503", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const stuck = await server.connect(conversation, randomUUID());
	const users = await Promise.all(
		Array.from({ length: 30 }, () => token(randomUUID())),
	);
	const handshakes = users.map((bearer) =>
		server.connect(conversation, randomUUID(), { token: bearer }),
	);
	// An answer takes turns of the server's event loop, so some handshakes have begun by now.
	await stuck.settle();
	// A peer that does not answer the close frame keeps the drain in progress.
	stuck.ws.pause();
	const draining = server.drain();
	for (const outcome of await Promise.allSettled(handshakes)) {
		if (outcome.status === "fulfilled")
			expect((await outcome.value.closed).code).toBe(1001);
		else expect(String(outcome.reason)).toContain("503");
	}
	stuck.ws.resume();
	await draining;
});

test("a drain ends within its timeout although a client reads nothing", async () => {
	const server = await startTestServer({ drainTimeoutMs: 500 });
	const conversation = randomUUID();
	const stuck = await server.connect(conversation, randomUUID());
	const other = await server.connect(conversation, randomUUID());
	stuck.ws.pause();
	const content = "x".repeat(500_000);
	for (let i = 0; i < 20; i++) other.send({ type: "chat", content });
	await other.waitFor((f) => f.seq === 20);
	const began = performance.now();
	await server.drain();
	// A busy machine is late; without the timeout, the drain would wait for the client without end.
	expect(performance.now() - began).toBeLessThan(10_000);
	expect((await other.closed).code).toBe(1001);
});

test("draining an idle server takes almost no time", async () => {
	const server = await startTestServer({ drainTimeoutMs: 60_000 });
	const began = performance.now();
	await server.drain();
	expect(performance.now() - began).toBeLessThan(10_000);
});
