import { randomUUID } from "node:crypto";
import {
	type ClientOptions,
	type ConnectionState,
	type Conversation,
	createClient,
} from "@secureconnect/client";
import { describe, type TestContext, test } from "vitest";
import {
	rest,
	type ServerProcess,
	shareServe,
} from "../../cli/test/support/server-process.ts";
import { token } from "../../server/test/support/token.ts";
import { collect, until } from "./support/client.ts";

const LIFE_S = 10;

/** A server that accepts no token after its expiry. */
const sharedServer = shareServe(["--jwt-leeway-seconds", "0"]);

/** Creates a conversation of two users. */
async function conversationOfTwo({ expect }: TestContext): Promise<{
	server: ServerProcess;
	id: string;
	owner: string;
	other: string;
}> {
	const server = sharedServer();
	const [id, owner, other] = [randomUUID(), randomUUID(), randomUUID()];
	const made = await rest(
		server,
		"POST",
		"/v1/conversations",
		await token(owner),
		{ conversation_id: id, participant_ids: [other] },
	);
	expect(made.status).toBe(201);
	return { server, id, owner, other };
}

/** Creates a token that expires ten seconds from now, rounded to the second. */
function shortLived(userId: string): Promise<string> {
	const iat = Math.floor(Date.now() / 1000);
	return token(userId, { iat, exp: iat + LIFE_S });
}

function open(
	{ onTestFinished }: TestContext,
	id: string,
	tokens: ClientOptions["token"],
): { conversation: Conversation; states: ConnectionState["name"][] } {
	const client = createClient({
		url: `http://${sharedServer().address}`,
		token: tokens,
	});
	onTestFinished(() => client.close());
	const conversation = client.conversation(id);
	const states: ConnectionState["name"][] = [];
	conversation.on("state", ({ name }) => states.push(name));
	return { conversation, states };
}

function error(conversation: Conversation): unknown {
	const { state } = conversation;
	return state.name === "failed" ? state.error : undefined;
}

