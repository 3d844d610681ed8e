/** Every request about a conversation by every kind of user. `authorisation.test.ts` has the commands on messages. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

const USERS = [
	"owner",
	"moderator",
	"member",
	"reader",
	"removed",
	"stranger",
	"admin",
] as const;
type Who = (typeof USERS)[number];

interface Stage {
	readonly path: string;
	readonly users: Readonly<Record<Who, string>>;
	/** A message of the owner. It is pinned, and begins a thread. */
	readonly messageId: string;
}

type Request = readonly [method: string, below: string, body?: object];

/** Requests with their results in the order of {@link USERS}. The admin has the scope and does not participate. */
const MATRIX: readonly (readonly [
	name: string,
	results: string,
	request: (stage: Stage, own: string) => Request,
])[] = [
	//          owner mod. member reader removed stranger admin
	[
		"change the title",
		"       ok    no   no     no     np      np       ok",
		() => ["PATCH", "", { title: "x" }],
	],
	[
		"close",
		"       ok    no   no     no     np      np       ok",
		() => ["PATCH", "", { closed: true }],
	],
	[
		"give a role",
		"       ok    no   no     no     np      np       ok",
		({ users }) => [
			"PATCH",
			`/participants/${users.member}`,
			{ role: "moderator" },
		],
	],
	[
		"add a user",
		"       ok    no   no     no     np      np       ok",
		() => ["POST", "/participants", { participant_ids: [randomUUID()] }],
	],
	[
		"remove another user",
		"       ok    no   no     no     np      np       ok",
		({ users }, own) => [
			"DELETE",
			`/participants/${users.member === own ? users.reader : users.member}`,
		],
	],
	[
		"leave",
		"       ok    ok   ok     ok     np      np       un",
		(_, own) => ["DELETE", `/participants/${own}`],
	],
	[
		"own settings",
		"       ok    ok   ok     ok     np      np       np",
		() => ["PUT", "/me", { marked_unread: true }],
	],
	[
		"delete",
		"       ok    no   no     no     np      np       ok",
		() => ["DELETE", ""],
	],
	[
		"see the conversation",
		"       ok    ok   ok     ok     np      np       ok",
		() => ["GET", ""],
	],
	[
		"read the log",
		"       ok    ok   ok     ok     np      np       np",
		() => ["GET", "/messages"],
	],
	[
		"read the timeline",
		"       ok    ok   ok     ok     np      np       np",
		() => ["GET", "/messages?view=timeline"],
	],
	[
		"read a thread",
		"       ok    ok   ok     ok     np      np       np",
		({ messageId }) => ["GET", `/messages?thread_id=${messageId}`],
	],
	[
		"read a message",
		"       ok    ok   ok     ok     np      np       np",
		({ messageId }) => ["GET", `/messages/${messageId}`],
	],
	[
		"read the pins",
		"       ok    ok   ok     ok     np      np       np",
		() => ["GET", "/pins"],
	],
	[
		"take a reaction back",
		"       ok    ok   ok     ro     np      np       np",
		({ messageId }) => ["DELETE", `/messages/${messageId}/reactions/x`],
	],
	[
		"unpin",
		"       ok    ok   ok     ro     np      np       np",
		({ messageId }) => ["DELETE", `/messages/${messageId}/pin`],
	],
];
const RESULTS: Readonly<Record<string, string>> = {
	ok: "ok",
	no: "403 not an owner",
	np: "403 not a participant",
	un: "404 unknown participant",
	ro: "403 read only",
};

/** Creates a conversation with all users. */
async function stage({ rest }: TestServer): Promise<Stage> {
	const users = Object.fromEntries(
		USERS.map((who) => [who, randomUUID()]),
	) as Record<Who, string>;
	const { owner, moderator, member, reader, removed } = users;
	const id = randomUUID();
	const path = `/v1/conversations/${id}`;
	const participants = `${path}/participants`;
	await rest("POST", "/v1/conversations", owner, {
		conversation_id: id,
		participant_ids: [moderator, member, reader, removed],
	});
	const { body } = await rest("POST", `${path}/messages`, owner, {
		content: "x",
	});
	const { message_id: messageId } = body as { message_id: string };
	const reaction = `${path}/messages/${messageId}/reactions/x`;
	for (const user of [owner, moderator, member, reader])
		await rest("PUT", reaction, user);
	await rest("PUT", `${path}/messages/${messageId}/pin`, owner);
	for (const [user, role] of [
		[moderator, "moderator"],
		[reader, "reader"],
	])
		await rest("PATCH", `${participants}/${user}`, owner, { role });
	await rest("DELETE", `${participants}/${removed}`, owner);
	return { path, users, messageId };
}

/** Returns what a user may see of the conversation, to compare it before and after a refused request. */
async function state({ rest }: TestServer, { path, users }: Stage) {
	const [conversation, messages] = await Promise.all([
		rest("GET", path, users.owner),
		rest("GET", `${path}/messages`, users.owner),
	]);
	return [conversation.body, messages.body];
}

test("[RM-4] [RS-8] [RS-17] [CV-1] [CV-4] [CV-8] [ME-1] [RS-2] each request about a conversation is answered or refused by role and scope", async () => {
	const server = await startTestServer({ policy: "members" });
	const seen: [string, string[]][] = [];
	let it = await stage(server);
	for (const [name, , request] of MATRIX) {
		const cells: string[] = [];
		for (const who of USERS) {
			const own = it.users[who];
			const before = await state(server, it);
			const [method, below, body] = request(it, own);
			const scope = who === "admin" ? { scope: "admin" } : {};
			const response = await fetch(
				`http://${server.address}${it.path}${below}`,
				{
					method,
					headers: {
						Authorization: `Bearer ${await token(own, scope)}`,
						...(body ? { "Content-Type": "application/json" } : {}),
					},
					...(body ? { body: JSON.stringify(body) } : {}),
				},
			);
			if (response.ok) {
				cells.push("ok");
				if (method !== "GET") it = await stage(server);
				continue;
			}
			const { error } = (await response.json()) as { error: string };
			cells.push(`${response.status} ${error}`);
			// A refused request changes nothing.
			expect([name, who, await state(server, it)]).toEqual([name, who, before]);
		}
		seen.push([name, cells]);
	}
	expect(seen).toEqual(
		MATRIX.map(([name, results]) => [
			name,
			results
				.trim()
				.split(/\s+/)
				.map((short) => RESULTS[short]),
		]),
	);
});

test("[ME-2] [AM-13] every participant may read, also a reader, and no other user may", async () => {
	const server = await startTestServer({ policy: "members" });
	const it = await stage(server);
	const { owner, moderator, member, reader } = it.users;
	const conversation = it.path.split("/").at(-1) ?? "";
	for (const user of [owner, moderator, member, reader]) {
		const client = await server.connect(conversation, user);
		await server.rest("PUT", `${it.path}/me`, user, { marked_unread: true });
		client.send({ type: "read", message_id: it.messageId });
		await expect
			.poll(async () => (await server.rest("GET", it.path, user)).body)
			.toMatchObject({ marked_unread: false });
		expect(client.of("error")).toEqual([]);
	}
	for (const user of [it.users.removed, it.users.stranger, it.users.admin])
		await expect(server.connect(conversation, user)).rejects.toThrow("403");
});
