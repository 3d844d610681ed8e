import { randomUUID } from "node:crypto";
import { Rest, ServerFrames } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import { type ConversationView, createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

type Reply = Awaited<ReturnType<TestServer["rest"]>>;

interface Scene {
	readonly server: TestServer;
	readonly id: string;
	readonly owner: string;
	readonly member: string;
	readonly stranger: string;
	add(as: string, ...userIds: string[]): Promise<Reply>;
	remove(as: string, userId: string): Promise<Reply>;
	/** Returns the role of each user id, as the owner or the given user sees it. */
	roles(as?: string): Promise<Record<string, string>>;
}

/** Creates a conversation with an owner and a member. */
async function scene(): Promise<Scene> {
	const server = await startTestServer({ policy: "members" });
	const owner = randomUUID();
	// Sorted, so that the member comes first even if both users join within a millisecond.
	const [member, stranger] = [randomUUID(), randomUUID()].sort() as [
		string,
		string,
	];
	const id = await createConversation(server, owner, [member]);
	const path = `/v1/conversations/${id}`;
	return {
		server,
		id,
		owner,
		member,
		stranger,
		add: (as, ...participant_ids) =>
			server.rest("POST", `${path}/participants`, as, { participant_ids }),
		remove: (as, userId) =>
			server.rest("DELETE", `${path}/participants/${userId}`, as),
		async roles(as = owner) {
			const { body } = await server.rest("GET", path, as);
			const { participants } = body as ConversationView;
			return Object.fromEntries(participants.map((p) => [p.user_id, p.role]));
		},
	};
}

/** Sends a request with a token of scope `admin`. */
async function asAdmin(
	{ server, id }: Scene,
	method: string,
	path = "",
	body?: unknown,
): Promise<{ status: number; body: unknown }> {
	const admin = await token(randomUUID(), { scope: "profile admin" });
	const response = await fetch(
		`http://${server.address}/v1/conversations/${id}${path}`,
		{
			method,
			headers: {
				Authorization: `Bearer ${admin}`,
				...(body ? { "Content-Type": "application/json" } : {}),
			},
			...(body ? { body: JSON.stringify(body) } : {}),
		},
	);
	const text = await response.text();
	return { status: response.status, body: text === "" ? "" : JSON.parse(text) };
}

describe("adding participants", () => {
	test("[RS-8] an owner may, and existing participants keep their role", async () => {
		const { add, owner, member, stranger, roles } = await scene();
		const { status, body } = await add(
			owner,
			stranger.toUpperCase(),
			member,
			owner,
		);
		expect(status).toBe(200);
		expectShape(Rest.conversation, body);
		expect(await roles(stranger)).toEqual({
			[owner]: "owner",
			[member]: "member",
			[stranger]: "member",
		});
	});

	test("[RS-8] a member may not", async () => {
		const { add, member, stranger, roles } = await scene();
		expect(await add(member, stranger)).toMatchObject({
			status: 403,
			body: { error: "not an owner" },
		});
		expect(await roles()).not.toHaveProperty(stranger);
	});

	test("a user who is not a participant may not add themselves", async () => {
		const { add, stranger, roles } = await scene();
		expect(await add(stranger, stranger)).toMatchObject({
			status: 403,
			body: { error: "not a participant" },
		});
		expect(await roles()).not.toHaveProperty(stranger);
	});

	test("makes a removed user a member again", async () => {
		const { server, id, add, remove, owner, member, roles } = await scene();
		await remove(owner, member);
		await expect(server.connect(id, member)).rejects.toThrow("403");
		await add(owner, member);
		await server.connect(id, member);
		expect(await roles()).toMatchObject({ [member]: "member" });
	});
});

describe("removing a participant", () => {
	test("[RS-9] closes their connections with 1008 and tells the others in order", async () => {
		const { server, id, remove, owner, member } = await scene();
		const witness = await server.connect(id, owner);
		const removed = await server.connect(id, member);
		const { status, body } = await remove(owner, member.toUpperCase());
		expect([status, body]).toEqual([204, undefined]);
		expect(await removed.closed).toEqual({
			code: 1008,
			reason: "removed from the conversation",
		});
		const told = await witness.next("participant_removed");
		expectShape(ServerFrames.participant_removed, told);
		expect(told).toMatchObject({ sender_id: owner, user_id: member, seq: 1 });
		expect(
			await server.rest("GET", `/v1/conversations/${id}`, member),
		).toMatchObject({
			status: 403,
			body: { error: "not a participant" },
		});
	});

	test("a member may not remove a different participant", async () => {
		const { remove, owner, member, roles } = await scene();
		expect(await remove(member, owner)).toMatchObject({
			status: 403,
			body: { error: "not an owner" },
		});
		expect(await roles()).toHaveProperty(owner);
	});

	test("a user who is not a participant gets the same answer for participants and for unknown users", async () => {
		const { remove, owner, stranger } = await scene();
		for (const target of [owner, stranger, randomUUID()])
			expect(await remove(stranger, target)).toMatchObject({
				status: 403,
				body: { error: "not a participant" },
			});
	});

	test("removing a user who is not a participant gets 404 every time", async () => {
		const { remove, owner, member, stranger } = await scene();
		await remove(owner, member);
		for (const target of [stranger, member, member])
			expect(await remove(owner, target)).toMatchObject({
				status: 404,
				body: { error: "unknown participant" },
			});
	});
});

describe("leaving", () => {
	test("any participant may leave", async () => {
		const { remove, owner, member, roles } = await scene();
		expect((await remove(member, member)).status).toBe(204);
		expect(await roles()).toEqual({ [owner]: "owner" });
	});

	test("[RM-5] when the last owner leaves, the participant who joined first owns the conversation", async () => {
		const { add, remove, owner, member, stranger, roles } = await scene();
		await add(owner, stranger);
		expect((await remove(owner, owner)).status).toBe(204);
		expect(await roles(member)).toEqual({
			[member]: "owner",
			[stranger]: "member",
		});
		expect((await remove(member, stranger)).status).toBe(204);
	});

	test("the last participant may leave, and then no user can see the conversation", async () => {
		const { remove, owner, member, server, id } = await scene();
		await remove(owner, member);
		expect((await remove(owner, owner)).status).toBe(204);
		const { status } = await server.rest(
			"GET",
			`/v1/conversations/${id}`,
			owner,
		);
		expect(status).toBe(403);
	});

	test("[HS-15] under the open policy a user who left may come back, a removed user may not", async () => {
		const server = await startTestServer({ policy: "open" });
		const [owner, leaver, removed] = [randomUUID(), randomUUID(), randomUUID()];
		const id = await createConversation(server, owner, [leaver, removed]);
		const path = `/v1/conversations/${id}/participants`;
		await server.rest("DELETE", `${path}/${leaver}`, leaver);
		await server.rest("DELETE", `${path}/${removed}`, owner);
		await server.connect(id, leaver);
		await expect(server.connect(id, removed)).rejects.toThrow("403");
	});
});

describe("a token of scope admin", () => {
	test("[RS-17] sees any conversation, and adds and removes any user without being a participant", async () => {
		const at = await scene();
		expect(await asAdmin(at, "GET")).toMatchObject({
			status: 200,
			body: { conversation_id: at.id },
		});
		const participant_ids = [at.stranger];
		expect(
			(await asAdmin(at, "POST", "/participants", { participant_ids })).status,
		).toBe(200);
		expect(
			(await asAdmin(at, "DELETE", `/participants/${at.owner}`)).status,
		).toBe(204);
		expect(await at.roles(at.member)).toEqual({
			[at.member]: "owner",
			[at.stranger]: "member",
		});
		for (const path of ["/receipts", "/presence"])
			expect((await asAdmin(at, "GET", path)).status).toBe(200);
	});

	test("gets 404 for an unknown participant and 403 for an unknown conversation", async () => {
		const at = await scene();
		const path = `/participants/${at.stranger}`;
		expect((await asAdmin(at, "DELETE", path)).status).toBe(404);
		for (const [method, where] of [
			["DELETE", path],
			["GET", ""],
		] as const)
			expect(await asAdmin({ ...at, id: randomUUID() }, method, where)).toEqual(
				{ status: 403, body: { error: "not a participant" } },
			);
	});

	test("does not match a scope that only contains the word", async () => {
		const at = await scene();
		const jwt = await token(at.stranger, { scope: "administrator admin:read" });
		const { status } = await fetch(
			`http://${at.server.address}/v1/conversations/${at.id}`,
			{ headers: { Authorization: `Bearer ${jwt}` } },
		);
		expect(status).toBe(403);
	});
});
