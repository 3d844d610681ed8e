/** How a connection for several conversations is written and closed: bounds, slow readers, drain and expiry. */
import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import { expect, test, vi } from "vitest";
import type { TestClient } from "./support/client.ts";
import { createConversation } from "./support/http.ts";
import {
	openInbox,
	received,
	subscribe,
	tell,
} from "./support/inbox-client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const MIB = 1024 * 1024;

function seqsOf(client: TestClient, conversationId: string): unknown[] {
	return client.frames
		.filter(
			({ conversation_id, type }) =>
				conversation_id === conversationId && type === "chat",
		)
		.map(({ seq }) => seq);
}

function oneTo(n: number): number[] {
	return Array.from({ length: n }, (_, i) => i + 1);
}

/** Creates conversations of a writer and a reader. */
async function rooms(
	server: TestServer,
	count: number,
): Promise<{ ids: string[]; userId: string; writer: TestClient }> {
	const [owner, userId] = [randomUUID(), randomUUID()];
	const ids: string[] = [];
	for (let i = 0; i < count; i++)
		ids.push(await createConversation(server, owner, [userId]));
	return { ids, userId, writer: await openInbox(server, owner) };
}

test("[IN-17] the frames of all rooms leave in one write per socket and turn", async () => {
	const server = await startTestServer();
	const { ids, userId } = await rooms(server, 20);
	const inbox = await openInbox(server, userId);
	for (const id of ids) await subscribe(inbox, id);
	const from = inbox.frames.length;
	const writes = vi.spyOn(Socket.prototype, "_writev" as "write");
	// The commands of one packet are one batch of the log, or a few.
	for (const id of ids)
		inbox.send({ type: "chat", content: "hello", conversation_id: id });
	await inbox.until(() => inbox.of("chat").length === ids.length, "all rooms");
	const longest = Math.max(
		...writes.mock.calls.map(
			([chunks]) => (chunks as unknown as unknown[]).length,
		),
	);
	writes.mockRestore();
	expect(longest).toBeGreaterThan(2);
	for (const id of ids) expect(received(inbox, id, from)).toContain("chat 1");
});

test("[IN-17] [SL-1] a long replay holds up neither live frames nor a shorter replay of the same connection", async () => {
	const server = await startTestServer({ maxBacklogBytes: 64 * 1024 });
	const { ids, userId, writer } = await rooms(server, 3);
	const [long = "", short = "", live = ""] = ids;
	// More than both kernels' buffers hold.
	for (let i = 0; i < 100; i++) await tell(writer, long, "x".repeat(200_000));
	for (let i = 0; i < 3; i++) await tell(writer, short, "short");
	const inbox = await openInbox(server, userId);
	await subscribe(inbox, live);
	inbox.send({ type: "subscribe", conversation_id: long, after_seq: 0 });
	inbox.send({ type: "subscribe", conversation_id: short, after_seq: 0 });
	await subscribe(inbox, randomUUID());
	inbox.ws.pause();
	await tell(writer, live, "live");
	inbox.ws.resume();
	const last = [
		[short, 3],
		[live, 1],
		[long, 100],
	] as const;
	const places: number[] = [];
	for (const [id, head] of last)
		places.push(
			inbox.frames.indexOf(
				await inbox.waitFor(
					({ conversation_id, seq }) => conversation_id === id && seq === head,
				),
			),
		);
	expect(Math.max(...places)).toBe(places[2]);
	expect(seqsOf(inbox, long)).toEqual(oneTo(100));
	expect(seqsOf(inbox, short)).toEqual(oneTo(3));
});

test("[IN-17] [SL-1] [SL-5] 200 busy rooms cost a slow connection one backlog, and it gets each room's sequence later", async () => {
	const server = await startTestServer({
		maxBacklogBytes: 64 * 1024,
		admin: { host: "127.0.0.1", port: 0 },
	});
	const metric = async (name: string): Promise<number> => {
		const answer = await fetch(`http://127.0.0.1:${server.adminPort}/metrics`);
		const line = new RegExp(`^secureconnect_${name} (\\d+)`, "m");
		return Number(line.exec(await answer.text())?.[1]);
	};
	const { ids, userId, writer } = await rooms(server, 200);
	const inbox = await openInbox(server, userId);
	await Promise.all(ids.map((id) => subscribe(inbox, id)));
	const EACH = 6;
	const content = "x".repeat(16_000);
	// More than the kernel's buffers hold.
	for (let round = 0; round < EACH; round++) {
		inbox.ws.pause();
		await Promise.all(ids.map((id) => tell(writer, id, content)));
		if (round === EACH - 1) break;
		// A reader that takes a little is not closed, however long a round takes.
		inbox.ws.resume();
		const before = inbox.frames.length;
		await inbox.until(() => inbox.frames.length > before, "a frame");
	}
	expect(await metric("readers_catching_up")).toBeGreaterThan(0);
	expect(await metric("queued_bytes")).toBeLessThan(MIB / 2);
	inbox.ws.resume();
	await inbox.until(
		() => ids.every((id) => seqsOf(inbox, id).length >= EACH),
		"every room's entries",
	);
	for (const id of ids) expect(seqsOf(inbox, id)).toEqual(oneTo(EACH));
});

