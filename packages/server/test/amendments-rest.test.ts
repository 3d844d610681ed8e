import { randomUUID } from "node:crypto";
import { Rest, ServerFrames } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import {
	command,
	message,
	type Pair,
	pair,
	type TimelinePage,
	timeline,
	view,
} from "./support/amending.ts";
import { say } from "./support/chat.ts";
import { createConversation } from "./support/http.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

function idsOf({ messages }: TimelinePage): string[] {
	return messages.map(({ message_id }) => message_id);
}

describe("reads", () => {
	test("[RS-22] view=timeline has messages with their folds and changes of participants, and no amendments", async () => {
		const all = await pair();
		const { server, path, a, b, alice, bob } = all;
		const one = await message(a, "one");
		const two = await message(b, "two", { mentions: { user_ids: [alice] } });
		await command(a, { type: "edit", target_id: one, content: "1" });
		const react = { type: "reaction", reaction: "x", on: true };
		await command(b, { ...react, target_id: one });
		await command(a, { type: "pin", target_id: one, on: true });
		await command(b, { type: "delete", target_id: two });
		const carol = randomUUID();
		await server.rest("POST", `${path}/participants`, alice, {
			participant_ids: [carol],
		});
		await server.rest("DELETE", `${path}/participants/${carol}`, alice);
		const page = await timeline(all, alice);
		expectShape(Rest.timelinePage, page);
		expect(page).toMatchObject({
			as_of_seq: 7,
			next: null,
			epoch: expect.any(String),
		});
		expect(page.messages).toMatchObject([
			{
				type: "chat",
				seq: 1,
				content: "1",
				version: 3,
				reactions: [{ reaction: "x", count: 1, me: false, user_ids: [bob] }],
				pinned: true,
			},
			{ type: "chat", seq: 2, content: "", deleted: true },
			{ type: "participant_removed", seq: 7, user_id: carol },
		]);
		// The default view is unchanged: entries of every type, without folds.
		for (const query of ["", "?view=log"]) {
			const { body } = await server.rest(
				"GET",
				`${path}/messages${query}`,
				alice,
			);
			expectShape(Rest.messagePage, body);
			expect(body).not.toHaveProperty("as_of_seq");
			expect(
				(body as TimelinePage).messages.map(
					({ type, seq }) => `${seq} ${type}`,
				),
			).toEqual([
				"1 chat",
				"2 chat",
				"3 edit",
				"4 reaction",
				"5 pin",
				"6 delete",
				"7 participant_removed",
			]);
			expect(JSON.stringify(body)).not.toContain("reactions");
		}
	});

	test("[RS-22] the timeline pages in both directions", async () => {
		const all = await pair();
		const { a, alice } = all;
		const ids: string[] = [];
		for (let i = 0; i < 5; i++) {
			const id = await message(a, `${i}`);
			ids.push(id);
			await command(a, { type: "pin", target_id: id, on: true });
		}
		const newest = await timeline(all, alice, "view=timeline&limit=2");
		expect(idsOf(newest)).toEqual(ids.slice(3));
		const older = await timeline(
			all,
			alice,
			`view=timeline&limit=2&before_seq=${newest.next}`,
		);
		expect(idsOf(older)).toEqual(ids.slice(1, 3));
		const first = await timeline(
			all,
			alice,
			"view=timeline&limit=3&after_seq=0",
		);
		expect(idsOf(first)).toEqual(ids.slice(0, 3));
		const last = await timeline(
			all,
			alice,
			`view=timeline&limit=3&after_seq=${first.next}`,
		);
		expect(idsOf(last)).toEqual(ids.slice(3));
		expect(last.next).toBeNull();
		const around = await timeline(all, alice, `view=timeline&after=${ids[2]}`);
		expect(idsOf(around)).toEqual(ids.slice(3));
	});

	test("[RS-22] reactions name the first ten users, and every user finds out whether they are among them", async () => {
		const all = await pair();
		const { server, path, a, alice } = all;
		const id = await message(a, "one");
		const users = Array.from({ length: 12 }, () => randomUUID());
		await server.rest("POST", `${path}/participants`, alice, {
			participant_ids: users,
		});
		for (const user of users)
			await server.rest("PUT", `${path}/messages/${id}/reactions/x`, user);
		const user_ids = users.slice(0, 10);
		const last = users[11] ?? "";
		expect((await view(all, id, last)).reactions).toEqual([
			{ reaction: "x", count: 12, me: true, user_ids },
		]);
		expect((await view(all, id, alice)).reactions).toEqual([
			{ reaction: "x", count: 12, me: false, user_ids },
		]);
	});

	test("[RS-23] thread_id pages the replies of a thread, and the first message sums them up", async () => {
		const all = await pair();
		const { server, path, a, b, alice, bob } = all;
		const root = await message(a, "root");
		await message(a, "beside");
		const first = await message(b, "first", { thread_id: root });
		const second = await message(a, "second", { thread_id: root });
		const { timestamp } = await say(b, "third", { thread_id: root });
		expect((await view(all, root, bob)).thread).toEqual({
			count: 3,
			last_at: timestamp,
			user_ids: [bob, alice],
		});
		await command(b, { type: "delete", target_id: first });
		expect((await view(all, root, bob)).thread).toMatchObject({ count: 2 });
		const page = await timeline(all, bob, `thread_id=${root}&limit=2`);
		expect(idsOf(page)[0]).toBe(second);
		const rest = await timeline(
			all,
			bob,
			`thread_id=${root.toUpperCase()}&view=timeline&before_seq=${page.next}`,
		);
		expect(rest.messages).toMatchObject([{ message_id: first, deleted: true }]);
		const ask = (query: string) =>
			server.rest("GET", `${path}/messages?${query}`, bob);
		expect(await ask(`thread_id=${randomUUID()}`)).toMatchObject({
			status: 404,
			body: { error: "unknown message" },
		});
		expect((await ask(`thread_id=${root}&view=log`)).status).toBe(400);
		expect((await ask("thread_id=x")).status).toBe(400);
		expect((await ask("view=other")).status).toBe(400);
	});

	test("[RS-24] pins are listed with their folds, page by page", async () => {
		const all = await pair();
		const { server, path, a, alice, bob } = all;
		const ids = [await message(a, "1"), await message(a, "2")];
		await message(a, "3");
		for (const id of ids)
			await command(a, { type: "pin", target_id: id, on: true });
		const ask = async (query = "") => {
			const { body } = await server.rest("GET", `${path}/pins${query}`, bob);
			expectShape(Rest.timelinePage, body);
			return body as TimelinePage;
		};
		const all2 = await ask();
		expect(idsOf(all2)).toEqual(ids);
		expect(all2).toMatchObject({
			as_of_seq: 5,
			next: null,
			messages: [{ pinned: true }, { pinned: true }],
		});
		const page = await ask("?limit=1");
		expect(idsOf(page)).toEqual([ids[1]]);
		expect(idsOf(await ask(`?before_seq=${page.next}`))).toEqual([ids[0]]);
		for (const user of [randomUUID(), alice])
			expect(
				(await server.rest("GET", `${path}/pins?before=${randomUUID()}`, user))
					.status,
			).toBe(user === alice ? 404 : 403);
	});

	test("[RS-25] one message is read with its fold, and only messages are", async () => {
		const all = await pair();
		const { server, path, a, alice, bob } = all;
		const sent = await say(a, "one", { metadata: { k: 1 } });
		const id = String(sent.message_id);
		const { client_message_id: _, ...frame } = sent;
		const found = await view(all, id.toUpperCase(), bob);
		expect(found).toMatchObject(frame);
		expectShape(Rest.message, found);
		const pin = await command(a, { type: "pin", target_id: id, on: true });
		const elsewhere = await createConversation(server, alice);
		const other = await message(await server.connect(elsewhere, alice), "x");
		for (const unknown of [pin.message_id, other, randomUUID()])
			expect(
				await server.rest("GET", `${path}/messages/${unknown}`, alice),
			).toMatchObject({ status: 404, body: { error: "unknown message" } });
		expect(await server.rest("GET", `${path}/messages/x`, alice)).toMatchObject(
			{ status: 400, body: { error: "invalid message_id" } },
		);
	});

	test("[RS-2] reads of a message tell a stranger nothing", async () => {
		const all = await pair();
		const { server, path, a } = all;
		const id = await message(a, "one");
		const stranger = randomUUID();
		const missing = `/v1/conversations/${randomUUID()}`;
		for (const below of [
			`/messages/${id}`,
			`/messages/${randomUUID()}`,
			"/messages?view=timeline",
			`/messages?thread_id=${id}`,
			`/messages?thread_id=${randomUUID()}`,
			"/pins",
		]) {
			const expected = { status: 403, body: { error: "not a participant" } };
			for (const of of [path, missing])
				expect(await server.rest("GET", of + below, stranger)).toMatchObject(
					expected,
				);
		}
	});
});

