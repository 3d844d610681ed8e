import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import { say } from "./support/chat.ts";
import { createConversation } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";

const CONVERSATIONS = "/v1/conversations";
const DEFAULTS = {
	muted_until: null,
	archived: false,
	favourite: false,
	marked_unread: false,
};

async function seenBy(
	server: TestServer,
	id: string,
	user: string,
): Promise<unknown[]> {
	const list = await server.rest("GET", CONVERSATIONS, user);
	const one = await server.rest("GET", `${CONVERSATIONS}/${id}`, user);
	expectShape(Rest.conversationList, list.body);
	expectShape(Rest.conversation, one.body);
	const { conversations } = list.body as { conversations: unknown[] };
	return [...conversations, one.body];
}

test("[ME-1] a user's own settings are in the user's answers only, and outlive the participation", async () => {
	const server = await startTestServer({ policy: "members" });
	const [owner, member] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const path = `${CONVERSATIONS}/${id}/me`;
	const set = (user: string, body: unknown) =>
		server.rest("PUT", path, user, body);
	expect(await seenBy(server, id, member)).toMatchObject([DEFAULTS, DEFAULTS]);
	const until = "2999-12-31T23:59:59.000Z";
	await set(member, { muted_until: until, archived: true });
	const { status, body } = await set(member, { favourite: true });
	expect(status).toBe(200);
	expectShape(Rest.ownSettings, body);
	const expected = {
		muted_until: until,
		archived: true,
		favourite: true,
		marked_unread: false,
	};
	expect(body).toEqual(expected);
	expect(await seenBy(server, id, member)).toMatchObject([expected, expected]);
	expect(await seenBy(server, id, owner)).toMatchObject([DEFAULTS, DEFAULTS]);
	for (const [user, wrong, expectedStatus] of [
		[randomUUID(), {}, 403],
		[member, { muted_until: "tomorrow" }, 400],
		[member, { archived: 1 }, 400],
	] as const)
		expect((await set(user, wrong)).status).toBe(expectedStatus);
	const users = `${CONVERSATIONS}/${id}/participants`;
	await server.rest("DELETE", `${users}/${member}`, owner);
	await server.rest("POST", users, owner, { participant_ids: [member] });
	expect(await seenBy(server, id, member)).toMatchObject([expected, expected]);
	expect((await set(member, { muted_until: null })).body).toMatchObject({
		muted_until: null,
	});
});

test("[ME-2] the next read clears marked_unread, also a read that moves no watermark", async () => {
	const server = await startTestServer();
	const [owner, member] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const [o, m] = [
		await server.connect(id, owner),
		await server.connect(id, member),
	];
	const first = await say(o, "hello");
	m.send({ type: "read", message_id: first.message_id });
	await o.next("read");
	const mark = { marked_unread: true };
	await server.rest("PUT", `${CONVERSATIONS}/${id}/me`, member, mark);
	expect(await seenBy(server, id, member)).toMatchObject([mark, mark]);
	m.send({ type: "read", message_id: first.message_id });
	// The server answers no such read. A later command of the same connection is after it.
	await say(m, "after");
	const cleared = { marked_unread: false };
	expect(await seenBy(server, id, member)).toMatchObject([cleared, cleared]);
});
