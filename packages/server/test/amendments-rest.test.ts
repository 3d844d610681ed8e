import { randomUUID } from "node:crypto";
import { ServerFrames } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import {
	command,
	message,
	type Pair,
	pair,
	timeline,
	view,
} from "./support/amending.ts";
import { say } from "./support/chat.ts";
import { expectShape } from "./support/shape.ts";
import { token } from "./support/token.ts";

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

	test("[RS-26] a mark that changes nothing gets 200 and the place of the entry that set the state, or of the message", async () => {
		const { server, path, a, alice, ...rest } = await pair();
		const id = await message(a, "one");
		for (const below of ["/reactions/x", "/pin"]) {
			const ask = (method: string) =>
				server.rest(method, `${path}/messages/${id}${below}`, alice);
			expect(await ask("DELETE")).toMatchObject({
				status: 200,
				body: { message_id: id, seq: 1 },
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