test("a socket with 200 subscriptions that is cut leaves every room", async () => {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const { ids, userId, writer } = await rooms(server, 200);
	const inbox = await openInbox(server, userId);
	await Promise.all(ids.map((id) => subscribe(inbox, id)));
	const watched = [ids[0] ?? "", ids[199] ?? ""];
	for (const id of watched) await subscribe(writer, id);
	inbox.ws.terminate();
	for (const id of watched)
		await writer.waitFor(
			({ type, conversation_id, sender_id }) =>
				type === "user_left" && conversation_id === id && sender_id === userId,
		);
	const back = await openInbox(server, userId);
	await Promise.all(ids.map((id) => subscribe(back, id)));
});

test("[CL-2] a drain closes the connection with 1001, and answers the frames that were read", async () => {
	const server = await startTestServer();
	const { ids, userId } = await rooms(server, 2);
	const [id = "", other = ""] = ids;
	const inbox = await openInbox(server, userId);
	await subscribe(inbox, id);
	for (let i = 0; i < 100; i++)
		for (const conversation_id of ids)
			inbox.send({
				type: "chat",
				content: String(i),
				client_message_id: randomUUID(),
				conversation_id,
			});
	await inbox.waitFor(({ seq }) => seq === 20);
	await server.drain();
	expect(await inbox.closed).toMatchObject({
		code: 1001,
		reason: expect.stringMatching(/^retry_ms=\d+$/),
	});
	const again = await startTestServer({ dataDirectory: server.directory });
	const heads = await Promise.all(
		ids.map(async (conversationId) => {
			const { body } = await again.rest(
				"GET",
				`/v1/conversations/${conversationId}`,
				userId,
			);
			return (body as { head_seq: number }).head_seq;
		}),
	);
	expect([
		seqsOf(inbox, id).length,
		inbox.of("ack").filter((ack) => ack.conversation_id === other).length,
	]).toEqual(heads);
});

test("[TK-8] [V1-4] [V1-6] the connection ends with its token, which auth renews", async () => {
	const server = await startTestServer();
	const userId = randomUUID();
	const exp = Math.ceil(Date.now() / 1000) + 1;
	const expiring = await token(userId, { exp });
	const [renewed, expired] = [
		await openInbox(server, userId, { token: expiring }),
		await openInbox(server, userId, { token: expiring }),
	];
	const later = exp + 500;
	renewed.send({
		type: "auth",
		access_token: await token(userId, { exp: later }),
	});
	expect(await renewed.next("auth_ok")).toMatchObject({
		expires_at: new Date(later * 1000).toISOString(),
	});
	expect(await expired.closed).toEqual({ code: 1008, reason: "token expired" });
	await subscribe(renewed, randomUUID());
	renewed.send({ type: "auth", access_token: await token(randomUUID()) });
	expect(await renewed.closed).toEqual({
		code: 1008,
		reason: "token of another user",
	});
});

test("an administrator's disconnect and the metrics count the connection once, whatever it subscribes to", async () => {
	const server = await startTestServer({
		admin: { host: "127.0.0.1", port: 0 },
	});
	const admin = `http://127.0.0.1:${server.adminPort}`;
	const { ids, userId } = await rooms(server, 3);
	const inbox = await openInbox(server, userId);
	for (const id of ids) await subscribe(inbox, id);
	const metrics = await (await fetch(`${admin}/metrics`)).text();
	// The other connection is the writer's.
	expect(metrics).toContain("secureconnect_connections 2\n");
	expect(metrics).toContain("secureconnect_subscriptions 3\n");
	const answer = await fetch(`${admin}/admin/users/${userId}/disconnect`, {
		method: "POST",
	});
	expect(await answer.json()).toEqual({ disconnected: 1 });
	expect(await inbox.closed).toEqual({ code: 1008, reason: "token revoked" });
});

test("[FR-11] twenty invalid frames end the connection after their answers", async () => {
	const server = await startTestServer();
	const inbox = await openInbox(server, randomUUID());
	const conversationId = randomUUID();
	await subscribe(inbox, conversationId);
	// A second subscription is a mistake, not a malformed frame.
	for (let i = 0; i < 25; i++) await subscribe(inbox, conversationId);
	const before = inbox.of("error").length;
	for (let i = 0; i < 20; i++)
		inbox.send({
			type: "read",
			...(i % 2 ? { conversation_id: conversationId } : {}),
		});
	expect(await inbox.closed).toEqual({
		code: 1008,
		reason: "too many invalid frames",
	});
	expect(inbox.of("error").length - before).toBe(20);
});
