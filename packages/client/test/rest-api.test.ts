import { randomUUID } from "node:crypto";
import { ChatError } from "@secureconnect/client";
import { type ChatRest, createRest } from "@secureconnect/client/rest";
import { expect, test } from "vitest";
import { say } from "../../server/test/support/chat.ts";
import {
	startTestServer,
	type TestServer,
} from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";

const restOf = (server: TestServer, userId: string): ChatRest =>
	createRest({
		url: `ws://${server.address}/v1/ws/chat`,
		token: () => token(userId),
	});

test("a conversation is created, listed, shown, joined and left", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, carol, id] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	const [a, b] = [restOf(server, alice), restOf(server, bob)];

	const created = await a.create({
		conversationId: id,
		title: "Lunch",
		metadata: { a_b: { cD: 1 } },
		participantIds: [bob],
	});
	expect(created).toMatchObject({
		conversationId: id,
		title: "Lunch",
		metadata: { a_b: { cD: 1 } },
		createdBy: alice,
		participantCount: 2,
	});
	const plain = await server.connect(id, bob);
	await say(plain, "Noon?");
	expect(await a.conversations()).toMatchObject({
		conversations: [
			{
				conversationId: id,
				role: "owner",
				unread: 1,
				lastMessage: { content: "Noon?", senderId: bob, seq: 1 },
			},
		],
		next: null,
	});
	expect(await a.presence(id)).toMatchObject({
		users: [{ userId: bob }],
		count: 1,
	});
	expect(await a.addParticipants(id, [carol])).toMatchObject({
		participantCount: 3,
	});
	expect(await a.receipts(id)).toEqual(expect.any(Array));

	await b.removeParticipant(id, bob);
	const { participants } = await a.conversation(id);
	expect(participants.map(({ userId }) => userId).sort()).toEqual(
		[alice, carol].sort(),
	);
	await expect(b.conversation(id)).rejects.toMatchObject({
		code: "forbidden",
		status: 403,
	});
});

test("the list continues page by page", async () => {
	const server = await startTestServer({ policy: "members" });
	const rest = restOf(server, randomUUID());
	const ids: string[] = [];
	for (let i = 0; i < 5; i++)
		ids.push((await rest.create({ participantIds: [] })).conversationId);
	const listed: string[] = [];
	let after: string | null | undefined;
	do {
		const page = await rest.conversations({
			limit: 2,
			...(after && { after }),
		});
		expect(page.conversations.length).toBeLessThanOrEqual(2);
		listed.push(...page.conversations.map((it) => it.conversationId));
		after = page.next;
	} while (after !== null);
	expect(listed.sort()).toEqual(ids.sort());
});

test("every failure is a ChatError", async () => {
	const server = await startTestServer({ policy: "members" });
	const rest = restOf(server, randomUUID());
	const failing = (refused: Promise<unknown>): Promise<unknown> =>
		refused.then(
			() => "no failure",
			(error: unknown) => {
				expect(error).toBeInstanceOf(ChatError);
				const { code, status } = error as ChatError;
				return [code, status];
			},
		);
	const { conversationId } = await rest.create({ participantIds: [] });
	expect([
		await failing(rest.create({ conversationId, participantIds: [] })),
		await failing(rest.conversation("no UUID")),
		await failing(rest.removeParticipant(conversationId, randomUUID())),
		await failing(rest.conversation(randomUUID())),
		await failing(
			createRest({
				url: `http://${server.address}`,
				token: () => "a.b.c",
			}).conversations(),
		),
		await failing(
			createRest({
				url: `http://${server.address}`,
				token: () => "no token",
			}).conversations(),
		),
		await failing(
			createRest({
				url: `http://${server.address}`,
				token: () => "",
			}).conversations(),
		),
		await failing(
			createRest({
				url: `http://${server.address}`,
				token: () => Promise.reject(new Error("no network")),
			}).conversations(),
		),
	]).toEqual([
		["conflict", 409],
		["bad_request", 400],
		["not_found", 404],
		["forbidden", 403],
		["unauthorized", 401],
		["invalid_token", undefined],
		["unauthorized", undefined],
		["request_failed", undefined],
	]);
	await server.drain();
	expect(await failing(rest.conversations())).toEqual([
		"request_failed",
		undefined,
	]);
});

test("[RS-19] [RS-20] conflicts over participants have their own codes, and no user is added", async () => {
	const server = await startTestServer({
		policy: "members",
		maxParticipants: 2,
		maxUnansweredAdditions: 1,
	});
	const rest = restOf(server, randomUUID());
	const [bob, carol] = [randomUUID(), randomUUID()];
	const { conversationId } = await rest.create({ participantIds: [bob] });
	await expect(
		rest.addParticipants(conversationId, [carol]),
	).rejects.toMatchObject({ code: "conversation_full", status: 409 });
	await expect(rest.create({ participantIds: [bob] })).rejects.toMatchObject({
		code: "too_many_additions",
		status: 409,
	});
	expect(await rest.conversation(conversationId)).toMatchObject({
		participantCount: 2,
	});
	expect((await rest.conversations()).conversations).toHaveLength(1);
});

test("[EP-3] a list that continues in a different log is refused with epoch_changed", async () => {
	const server = await startTestServer({ policy: "members" });
	const rest = restOf(server, randomUUID());
	const { epoch } = await rest.create({ participantIds: [] });
	expect(await rest.conversations({ epoch })).toMatchObject({ epoch });
	await expect(
		rest.conversations({ epoch: randomUUID() }),
	).rejects.toMatchObject({ code: "epoch_changed", status: 412 });
});
