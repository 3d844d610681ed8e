import { randomUUID } from "node:crypto";
import { Limits, ServerFrames, SUBPROTOCOL } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { expectError, say } from "./support/chat.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const v1 = { protocols: [SUBPROTOCOL] };
const isWelcome = Compile(ServerFrames.welcome);

/** Returns a whole second of the clock at least this many seconds in the future. */
function secondsFromNow(seconds: number): number {
	return Math.ceil(Date.now() / 1000) + seconds;
}

describe("welcome", () => {
	test("[V1-1] [V1-2] tells a first connection the head of the log", async () => {
		const server = await startTestServer();
		const [conversation, user] = [randomUUID(), randomUUID()];
		const exp = secondsFromNow(1000);
		const client = await server.connect(conversation, user, {
			...v1,
			token: await token(user, { exp, name: "Ann" }),
		});
		expect(client.ws.protocol).toBe(SUBPROTOCOL);
		const welcome = await client.next("welcome");
		expect([...isWelcome.Errors(welcome)]).toEqual([]);
		expect(welcome).toEqual({
			type: "welcome",
			conversation_id: conversation,
			timestamp: expect.any(String),
			user_id: user,
			epoch: expect.any(String),
			head_seq: 0,
			recovered: false,
			present: [{ user_id: user, name: "Ann" }],
			present_count: 1,
			read: [],
			limits: {
				max_message_bytes: Limits.maxMessageBytes,
				max_metadata_bytes: 16 * 1024,
				max_depth: 16,
				max_message_type_length: 64,
			},
			intervals: { ping_ms: 54_000, pong_timeout_ms: 60_000 },
			expires_at: new Date(exp * 1000).toISOString(),
		});
	});

	test("[V1-2] lists the online users, their read watermarks and the limits", async () => {
		const server = await startTestServer({
			maxMessageBytes: 5000,
			pingIntervalMs: 20_000,
			pongTimeoutMs: 25_000,
		});
		const [conversation, alice, bob] = [
			randomUUID(),
			randomUUID(),
			randomUUID(),
		];
		const a = await server.connect(conversation, alice);
		const b = await server.connect(conversation, bob);
		const { message_id } = await say(a, "one");
		const two = await say(a, "two");
		b.send({ type: "read", message_id });
		await a.next("read");
		const late = await server.connect(conversation, randomUUID(), v1);
		const welcome = await late.next("welcome");
		expect([...isWelcome.Errors(welcome)]).toEqual([]);
		expect(welcome).toMatchObject({
			head_seq: 2,
			present_count: 3,
			read: [
				{ user_id: alice, message_id: two.message_id, seq: 2 },
				{ user_id: bob, message_id, seq: 1 },
			],
			limits: { max_message_bytes: 5000 },
			intervals: { ping_ms: 20_000, pong_timeout_ms: 25_000 },
		});
		const present = welcome.present as { user_id: string }[];
		expect(present.map(({ user_id }) => user_id)).toEqual(
			expect.arrayContaining([alice, bob]),
		);
	});

	test("[V1-2] lists at most a hundred users and counts all", async () => {
		const server = await startTestServer();
		const conversation = randomUUID();
		await Promise.all(
			Array.from({ length: 104 }, () =>
				server.connect(conversation, randomUUID()),
			),
		);
		const user = randomUUID();
		const client = await server.connect(conversation, user, v1);
		const welcome = await client.next("welcome");
		expect(welcome.present_count).toBe(105);
		const present = welcome.present as { user_id: string }[];
		expect(present).toHaveLength(100);
		expect(present.map(({ user_id }) => user_id)).toContain(user);
	});

	test.each<[string, boolean, (id: string) => Record<string, string>]>([
		["the id of a message", true, (after) => ({ after })],
		["a seq", true, () => ({ after_seq: "0" })],
		["an unknown id", false, () => ({ after: randomUUID() })],
		["the head", false, () => ({ after: "head" })],
		["a seq beyond the head", false, () => ({ after_seq: "9" })],
	])("[V1-3] after %s says recovered: %s", async (_, recovered, query) => {
		const server = await startTestServer();
		const [conversation, user] = [randomUUID(), randomUUID()];
		const first = await server.connect(conversation, user);
		const { message_id } = await say(first, "one");
		const client = await server.connect(conversation, user, {
			...v1,
			query: query(String(message_id)),
		});
		expect(await client.next("welcome")).toMatchObject({ recovered });
	});

	test("[V1-7] is not sent to plain clients", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID());
		await client.settle();
		expect(client.frames.map(({ type }) => type)).toEqual([
			"user_joined",
			"error",
		]);
		expect(client.ws.protocol).toBe("");
	});
});

describe("auth", () => {
	test("[V1-4] [TK-8] renews the token in place: the connection outlives its first token, other connections are closed", async () => {
		const server = await startTestServer();
		const [conversation, user] = [randomUUID(), randomUUID()];
		const exp = secondsFromNow(1);
		const expiring = await token(user, { exp });
		const renewing = await server.connect(conversation, user, {
			...v1,
			token: expiring,
		});
		const others = [
			await server.connect(conversation, user, { ...v1, token: expiring }),
			await server.connect(conversation, user, { token: expiring }),
		];
		const later = secondsFromNow(500);
		renewing.send({
			type: "auth",
			access_token: await token(user, { exp: later }),
		});
		const ok = await renewing.next("auth_ok");
		expect(Compile(ServerFrames.auth_ok).Check(ok)).toBe(true);
		expect(ok.expires_at).toBe(new Date(later * 1000).toISOString());
		for (const { closed } of others)
			expect(await closed).toEqual({ code: 1008, reason: "token expired" });
		expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
		await say(renewing, "still here");
	});

	test("[V1-5] with an invalid, expired or missing token is refused, and the old expiry remains", async () => {
		const server = await startTestServer();
		const user = randomUUID();
		const client = await server.connect(randomUUID(), user, {
			...v1,
			token: await token(user, { exp: secondsFromNow(1) }),
		});
		const bad = [
			await token(user, {}, "another secret of 32 bytes, or more"),
			await token(user, { exp: 1 }),
			await token(user, { typ: "refresh" }),
			await token("nobody"),
			"x",
			"",
		];
		for (const access_token of bad) {
			client.send({ type: "auth", access_token });
			await expectError(client, "unauthorized");
		}
		expect(await client.closed).toEqual({
			code: 1008,
			reason: "token expired",
		});
	});

	test("[V1-6] [CL-3] with a different user's token closes with 1008", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID(), v1);
		client.send({ type: "auth", access_token: await token(randomUUID()) });
		expect(await client.closed).toEqual({
			code: 1008,
			reason: "token of another user",
		});
		expect(client.of("auth_ok")).toEqual([]);
	});

	test("without a token, or with a token that is not a string, is an invalid frame", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), randomUUID(), v1);
		client.send({ type: "auth" });
		await expectError(client, "invalid_frame");
		client.send({ type: "auth", access_token: 1 });
		await expectError(client, "invalid_frame");
	});
});
