import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { say } from "./support/chat.ts";
import { type ConversationView, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const CONVERSATIONS = "/v1/conversations";
const NOW = Math.floor(Date.now() / 1000);

/** Sends a request with a token that has these claims. */
function ask(
	{ address }: TestServer,
	bearer: string,
	path: string,
	body?: unknown,
): Promise<Response> {
	return fetch(`http://${address}${path}`, {
		headers: {
			Authorization: `Bearer ${bearer}`,
			...(body === undefined ? {} : { "Content-Type": "application/json" }),
		},
		...(body === undefined
			? {}
			: { method: "POST", body: JSON.stringify(body) }),
	});
}

/** Returns the name that a conversation's list of participants shows for a user. */
async function listedName(
	server: TestServer,
	conversation: string,
	asker: string,
	user: string,
): Promise<string | undefined> {
	const { body } = await server.rest(
		"GET",
		`${CONVERSATIONS}/${conversation}`,
		asker,
	);
	return (body as ConversationView).participants.find(
		({ user_id }) => user_id === user,
	)?.name;
}

async function presentNames(
	server: TestServer,
	conversation: string,
	asker: string,
): Promise<unknown[]> {
	const { body } = await server.rest(
		"GET",
		`${CONVERSATIONS}/${conversation}/presence`,
		asker,
	);
	return (body as { users: { name?: string }[] }).users.map(({ name }) => name);
}

describe("over REST only", () => {
	test("[TK-11] a user who sends a message gets the token's name", async () => {
		const server = await startTestServer({ policy: "members" });
		const [owner, bob] = [randomUUID(), randomUUID()];
		const room = await createConversation(server, owner, [bob]);
		const path = `${CONVERSATIONS}/${room}/messages`;
		const named = await token(bob, { name: "Bob" });
		expect((await ask(server, named, path, { content: "hi" })).status).toBe(
			201,
		);
		expect(await listedName(server, room, owner, bob)).toBe("Bob");
	});

	test("[TK-11] the answer to creating a conversation already contains the name", async () => {
		const server = await startTestServer({ policy: "members" });
		const alice = randomUUID();
		const answer = await ask(
			server,
			await token(alice, { name: "Alice" }),
			CONVERSATIONS,
			{ participant_ids: [] },
		);
		expect(await answer.json()).toMatchObject({
			participants: [{ user_id: alice, name: "Alice" }],
		});
	});

	test("[TK-11] a token issued earlier or without a name does not replace the name", async () => {
		const server = await startTestServer();
		const user = randomUUID();
		const room = await createConversation(server, user, []);
		for (const claims of [
			{ name: "Old", iat: NOW - 600 },
			{ name: "New", iat: NOW - 300 },
			{ name: "Old", iat: NOW - 600 },
			{ iat: NOW },
		])
			await ask(server, await token(user, claims), CONVERSATIONS);
		expect(await listedName(server, room, user, user)).toBe("New");
		const late = await server.connect(room, user, {
			token: await token(user, { name: "Old", iat: NOW - 600 }),
		});
		expect(await late.next("user_joined")).toMatchObject({ name: "New" });
		await ask(
			server,
			await token(user, { name: "Newest", iat: NOW - 200 }),
			CONVERSATIONS,
		);
		expect(await listedName(server, room, user, user)).toBe("Newest");
	});

	test("[TK-11] the name of a token issued in the future lasts only until the next token", async () => {
		const server = await startTestServer();
		const user = randomUUID();
		const room = await createConversation(server, user, []);
		await ask(
			server,
			await token(user, { name: "Ahead", iat: NOW + 1e6 }),
			CONVERSATIONS,
		);
		await ask(
			server,
			await token(user, { name: "Next", iat: NOW + 3600 }),
			CONVERSATIONS,
		);
		expect(await listedName(server, room, user, user)).toBe("Next");
	});
});

describe("auth on an open connection", () => {
	test("[TK-11] [V1-4] brings a renewed token's name to presence, participants and later connections", async () => {
		const server = await startTestServer();
		const [room, user, other] = [randomUUID(), randomUUID(), randomUUID()];
		const client = await server.connect(room, user, {
			protocols: ["secureconnect.v1"],
			token: await token(user, { name: "Bob", iat: NOW - 60 }),
		});
		expect(await presentNames(server, room, user)).toEqual(["Bob"]);
		client.send({
			type: "auth",
			access_token: await token(user, { name: "Robert", iat: NOW }),
		});
		await client.next("auth_ok");
		expect(await presentNames(server, room, user)).toEqual(["Robert"]);
		expect(await listedName(server, room, user, user)).toBe("Robert");
		const newcomer = await server.connect(room, other, {
			protocols: ["secureconnect.v1"],
		});
		expect((await newcomer.next("welcome")).present).toContainEqual({
			user_id: user,
			name: "Robert",
		});
		await say(client, "still here");
	});

	test("[TK-11] [V1-5] a refused token changes no name", async () => {
		const server = await startTestServer();
		const [room, user] = [randomUUID(), randomUUID()];
		const client = await server.connect(room, user, {
			protocols: ["secureconnect.v1"],
			token: await token(user, { name: "Bob" }),
		});
		client.send({
			type: "auth",
			access_token: await token(user, { name: "Eve" }, "x".repeat(32)),
		});
		await client.next("error");
		expect(await presentNames(server, room, user)).toEqual(["Bob"]);
		expect(await listedName(server, room, user, user)).toBe("Bob");
	});
});
