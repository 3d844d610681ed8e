import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { TestClient } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

/** Grace period that no test outlasts. */
const NEVER = 600_000;

interface Witnessed {
	server: TestServer;
	conversation: string;
	/** Client that observes Bob's presence. */
	witness: TestClient;
	bob: string;
	b: TestClient;
}

async function witnessed(presenceGraceMs: number): Promise<Witnessed> {
	const server = await startTestServer({ presenceGraceMs });
	const [conversation, bob] = [randomUUID(), randomUUID()];
	const witness = await server.connect(conversation, randomUUID());
	const b = await server.connect(conversation, bob);
	await witness.waitFor((f) => f.sender_id === bob);
	return { server, conversation, witness, bob, b };
}

/** Returns the `user_joined` and `user_left` frames of one user that a client received. */
function shown(client: TestClient, userId: string): string[] {
	return client.frames
		.filter((f) => f.type.startsWith("user_") && f.sender_id === userId)
		.map(({ type }) => type);
}

/** Resolves after the server has announced a new user, and so everything before. */
async function aNewcomer({
	server,
	conversation,
	witness,
}: Witnessed): Promise<void> {
	const user = randomUUID();
	await server.connect(conversation, user);
	await witness.waitFor((f) => f.sender_id === user);
}

/** Resolves when the server counts this many users. */
async function untilPresent(
	{ server, conversation, bob }: Witnessed,
	done: (users: string[]) => boolean,
): Promise<void> {
	await expect
		.poll(
			async () => {
				const { body } = await server.rest(
					"GET",
					`/v1/conversations/${conversation}/presence`,
					bob,
				);
				const { users } = body as { users: { user_id: string }[] };
				return done(users.map(({ user_id }) => user_id));
			},
			{ interval: 20 },
		)
		.toBe(true);
}

describe("user_joined", () => {
	test("[PR-1] [PR-3] is the first frame of a joining connection, and others get the same frame", async () => {
		const { server, conversation, witness } = await witnessed(NEVER);
		const carol = randomUUID();
		const c = await server.connect(conversation, carol);
		const own = await c.next("user_joined");
		expect(c.frames[0]).toBe(own);
		expect(own).toEqual({
			type: "user_joined",
			conversation_id: conversation,
			sender_id: carol,
			timestamp: expect.any(String),
		});
		const others = await witness.waitFor((f) => f.sender_id === carol);
		expect(others).toEqual(own);
	});

	test("[PR-4] is per user: a second connection gets its own frame, other users none", async () => {
		const all = await witnessed(NEVER);
		const { server, conversation, witness, bob, b } = all;
		const second = await server.connect(conversation, bob);
		await second.next("user_joined");
		await aNewcomer(all);
		expect(shown(witness, bob)).toEqual(["user_joined"]);
		await b.settle();
		expect(shown(b, bob)).toEqual(["user_joined"]);
	});

	test("[TK-10] carries the token's name claim if there is one", async () => {
		const { server, conversation, witness } = await witnessed(NEVER);
		const carol = randomUUID();
		const c = await server.connect(conversation, carol, {
			token: await token(carol, { name: "Carol Ž." }),
		});
		expect(await c.next("user_joined")).toMatchObject({ name: "Carol Ž." });
		expect(await witness.waitFor((f) => f.sender_id === carol)).toMatchObject({
			name: "Carol Ž.",
		});
	});

	test.each(["", 17, "x".repeat(129), "a\0b"])(
		"omits a name claim that is not a usable name",
		async (name) => {
			const server = await startTestServer();
			const user = randomUUID();
			const client = await server.connect(randomUUID(), user, {
				token: await token(user, { name }),
			});
			expect(await client.next("user_joined")).not.toHaveProperty("name");
		},
	);
});