// Concurrent, because the tests mostly wait for tokens to expire.
describe.concurrent("tokens of a client", () => {
	test("a token is renewed over the same connection a fifth of its lifetime before its end, repeatedly", async (context) => {
		const { expect } = context;
		const { id, other } = await conversationOfTwo(context);
		const asked: number[] = [];
		const { conversation, states } = open(context, id, () => {
			asked.push(Date.now());
			return shortLived(other);
		});
		const begun = Date.now();
		await until(
			conversation,
			() => conversation.state.name === "open",
			"a connection",
		);
		await expect
			.poll(() => asked.length, { timeout: 4 * LIFE_S * 1000 })
			.toBe(3);
		// The same connection still works after more than the lifetime of a token.
		expect(Date.now() - begun).toBeGreaterThan(LIFE_S * 1000);
		await conversation.send("still here").acknowledged;
		expect(states).toEqual(["connecting", "open"]);
		for (const [i, at] of asked.entries()) {
			if (i === 0) continue;
			// `iat` is whole seconds, up to one second before the clock. A busy machine is late, never early.
			const life = at - (asked[i - 1] ?? 0);
			expect(life).toBeGreaterThan((LIFE_S * 0.8 - 1) * 1000 - 100);
			expect(life).toBeLessThan(LIFE_S * 1000);
		}
	});

	test("a rejected or failed renewal is retried while the token is valid", async (context) => {
		const { expect } = context;
		const { id, other } = await conversationOfTwo(context);
		const answers = [
			() => shortLived(other),
			// Signed with a different key: the server rejects it, and the old expiry applies.
			() => token(other, {}, "another secret, 32 bytes or more too"),
			() => Promise.reject(new Error("offline")),
			() => token(other),
		];
		const { conversation, states } = open(context, id, () => {
			const answer = answers.shift();
			if (!answer) throw new Error("asked once too often");
			return answer();
		});
		const refused: string[] = [];
		conversation.on("error", ({ code }) => refused.push(code));
		await expect.poll(() => answers.length, { timeout: 20_000 }).toBe(0);
		// After the first token has expired.
		await expect
			.poll(() => conversation.state.name, { timeout: 20_000 })
			.toBe("open");
		expect(refused).toEqual(["unauthorized"]);
		await conversation.send("still here").acknowledged;
		expect(states).toEqual(["connecting", "open"]);
	});

	test("a token that never changes ends the connection as unauthorized; after a new login the conversation continues", async (context) => {
		const { expect } = context;
		const { server, id, owner, other } = await conversationOfTwo(context);
		let current = await shortLived(other);
		const { conversation, states } = open(context, id, () => current);
		const seen = collect(conversation);
		await conversation.send("one").acknowledged;
		await until(
			conversation,
			() => conversation.state.name === "failed",
			"the end",
			2 * LIFE_S * 1000,
		);
		expect(error(conversation)).toMatchObject({ code: "unauthorized" });
		expect(states.filter((name) => name === "open")).toHaveLength(1);

		const waiting = conversation.send("three");
		const path = `/v1/conversations/${id}/messages`;
		await rest(server, "POST", path, await token(owner), { content: "two" });
		current = await token(other);
		conversation.reconnect();
		expect((await waiting.acknowledged).seq).toBe(3);
		expect(seen.map(({ content }) => content)).toEqual(["one", "two", "three"]);
	});

	test("a removed user's connection fails with removed, and queued messages fail visibly", async (context) => {
		const { expect } = context;
		const { server, id, owner, other } = await conversationOfTwo(context);
		const { conversation } = open(context, id, () => token(other));
		await conversation.send("before").acknowledged;
		const removed: string[] = [];
		conversation.on("removal", ({ userId }) => removed.push(userId));
		const gone = fetch(
			`http://${server.address}/v1/conversations/${id}/participants/${other}`,
			{
				method: "DELETE",
				headers: { Authorization: `Bearer ${await token(owner)}` },
			},
		);
		// From here on, one message is always in flight and one waits.
		const sent = [conversation.send("m0"), conversation.send("m1")];
		conversation.on("outbox", ({ status }) => {
			if (status === "acknowledged") sent.push(conversation.send("more"));
		});
		expect((await gone).status).toBe(204);
		await until(
			conversation,
			() => conversation.state.name === "failed",
			"the end",
		);
		expect(error(conversation)).toMatchObject({ code: "removed" });
		expect(removed).toEqual([other]);
		await Promise.allSettled(sent.map(({ acknowledged }) => acknowledged));
		expect(sent.map(({ status }) => status)).not.toContain("queued");
		expect(sent.at(-1)).toMatchObject({ status: "failed" });
		expect(["removed", "not_participant"]).toContain(sent.at(-1)?.error?.code);
		expect(conversation.unacknowledged).toEqual([]);
	});

	test("a user who is not a participant gets forbidden, and written messages fail", async (context) => {
		const { expect } = context;
		const { id } = await conversationOfTwo(context);
		const { conversation, states } = open(context, id, () =>
			token(randomUUID()),
		);
		const sent = conversation.send("let me in");
		await expect(sent.acknowledged).rejects.toMatchObject({
			code: "forbidden",
			status: 403,
		});
		expect(sent.status).toBe("failed");
		expect(states).toEqual(["connecting", "failed"]);
	});

	test("a user id or a conversation id that is not a UUID fails permanently with bad_request", async (context) => {
		const { expect } = context;
		const { id } = await conversationOfTwo(context);
		for (const { conversation } of [
			open(context, id, () => token("alice")),
			open(context, "lunch", () => token(randomUUID())),
		]) {
			await until(
				conversation,
				() => conversation.state.name === "failed",
				"the end",
			);
			expect(error(conversation)).toMatchObject({ code: "bad_request" });
		}
	});

	test("a token that the server never accepts is replaced once", async (context) => {
		const { expect } = context;
		const { id, other } = await conversationOfTwo(context);
		let asked = 0;
		const { conversation } = open(context, id, () => {
			asked++;
			return token(other, {}, "another secret, 32 bytes or more too");
		});
		await until(
			conversation,
			() => conversation.state.name === "failed",
			"the end",
		);
		expect(error(conversation)).toMatchObject({
			code: "unauthorized",
			status: 401,
		});
		expect(asked).toBe(2);
	});
});