/** Requests that amend a message, with the frame that each sends to every connection. */
const REQUESTS = [
	["PATCH", "", { content: "two" }, { type: "edit", content: "two" }],
	["PUT", "/reactions/%F0%9F%91%8D", undefined, { reaction: "👍", on: true }],
	["DELETE", "/reactions/%F0%9F%91%8D", undefined, { on: false }],
	["PUT", "/pin", undefined, { type: "pin", on: true }],
	["DELETE", "/pin", undefined, { type: "pin", on: false }],
	["DELETE", "?reason=typo", undefined, { type: "delete", reason: "typo" }],
] as const;

describe("writes", () => {
	test("[RS-26] each request is the same command as its frame", async () => {
		const all = await pair();
		const { server, path, a, b, alice } = all;
		const id = await message(a, "one");
		for (const [method, below, body, frame] of REQUESTS) {
			const answer = await server.rest(
				method,
				`${path}/messages/${id}${below}`,
				alice,
				body,
			);
			expect(answer).toMatchObject({
				status: 201,
				body: { ...frame, target_id: id, sender_id: alice },
			});
			const { type, seq } = answer.body as { type: "edit"; seq: number };
			expectShape(ServerFrames[type], answer.body);
			expect(await b.waitFor((f) => f.seq === seq)).toEqual(answer.body);
		}
	});

	test("[RS-26] a repeat gets 200 and the first entry, over a frame too", async () => {
		const all = await pair();
		const { server, path, a, alice } = all;
		const id = await message(a, "one");
		for (const [method, below, body] of REQUESTS) {
			const client_message_id = randomUUID();
			const query = body
				? below
				: `${below}${below.includes("?") ? "&" : "?"}client_message_id=${client_message_id}`;
			const ask = () =>
				server.rest(
					method,
					`${path}/messages/${id}${query}`,
					alice,
					body && { ...body, client_message_id },
				);
			const first = await ask();
			expect(first).toMatchObject({ status: 201, body: { client_message_id } });
			const { type, message_id, seq, ...fields } = first.body as Record<
				string,
				unknown
			>;
			const again = await ask();
			expect(again).toMatchObject({
				status: 200,
				body: { type, message_id, seq },
			});
			const { reaction, on, reason } = fields;
			expect(
				await command(a, {
					...body,
					type,
					target_id: id,
					reaction,
					on,
					reason,
					client_message_id,
				}),
			).toMatchObject({ type: "ack", message_id, seq });
			expect(
				await command(a, { type: "chat", content: "x", client_message_id }),
			).toMatchObject({ code: "client_message_id_conflict" });
		}
	});

	test("[RS-26] a mark that changes nothing gets 200 and the entry that set the state, or the message", async () => {
		const { server, path, a, alice, ...rest } = await pair();
		const id = await message(a, "one");
		for (const below of ["/reactions/x", "/pin"]) {
			const ask = (method: string) =>
				server.rest(method, `${path}/messages/${id}${below}`, alice);
			expect(await ask("DELETE")).toMatchObject({
				status: 200,
				body: { type: "chat", message_id: id },
			});
			const { body } = await ask("PUT");
			expect(await ask("PUT")).toMatchObject({ status: 200, body });
		}
		expect((await view({ server, path }, id, rest.bob)).pinned).toBe(true);
	});

	test.each<
		[
			string,
			(all: Pair) => Promise<[string, string, string, unknown?]>,
			number,
			string,
		]
	>([
		[
			"an unknown message",
			async ({ alice }) => ["DELETE", `/${randomUUID()}`, alice],
			404,
			"unknown message",
		],
		[
			"a deleted message",
			async ({ a, alice }) => {
				const target_id = await message(a, "x");
				await command(a, { type: "delete", target_id });
				return ["PUT", `/${target_id}/pin`, alice];
			},
			410,
			"message deleted",
		],
		[
			"a stale version",
			async ({ a, alice }) => {
				const body = { content: "y", if_version: 7 };
				return ["PATCH", `/${await message(a, "x")}`, alice, body];
			},
			409,
			"version conflict",
		],
		[
			"a different command with the same client_message_id",
			async ({ a, alice }) => {
				const { message_id, client_message_id } = await say(a, "x");
				const body = { content: "x", client_message_id };
				return ["PATCH", `/${message_id}`, alice, body];
			},
			409,
			"client_message_id conflict",
		],
		[
			"a 21st reaction",
			async ({ a, alice }) => {
				const target_id = await message(a, "x");
				for (let i = 0; i < 20; i++)
					await command(a, {
						type: "reaction",
						target_id,
						reaction: `${i}`,
						on: true,
					});
				return ["PUT", `/${target_id}/reactions/x`, alice];
			},
			409,
			"limit reached",
		],
		[
			"another user's message",
			async ({ b, alice }) => {
				const body = { content: "y" };
				return ["PATCH", `/${await message(b, "x")}`, alice, body];
			},
			403,
			"forbidden",
		],
		[
			"a user who is not a participant",
			async ({ a }) => ["PUT", `/${await message(a, "x")}/pin`, randomUUID()],
			403,
			"not a participant",
		],
		[
			"a body without content",
			async ({ a, alice }) => ["PATCH", `/${await message(a, "x")}`, alice, {}],
			400,
			"content is required",
		],
		[
			"a control character in a reaction",
			async ({ a, alice }) => {
				const id = await message(a, "x");
				return ["PUT", `/${id}/reactions/a%0Ab`, alice];
			},
			400,
			"reaction must not contain control characters",
		],
		[
			"a malformed message id",
			async ({ alice }) => ["DELETE", "/x", alice],
			400,
			"invalid message_id",
		],
	])("[RS-27] %s", async (_, scene, status, error) => {
		const all = await pair();
		const [method, below, by, body] = await scene(all);
		const before = (await timeline(all, all.alice)).as_of_seq;
		expect(
			await all.server.rest(method, `${all.path}/messages${below}`, by, body),
		).toMatchObject({ status, body: { error } });
		expect((await timeline(all, all.alice)).as_of_seq).toBe(before);
	});

	test("[RS-27] a reply to an unknown message gets 404, and a mention of all by a member 403", async () => {
		const { server, path, bob } = await pair();
		const send = (fields: object) =>
			server.rest("POST", `${path}/messages`, bob, { content: "x", ...fields });
		expect(await send({ reply_to: randomUUID() })).toMatchObject({
			status: 404,
			body: { error: "unknown message" },
		});
		expect(await send({ mentions: { all: true } })).toMatchObject({
			status: 403,
			body: { error: "forbidden" },
		});
	});

	test("[RS-26] a reaction may be as long over REST as in a frame, and may contain a slash", async () => {
		const { server, path, a, alice } = await pair();
		const id = await message(a, "one");
		for (const [reaction, status] of [
			["😀".repeat(64), 201],
			["😀".repeat(65), 400],
			["a/b?c#d%", 201],
		] as const)
			expect(
				await server.rest(
					"PUT",
					`${path}/messages/${id}/reactions/${encodeURIComponent(reaction)}`,
					alice,
				),
			).toMatchObject({
				status,
				...(status === 201 ? { body: { reaction } } : {}),
			});
	});

	test("[AM-6] a token with the scope admin deletes a message without being a participant", async () => {
		const { server, path, a, b, alice } = await pair();
		const id = await message(a, "one");
		const admin = randomUUID();
		const bearer = await token(admin, { scope: "admin" });
		const response = await fetch(
			`http://${server.address}${path}/messages/${id}`,
			{ method: "DELETE", headers: { Authorization: `Bearer ${bearer}` } },
		);
		expect(response.status).toBe(201);
		expect(await b.next("delete")).toMatchObject({
			sender_id: admin,
			target_id: id,
		});
		expect(await view({ server, path }, id, alice)).toMatchObject({
			deleted: true,
		});
	});
});
