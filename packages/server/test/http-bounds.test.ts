/** Limits on the memory that requests and answers hold, per user and in total. */
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { ask, bearer, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

const MIB = 1024 * 1024;
/** More bytes than the kernel takes for a peer that reads nothing. */
const LENGTH = 8.5 * MIB;

/** Sends a request and reads nothing. */
function silent(server: TestServer, text: string): Socket {
	const socket = connect(server.port, "127.0.0.1", () => socket.write(text));
	socket.on("error", () => {});
	socket.pause();
	onTestFinished(() => void socket.destroy());
	return socket;
}

test("[RS-34] answers that a user does not read block that user's next answers until they are gone", async () => {
	const server = await startTestServer({ maxMessageBytes: 9 * MIB });
	const [greedy, other] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, greedy, [other]);
	const sent = await server.rest(
		"POST",
		`/v1/conversations/${id}/messages`,
		greedy,
		{ content: "x".repeat(LENGTH) },
	);
	expect(sent.status).toBe(201);
	const path = `/v1/conversations/${id}/messages`;
	const headers = await bearer(greedy);
	const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${headers.Authorization}\r\n\r\n`;
	const socket = silent(server, request);
	await new Promise((resolve) => socket.once("readable", resolve));
	const refused = await ask(server, path, headers);
	expect(refused).toMatchObject({
		status: 503,
		text: '{"error":"unavailable"}',
		headers: { "retry-after": "2" },
	});
	expect(await ask(server, path, await bearer(other))).toMatchObject({
		status: 200,
	});
	socket.destroy();
	await expect
		.poll(async () => (await ask(server, path, headers)).status, {
			timeout: 15_000,
		})
		.toBe(200);
});

test("[RS-34] a repeat waits for room too: its message may be long by now", async () => {
	const server = await startTestServer({ maxMessageBytes: 9 * MIB });
	const [greedy, other] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, greedy, [other]);
	const path = `/v1/conversations/${id}/messages`;
	const short = { content: "short", client_message_id: randomUUID() };
	const sent = await server.rest("POST", path, greedy, short);
	expect(sent.status).toBe(201);
	const { message_id } = sent.body as { message_id: string };
	const edited = await server.rest("PATCH", `${path}/${message_id}`, greedy, {
		content: "x".repeat(LENGTH),
	});
	expect(edited.status).toBe(201);
	const { Authorization } = await bearer(greedy);
	const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${Authorization}\r\n\r\n`;
	const socket = silent(server, request);
	await new Promise((resolve) => socket.once("readable", resolve));
	const repeat = () => server.rest("POST", path, greedy, short);
	expect(await repeat()).toMatchObject({
		status: 503,
		body: { error: "unavailable" },
	});
	socket.destroy();
	await expect
		.poll(async () => (await repeat()).status, { timeout: 15_000 })
		.toBe(200);
});

test("[RS-34] bodies that a user does not finish block that user's next bodies until they are gone", async () => {
	const server = await startTestServer();
	const [greedy, other] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, greedy, [other]);
	const path = `/v1/conversations/${id}/messages`;
	const { Authorization } = await bearer(greedy);
	// An eighth of 128 MiB, and one more.
	const sockets = Array.from({ length: 17 }, () =>
		silent(
			server,
			`POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${Authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
		),
	);
	const send = async (user: string): Promise<number> =>
		(await server.rest("POST", path, user, { content: "x" })).status;
	await Promise.race(
		sockets.map(
			(socket) => new Promise((resolve) => socket.once("readable", resolve)),
		),
	);
	expect(await send(greedy)).toBe(503);
	expect(await send(other)).toBe(201);
	for (const socket of sockets) socket.destroy();
	await expect.poll(() => send(greedy)).toBe(201);
});

test("[RS-34] a body that is too long is refused as too long", async () => {
	const server = await startTestServer();
	const user = randomUUID();
	const { status } = await server.rest("POST", "/v1/conversations", user, {
		title: "x".repeat(2 * MIB),
		participant_ids: [],
	});
	expect(status).toBe(413);
});

/** Returns the bytes of answers that the server holds after one second of its sweeps. */
async function heldLater(server: TestServer): Promise<number> {
	await vi.advanceTimersByTimeAsync(1000);
	const admin = { address: `127.0.0.1:${server.adminPort}` };
	const { text } = await ask(admin, "/metrics");
	return Number(/^secureconnect_answer_bytes (\d+)$/m.exec(text)?.[1]);
}

async function longAnswer(): Promise<{ server: TestServer; request: string }> {
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
	onTestFinished(() => void vi.useRealTimers());
	const server = await startTestServer({
		maxMessageBytes: 9 * MIB,
		admin: { host: "127.0.0.1", port: 0 },
	});
	const user = randomUUID();
	const id = await createConversation(server, user);
	const path = `/v1/conversations/${id}/messages`;
	const content = "x".repeat(LENGTH);
	await server.rest("POST", path, user, { content });
	const { Authorization } = await bearer(user);
	return {
		server,
		request: `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${Authorization}\r\n\r\n`,
	};
}

test("[RS-35] a client that takes nothing of an answer for 30 s is cut", async () => {
	const { server, request } = await longAnswer();
	const socket = silent(server, request);
	await new Promise((resolve) => socket.once("readable", resolve));
	let seconds = 1;
	while ((await heldLater(server)) > 0) seconds++;
	expect(seconds).toBeGreaterThanOrEqual(30);
	let taken = 0;
	socket.on("data", (chunk: Buffer) => {
		taken += chunk.length;
	});
	await new Promise((resolve) => socket.once("close", resolve));
	expect(taken).toBeLessThan(LENGTH);
});

test("[RS-35] a client that takes a little of an answer is not cut, however long it takes", async () => {
	const { server, request } = await longAnswer();
	const socket = silent(server, request);
	await new Promise((resolve) => socket.once("readable", resolve));
	let taken = 0;
	for (let seconds = 0; seconds < 90; seconds++) {
		taken += (socket.read(32 * 1024) as Buffer | null)?.length ?? 0;
		expect(await heldLater(server)).toBeGreaterThan(0);
	}
	socket.on("data", (chunk: Buffer) => {
		taken += chunk.length;
	});
	await expect.poll(() => taken).toBeGreaterThan(LENGTH);
});
