import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { entries, expectEntries, say } from "./support/chat.ts";
import { refusal, type TestClient } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const REMOVED = { code: 1008, reason: "removed from the conversation" };

interface Conversation {
	server: TestServer;
	conversation: string;
	owner: string;
	o: TestClient;
	member: string;
	/** Removes `user` as `by`, by default the owner. Returns the status of the answer. */
	remove(user: string, by?: string): Promise<number>;
	add(user: string, by?: string): Promise<number>;
}

async function startConversation(
	policy: "open" | "members" = "members",
): Promise<Conversation> {
	const server = await startTestServer({ policy });
	const [conversation, owner, member] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	await server.rest("POST", "/v1/conversations", owner, {
		conversation_id: conversation,
		participant_ids: [member],
	});
	const path = `/v1/conversations/${conversation}/participants`;
	return {
		server,
		conversation,
		owner,
		o: await server.connect(conversation, owner),
		member,
		async remove(user, by = owner) {
			return (await server.rest("DELETE", `${path}/${user}`, by)).status;
		},
		async add(user, by = owner) {
			const body = { participant_ids: [user] };
			return (await server.rest("POST", path, by, body)).status;
		},
	};
}

async function connectStatus(
	{ server, conversation }: Conversation,
	user: string,
): Promise<number> {
	const { status } = await refusal(server.url(conversation), {
		headers: { Authorization: `Bearer ${await token(user)}` },
	});
	return status;
}

describe("removing a participant", () => {
	test("[RM-1] [RM-2] [CL-3] is an entry that all get in order, and the removed user's last frame before 1008", async () => {
		const all = await startConversation();
		const { server, conversation, owner, o, member, remove, add } = all;
		const third = randomUUID();
		expect(await add(third)).toBe(200);
		const w = await server.connect(conversation, third);
		const gone = [
			await server.connect(conversation, member),
			await server.connect(conversation, member),
		];
		await say(o, "before");
		const began = performance.now();
		expect(await remove(member)).toBe(204);
		for (const client of gone) {
			expect(await client.closed).toEqual(REMOVED);
			expect(entries(client).map(({ type }) => type)).toEqual([
				"chat",
				"participant_removed",
			]);
			expect(client.frames.at(-1)?.type).toBe("participant_removed");
		}
		// The rule says one second. A busy machine is late; the heartbeat would cut the connections after a minute.
		expect(performance.now() - began).toBeLessThan(10_000);
		await say(o, "after");
		for (const client of [o, w]) {
			await expectEntries(client, client === o ? 1 : 2, 4);
			expect(entries(client).at(-2)).toEqual({
				type: "participant_removed",
				conversation_id: conversation,
				sender_id: owner,
				message_id: expect.any(String),
				user_id: member,
				timestamp: expect.any(String),
				seq: 3,
			});
			expect(await client.next("user_left")).toMatchObject({
				sender_id: member,
			});
		}
	});

	test.each(["members", "open"] as const)(
		"[RM-3] [HS-15] excludes the user under the policy %s until they are added again",
		async (policy) => {
			const all = await startConversation(policy);
			const { server, conversation, o, member, remove, add } = all;
			await remove(member);
			expect(await connectStatus(all, member)).toBe(403);
			expect(await add(member)).toBe(200);
			const back = await server.connect(conversation, member);
			await say(o, "welcome back");
			expect(await back.next("chat")).toMatchObject({ seq: 3 });
		},
	);

	test("[RM-2] [GA-7] under load the removed user gets all earlier entries and no later one", async () => {
		const all = await startConversation();
		const { server, conversation, o, member, remove } = all;
		const gone = await Promise.all(
			Array.from({ length: 4 }, () => server.connect(conversation, member)),
		);
		// A hundred messages are always in progress, and a hundred more follow once the removal is seen.
		let left = 100;
		o.ws.on("message", () => {
			if (o.of("participant_removed").length > 0 && --left < 0) return;
			o.send({ type: "chat", content: "x" });
		});
		for (let i = 0; i < 100; i++) o.send({ type: "chat", content: "x" });
		await o.waitFor((f) => f.seq === 300);
		expect(await remove(member)).toBe(204);
		const at = Number((await o.next("participant_removed")).seq);
		await o.waitFor((f) => f.seq === at + 100);
		for (const client of gone) {
			expect(await client.closed).toEqual(REMOVED);
			expectUpTo(client, at);
		}
	});

	test("[RM-2] [GA-7] during a replay the replay ends, and contains nothing after the removal", async () => {
		const all = await startConversation();
		const { server, conversation, o, member, remove } = all;
		const big = "x".repeat(200_000);
		for (let i = 0; i < 80; i++) o.send({ type: "chat", content: big });
		await o.waitFor((f) => f.seq === 80);
		const replaying = await server.connect(conversation, member, {
			query: { after_seq: "0" },
		});
		replaying.ws.pause();
		expect(await remove(member)).toBe(204);
		await say(o, "after");
		replaying.ws.resume();
		expect(await replaying.closed).toEqual(REMOVED);
		const seqs = entries(replaying).map(({ seq }) => Number(seq));
		expect(seqs).toEqual(seqs.map((_, i) => i + 1));
		expect(seqs.length).toBeLessThanOrEqual(81);
		expect(replaying.frames.some(({ content }) => content === "after")).toBe(
			false,
		);
	});

	test("[RM-3] ends the removed user's sending: concurrent messages are refused or precede the removal", async () => {
		const all = await startConversation();
		const { server, conversation, o, member, remove } = all;
		const m = await server.connect(conversation, member);
		for (let i = 0; i < 100; i++) m.send({ type: "chat", content: `${i}` });
		await o.waitFor((f) => f.seq === 10);
		const removed = remove(member);
		for (let i = 0; i < 100; i++) m.send({ type: "chat", content: `${i}` });
		expect(await removed).toBe(204);
		expect(await m.closed).toEqual(REMOVED);
		await say(o, "after");
		const seen = entries(o);
		const at = seen.findIndex(({ type }) => type === "participant_removed");
		expect(seen.slice(at + 1).map(({ content }) => content)).toEqual(["after"]);
	});
});

