import { randomUUID } from "node:crypto";
import type { JWTPayload } from "jose";
import { describe, expect, test, vi } from "vitest";
import type { TestClient } from "./support/client.ts";
import { ask, bearer, CHAT, chatPath, UPGRADE } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const NIL = "00000000-0000-0000-0000-000000000000";

describe("the conversation_id", () => {
	const ID = "ABCDEF00-E29B-41D4-A716-446655440000";

	test("[HS-6] may be in any case, and is stored in lower case", async () => {
		const server = await startTestServer();
		const upper = await server.connect(ID, randomUUID());
		const lower = await server.connect(ID.toLowerCase(), randomUUID());
		upper.send({ type: "chat", content: "the same room" });
		expect(await lower.next("chat")).toMatchObject({
			conversation_id: ID.toLowerCase(),
			content: "the same room",
		});
	});

	test.each([
		NIL,
		`{${ID}}`,
		`urn:uuid:${ID}`,
		ID.replaceAll("-", ""),
		`${ID}0`,
		`${ID.slice(0, -1)}g`,
		`${ID}%0A`,
	])("[HS-5] %s is refused", async (id) => {
		const server = await startTestServer();
		expect(
			await ask(server, chatPath(id), {
				...UPGRADE,
				...(await bearer(randomUUID())),
			}),
		).toMatchObject({
			status: 400,
			text: '{"error":"invalid conversation_id"}',
		});
	});
});

describe("[TK-5] the user id", () => {
	const [A, B] = [randomUUID(), randomUUID()];

	test.each([
		["is the claim sub", { sub: A }, A],
		["is the claim user_id before sub", { sub: A, user_id: B }, B],
		["is kept in lower case", { sub: A.toUpperCase() }, A],
	])("%s", async (_, claims, expected) => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), "", {
			token: await token("", claims),
		});
		expect((await client.next("user_joined")).sender_id).toBe(expected);
	});

	test.each<[what: string, claims: Record<string, unknown>]>([
		["nil", { sub: NIL }],
		["missing", { sub: undefined }],
		["no UUID", { sub: "alice" }],
		["no text", { sub: A, user_id: 7 }],
		["an invalid user_id with a valid sub", { sub: A, user_id: "alice" }],
	])(
		"[HS-7] that is %s is an error of the token's issuer and gets 500",
		async (_, claims) => {
			const server = await startTestServer();
			expect(
				await ask(server, chatPath(randomUUID()), {
					...UPGRADE,
					Authorization: `Bearer ${await token("", claims as JWTPayload)}`,
				}),
			).toMatchObject({ status: 500, text: '{"error":"invalid user_id"}' });
		},
	);
});

describe("the connection cap", () => {
	test("[HS-12] limits a burst, and frees a place with every close", async () => {
		const server = await startTestServer({ maxConnections: 3 });
		const conversation = randomUUID();
		const join = (): Promise<TestClient> =>
			server.connect(conversation, randomUUID());
		const burst = await Promise.allSettled(Array.from({ length: 12 }, join));
		const clients = burst.flatMap((result) =>
			result.status === "fulfilled" ? [result.value] : [],
		);
		expect(clients).toHaveLength(3);
		await expect(join()).rejects.toThrow("503");

		await clients[0]?.close();
		// The client may learn of the close before the server does.
		await vi.waitFor(join, { timeout: 15_000 });
		await expect(join()).rejects.toThrow("503");
	});

	test("is not used up by handshakes that fail", async () => {
		const server = await startTestServer({ maxConnections: 1 });
		for (const headers of [
			UPGRADE,
			{ ...UPGRADE, ...(await bearer(randomUUID())) },
			{ ...UPGRADE, ...(await bearer("nobody")) },
		])
			expect((await ask(server, CHAT, headers)).status).not.toBe(503);
		await server.connect(randomUUID(), randomUUID());
	});
});

describe("an Origin", () => {
	const reaches = async (
		server: TestServer,
		origin: string,
	): Promise<boolean> => {
		const { status } = await ask(server, CHAT, {
			Host: "chat.example",
			Origin: origin,
		});
		expect([401, 403]).toContain(status);
		return status === 401;
	};

	test.each([
		[
			{ kind: "loopback" as const },
			[
				"http://localhost",
				"https://a.localhost:3000",
				"http://127.0.0.1:8082",
				"http://[::1]:80",
			],
			[
				"https://chat.example",
				"http://localhost.evil.example",
				"http://127.0.0.1.evil.example",
				"null",
				"file://",
			],
		],
		[
			{ kind: "same_host" as const },
			["https://chat.example", "http://CHAT.example"],
			[
				"http://localhost",
				"https://chat.example:8443",
				"https://evil.chat.example",
				"null",
			],
		],
		[
			{ kind: "list" as const, origins: ["https://app.example"] },
			["https://app.example"],
			[
				"https://chat.example",
				"http://app.example",
				"https://app.example:8443",
				"http://localhost",
				"null",
			],
		],
	])(
		"[HS-11] is checked against the policy %j",
		async (origins, allowed, refused) => {
			const server = await startTestServer({ origins });
			for (const origin of allowed)
				expect([origin, await reaches(server, origin)]).toEqual([origin, true]);
			for (const origin of refused)
				expect([origin, await reaches(server, origin)]).toEqual([
					origin,
					false,
				]);
		},
	);

	test("[HS-11] may be absent under every policy", async () => {
		const server = await startTestServer({
			origins: { kind: "list", origins: [] },
		});
		await server.connect(randomUUID(), randomUUID());
	});
});

test("[HS-15] under the open policy connecting creates the conversation with its first user as owner", async () => {
	const server = await startTestServer();
	const [conversation, alice, bob] = [randomUUID(), randomUUID(), randomUUID()];
	await server.connect(conversation, alice);
	await server.connect(conversation, bob);
	const { body } = await server.rest(
		"GET",
		`/v1/conversations/${conversation}`,
		bob,
	);
	expect(body).toMatchObject({
		created_by: alice,
		participants: [
			{ user_id: alice, role: "owner" },
			{ user_id: bob, role: "member" },
		],
	});
});
