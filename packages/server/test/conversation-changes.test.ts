/** Tests changes of a conversation, roles and additions. */
import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import { entries, expectError, say } from "./support/chat.ts";
import {
	type ConversationList,
	createConversation,
	restAsAdmin,
} from "./support/http.ts";
import { startTestServer } from "./support/server.ts";
import { expectShape } from "./support/shape.ts";

const CONVERSATIONS = "/v1/conversations";

test("[CV-1] [CV-2] an owner changes title and metadata, and everyone gets an entry with what changed", async () => {
	const server = await startTestServer({ policy: "members" });
	const [owner, member, stranger] = [randomUUID(), randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const client = await server.connect(id, member);
	const path = `${CONVERSATIONS}/${id}`;
	const change = (by: string, body: unknown) =>
		server.rest("PATCH", path, by, body);
	const first = await change(owner, { title: "Dinner", closed: false });
	expectShape(Rest.conversation, first.body);
	expect(first).toMatchObject({
		status: 200,
		body: { title: "Dinner", closed: false, head_seq: 1 },
	});
	expect(await change(owner, { title: "Dinner" })).toMatchObject({
		status: 200,
		body: { head_seq: 1 },
	});
	await change(owner, { title: null, metadata: { camelCase: 1 } });
	for (const [by, body, status] of [
		[member, { title: "x" }, 403],
		[stranger, { title: "x" }, 403],
		[owner, { title: "x".repeat(257) }, 400],
		[owner, { title: "\0" }, 400],
		[owner, { metadata: { a: "x".repeat(16_384) } }, 400],
		[owner, { closed: "yes" }, 400],
	] as const)
		expect((await change(by, body)).status).toBe(status);
	const admin = await restAsAdmin(server, "PATCH", path, { title: "Admin" });
	expect(admin.status).toBe(200);
	await client.waitFor(({ seq }) => seq === 3);
	expect(entries(client)).toMatchObject([
		{ type: "conversation_changed", sender_id: owner, title: "Dinner" },
		{ type: "conversation_changed", metadata: { camelCase: 1 }, title: null },
		{ type: "conversation_changed", title: "Admin" },
	]);
	expect(entries(client)[0]).not.toHaveProperty("closed");
	const { body } = await server.rest("GET", CONVERSATIONS, member);
	expect(body).toMatchObject({
		conversations: [{ title: "Admin", unread: 0, kind: "group" }],
	});
});

test("[CV-3] a closed conversation takes no messages until it is opened again", async () => {
	const server = await startTestServer();
	const [owner, member] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const [o, m] = [
		await server.connect(id, owner),
		await server.connect(id, member),
	];
	const before = await say(m, "before");
	const close = (closed: boolean) =>
		server.rest("PATCH", `${CONVERSATIONS}/${id}`, owner, { closed });
	await close(true);
	for (const client of [o, m]) {
		client.send({ type: "chat", content: "refused" });
		await expectError(client, "read_only");
	}
	m.send({ type: "edit", target_id: before.message_id, content: "refused" });
	await expectError(m, "read_only");
	o.send({ type: "read", message_id: before.message_id });
	await m.next("read");
	await close(false);
	expect((await say(m, "after")).seq).toBe(4);
});

test("[CV-4] [CV-5] an owner gives roles, and the last owner stays", async () => {
	const server = await startTestServer({ policy: "members" });
	const [owner, member] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const client = await server.connect(id, member);
	const assign = (by: string, user: string, role: string) =>
		server.rest("PATCH", `${CONVERSATIONS}/${id}/participants/${user}`, by, {
			role,
		});
	for (const [by, user, role, status, error] of [
		[member, member, "owner", 403, "not an owner"],
		[randomUUID(), member, "owner", 403, "not a participant"],
		[owner, randomUUID(), "reader", 404, "unknown participant"],
		[owner, owner, "member", 409, "last owner"],
		[
			owner,
			member,
			"king",
			400,
			"role must be one of owner, moderator, member, reader",
		],
	] as const)
		expect(await assign(by, user, role)).toMatchObject({
			status,
			body: { error },
		});
	const { status, body } = await assign(owner, member, "moderator");
	expect(status).toBe(200);
	expectShape(Rest.conversation, body);
	expect((await assign(owner, member, "moderator")).status).toBe(200);
	expect((await assign(owner, member, "owner")).status).toBe(200);
	expect((await assign(member, owner, "reader")).status).toBe(200);
	await client.waitFor(({ seq }) => seq === 3);
	expect(entries(client)).toMatchObject([
		{
			type: "role_changed",
			sender_id: owner,
			user_id: member,
			role: "moderator",
		},
		{ type: "role_changed", role: "owner" },
		{ type: "role_changed", sender_id: member, user_id: owner, role: "reader" },
	]);
	const list = await server.rest("GET", CONVERSATIONS, owner);
	expect((list.body as ConversationList).conversations[0]?.role).toBe("reader");
});

test("[CV-6] a reader sends only read", async () => {
	const server = await startTestServer();
	const [owner, member] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [member]);
	const path = `${CONVERSATIONS}/${id}/participants/${member}`;
	const o = await server.connect(id, owner);
	const said = await say(o, "hello");
	const before = await server.connect(id, member);
	await server.rest("PATCH", path, owner, { role: "reader" });
	const after = await server.connect(id, member);
	for (const client of [before, after]) {
		const { message_id } = said;
		client.send({ type: "typing" });
		client.send({ type: "chat", content: "refused" });
		await expectError(client, "read_only");
		client.send({
			type: "reaction",
			target_id: message_id,
			reaction: "x",
			on: true,
		});
		await expectError(client, "read_only");
	}
	before.send({ type: "read", message_id: said.message_id });
	await o.next("read");
	expect(o.frames.filter(({ type }) => type === "typing")).toEqual([]);
	await server.rest("PATCH", path, owner, { role: "member" });
	before.send({ type: "typing" });
	await o.next("typing");
	await say(before, "stored");
});

test("[CV-7] adding users to an existing conversation makes an entry before later messages", async () => {
	const server = await startTestServer();
	const [owner, member, added, joined] = [
		randomUUID(),
		randomUUID(),
		randomUUID(),
		randomUUID(),
	];
	const id = await createConversation(server, owner, [member]);
	const client = await server.connect(id, owner);
	await server.connect(id, joined);
	const path = `${CONVERSATIONS}/${id}/participants`;
	const add = (...users: string[]) =>
		server.rest("POST", path, owner, { participant_ids: users });
	expect((await add(added, member)).status).toBe(200);
	expect((await add(added)).status).toBe(200);
	await say(client, "hello");
	expect(entries(client)).toMatchObject([
		{
			type: "participant_added",
			sender_id: owner,
			user_ids: [added],
			seq: 1,
		},
		{ type: "chat", seq: 2 },
	]);
	const { body } = await server.rest("GET", CONVERSATIONS, added);
	expect(body).toMatchObject({ conversations: [{ unread: 1, head_seq: 2 }] });
});

test("[AM-13] a reader who leaves and joins again is still a reader", async () => {
	const server = await startTestServer();
	const [room, owner, reader] = [randomUUID(), randomUUID(), randomUUID()];
	await server.connect(room, owner);
	await server.connect(room, reader);
	const path = `${CONVERSATIONS}/${room}/participants/${reader}`;
	await server.rest("PATCH", path, owner, { role: "reader" });
	await server.rest("DELETE", path, reader);
	const again = await server.connect(room, reader);
	again.send({ type: "chat", content: "x" });
	await expectError(again, "read_only");
});