describe("permission to remove", () => {
	test("[RM-4] an owner may remove any participant, a member only themselves, other users none", async () => {
		const { conversation, o, member, owner, remove, add } =
			await startConversation();
		const [other, stranger] = [randomUUID(), randomUUID()];
		await add(other);
		expect(await remove(other, member)).toBe(403);
		expect(await remove(owner, member)).toBe(403);
		expect(await remove(other, stranger)).toBe(403);
		expect(await add(stranger, member)).toBe(403);
		expect(await remove(stranger)).toBe(404);
		expect(await remove(member, member)).toBe(204);
		expect(await remove(other)).toBe(204);
		await expectEntries(o, 1, 3);
		expect(entries(o)).toMatchObject([
			{ type: "participant_added", user_ids: [other] },
			{ conversation_id: conversation, sender_id: member, user_id: member },
			{ conversation_id: conversation, sender_id: owner, user_id: other },
		]);
	});

	test("[RM-4] removing a user twice makes one entry", async () => {
		const { o, member, remove } = await startConversation();
		const statuses = await Promise.all([remove(member), remove(member)]);
		expect(statuses.sort()).toEqual([204, 404]);
		await say(o, "marker");
		await expectEntries(o, 1, 2);
	});

	test("[RM-3] [HS-15] a user who left may rejoin under the policy open, and not under members", async () => {
		const open = await startConversation("open");
		await open.remove(open.member, open.member);
		await open.server.connect(open.conversation, open.member);
		const members = await startConversation("members");
		await members.remove(members.member, members.member);
		expect(await connectStatus(members, members.member)).toBe(403);
	});

	test("[RM-5] when the last owner leaves, the participant who joined first becomes the owner", async () => {
		const { o, owner, member, remove, add } = await startConversation();
		const third = randomUUID();
		expect(await remove(owner, owner)).toBe(204);
		expect(await o.closed).toEqual(REMOVED);
		expect(await add(third, owner)).toBe(403);
		expect(await add(third, member)).toBe(200);
	});

	test("[RM-5] the first user who joins a conversation that all have left becomes its owner", async () => {
		const all = await startConversation("open");
		const { server, conversation, owner, member, remove, add } = all;
		await remove(member, member);
		await remove(owner, owner);
		const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
		await server.connect(conversation, first);
		await server.connect(conversation, second);
		expect(await add(third, second)).toBe(403);
		expect(await add(third, first)).toBe(200);
	});
});

test("[RE-1] a user removed and added again resumes across their own removal", async () => {
	const all = await startConversation();
	const { server, conversation, o, member, remove, add } = all;
	const m = await server.connect(conversation, member);
	const { message_id } = await say(m, "before");
	await remove(member);
	await m.closed;
	await say(o, "meanwhile");
	await add(member);
	const back = await server.connect(conversation, member, {
		query: { after: String(message_id) },
	});
	await say(o, "after");
	await expectEntries(back, 2, 5);
	expect(entries(back).map(({ type }) => type)).toEqual([
		"participant_removed",
		"chat",
		"participant_added",
		"chat",
	]);
	await back.settle();
});

/** A closed connection receives nothing more, so the check is final. */
function expectUpTo(client: TestClient, seq: number): void {
	expect(entries(client).map((entry) => entry.seq)).toEqual(
		Array.from({ length: seq }, (_, i) => i + 1),
	);
}