describe("user_left", () => {
	test.each<[string, (client: TestClient) => void]>([
		["1000", (c) => c.ws.close(1000)],
		["1000 and a reason", (c) => c.ws.close(1000, "User logged out")],
		["no code", (c) => c.ws.close()],
	])(
		"[PR-2] [PR-6] is sent immediately when the last connection closes with %s",
		async (_, close) => {
			const { witness, conversation, bob, b } = await witnessed(NEVER);
			close(b);
			expect(await witness.next("user_left")).toEqual({
				type: "user_left",
				conversation_id: conversation,
				sender_id: bob,
				timestamp: expect.any(String),
			});
		},
	);

	test("[PR-6] is sent immediately when the last connection is closed for abuse", async () => {
		const { witness, bob, b } = await witnessed(NEVER);
		for (let i = 0; i < 20; i++) b.send("{");
		expect(await witness.next("user_left")).toMatchObject({ sender_id: bob });
		expect((await b.closed).code).toBe(1008);
	});

	test("[PR-5] is sent only when the user's last connection has ended", async () => {
		const all = await witnessed(NEVER);
		const { server, conversation, witness, bob, b } = all;
		const second = await server.connect(conversation, bob);
		await b.close();
		await aNewcomer(all);
		expect(shown(witness, bob)).toEqual(["user_joined"]);
		await second.close();
		expect(await witness.next("user_left")).toMatchObject({ sender_id: bob });
	});

	const blips: [string, (client: TestClient) => void][] = [
		["a cut line", (c) => c.ws.terminate()],
		["1001, as of a page that is left", (c) => c.ws.close(1001)],
		["1000 for a token refresh", (c) => c.ws.close(1000, "Token refresh")],
		["a binary frame", (c) => c.ws.send(Buffer.of(1))],
	];

	test.each(blips)(
		"[PR-7] after %s comes when the grace period ends",
		async (_, end) => {
			const GRACE = 300;
			const { witness, bob, b } = await witnessed(GRACE);
			const before = performance.now();
			end(b);
			expect(await witness.next("user_left")).toMatchObject({ sender_id: bob });
			expect(performance.now() - before).toBeGreaterThan(GRACE * 0.95);
		},
	);

	test.each(blips)(
		"[PR-7] and user_joined are not sent if the user returns within the grace period after %s",
		async (_, end) => {
			const all = await witnessed(NEVER);
			const { server, conversation, witness, bob, b } = all;
			end(b);
			await b.closed;
			const back = await server.connect(conversation, bob);
			await back.next("user_joined");
			await aNewcomer(all);
			expect(shown(witness, bob)).toEqual(["user_joined"]);
			// The grace period of the first connection has ended, so leaving shows immediately again.
			await back.close();
			expect(await witness.next("user_left")).toMatchObject({ sender_id: bob });
		},
	);
});

describe("a conversation with many users online", () => {
	test("[PR-8] broadcasts no joins and leaves, but every connection gets its own user_joined, and REST lists all", async () => {
		const server = await startTestServer({ presenceBroadcastUsers: 3 });
		const conversation = randomUUID();
		const users = Array.from({ length: 5 }, () => randomUUID());
		const clients: TestClient[] = [];
		for (const user of users) {
			const client = await server.connect(conversation, user);
			expect(await client.next("user_joined")).toMatchObject({
				sender_id: user,
			});
			clients.push(client);
		}
		const [first] = clients as [TestClient];
		const last = clients.pop() as TestClient;
		await last.close();
		await untilPresent(
			{ server, conversation, witness: first, bob: users[0] ?? "", b: first },
			(present) => present.length === 4,
		);
		await first.settle();
		expect(first.of("user_joined").map((f) => f.sender_id)).toEqual(
			users.slice(0, 3),
		);
		expect(first.of("user_left")).toEqual([]);
	});

	test("[PR-8] drops more than fifty joins and leaves in a second", async () => {
		const server = await startTestServer();
		const conversation = randomUUID();
		const witness = await server.connect(conversation, randomUUID());
		const began = Date.now();
		await Promise.all(
			Array.from({ length: 120 }, () =>
				server.connect(conversation, randomUUID()),
			),
		);
		await witness.settle();
		const seconds =
			Math.floor(Date.now() / 1000) - Math.floor(began / 1000) + 1;
		const got = witness.of("user_joined").length;
		expect(got).toBeGreaterThanOrEqual(50);
		expect(got).toBeLessThanOrEqual(1 + 50 * seconds);
	});
});
