import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { type Check, restCheck } from "../check.ts";
import { expectNone } from "../test-client.ts";
import { bearer, inWords, type Trial, type User } from "../trial.ts";
import { expectSame } from "../verdict.ts";
import { amendmentsOf, expectCode, stored } from "./amending.ts";
import { assign, expectShape, list, owned, row, setClosed } from "./answers.ts";
import { expectIndistinct } from "./handshake.ts";

const CHAT = { type: "chat", content: "refused" };
const TOO_LONG = "x".repeat(257);

function change(t: Trial, room: string, by: User, body: object) {
	return t.rest("PATCH", `/conversations/${room}`, by, body);
}

/**
 * Changes of conversations and roles, and deletions of conversations. CV-10 has no check, because a client does not see
 * the server's files.
 */
export const CHANGES: readonly Check[] = [
	restCheck("CV-1", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const fields = { title: "Conformance", metadata: { k: "v" } };
		const answer = await change(t, room, alice, fields);
		expectShape(answer, 200, Rest.conversation);
		for (const peer of [a, b]) {
			const entry = await peer.next("conversation_changed");
			const { title, metadata, closed, sender_id } = entry;
			expectSame(
				{ title, metadata, closed, sender_id },
				{ ...fields, sender_id: alice.userId },
				"fields with new values, and sender_id",
			);
		}
		const { title, metadata } = answer.body as Record<string, unknown>;
		expectSame({ title, metadata }, fields, "the conversation after a change");
		for (const [by, status, body] of [
			[bob, 403, { title: "x" }],
			[alice, 400, { title: TOO_LONG }],
		] as const)
			expectSame(
				(await change(t, room, by, body)).status,
				status,
				"status for a change that is not allowed",
			);
	}),

	restCheck("CV-2", async (t) => {
		const { alice, room, a } = await owned(t);
		for (const body of [{ title: "x" }, { title: "x", closed: false }, {}])
			await change(t, room, alice, body);
		await a.say();
		expectSame(
			a.entries().map(({ type }) => type),
			["conversation_changed", "chat"],
			"entries after one change with a new value",
		);
	}),

	restCheck("CV-3", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const { message_id } = await b.say();
		await setClosed(t, room, alice, true);
		const [edit = {}, reaction = {}, pin = {}, remove = {}] =
			amendmentsOf(message_id);
		for (const [peer, frame] of [
			[a, CHAT],
			[b, CHAT],
			[b, edit],
			[a, reaction],
			[a, pin],
		] as const)
			await expectCode(peer, frame, "read_only", "in a closed conversation");
		await a.send({ type: "read", message_id });
		await b.next("read");
		await stored(b, remove);
		await setClosed(t, room, alice, false);
		await b.say();
	}),

	restCheck("CV-4", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const path = `/conversations/${room}/participants/${bob.userId}`;
		for (const [by, role, status] of [
			[bob, "owner", 403],
			[alice, "king", 400],
			[alice, "moderator", 200],
			[alice, "moderator", 200],
			[alice, "reader", 200],
			[alice, "owner", 200],
		] as const)
			expectSame(
				(await t.rest("PATCH", path, by, { role })).status,
				status,
				`status for the role ${role}`,
			);
		await b.upTo(await a.say());
		expectSame(
			b
				.entries()
				.slice(0, -1)
				.map(({ type, user_id, role }) => [type, user_id, role]),
			["moderator", "reader", "owner"].map((role) => [
				"role_changed",
				bob.userId,
				role,
			]),
			"one entry for each change of a role",
		);
		expectSame(
			(await row(t, bob, room)).role,
			"owner",
			"role of the participant",
		);
	}),

	restCheck("CV-5", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const room = await t.room(alice, bob);
		const path = `/conversations/${room}/participants/${alice.userId}`;
		const { status, body } = await t.rest("PATCH", path, alice, {
			role: "member",
		});
		expectSame(
			[status, body],
			[409, { error: "last owner" }],
			"status and body for the last owner's role",
		);
		await assign(t, room, alice, bob, "owner");
		await assign(t, room, bob, alice, "member");
	}),

	restCheck("CV-6", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const [{ message_id }, own] = [await a.say(), await b.say()];
		await assign(t, room, alice, bob, "reader");
		const from = a.mark;
		await b.send({ type: "typing" });
		for (const frame of [CHAT, ...amendmentsOf(own.message_id)])
			await expectCode(b, frame, "read_only", "of a reader");
		await b.send({ type: "read", message_id });
		await a.next("read");
		expectNone(a.frames.slice(from), "typing", "no typing of a reader");
	}),

	restCheck("CV-7", async (t) => {
		const { alice, room, a } = await owned(t);
		const [bob, carol] = [await t.user(), await t.user()];
		const path = `/conversations/${room}/participants`;
		const add = (...users: User[]) =>
			t.rest("POST", path, alice, {
				participant_ids: users.map(({ userId }) => userId),
			});
		await add(bob);
		await a.say();
		const later = await t.room(alice, bob);
		await t.rest("POST", `/conversations/${later}/messages`, alice, {
			content: "later",
		});
		await add(carol, bob);
		await add(carol);
		await assign(t, room, alice, carol, "reader");
		await change(t, room, alice, { title: "x" });
		await a.next("conversation_changed");
		expectSame(
			a
				.entries()
				.filter(({ conversation_id }) => conversation_id === room)
				.map(({ type, user_ids }) => [type, user_ids]),
			[
				["participant_added", [bob.userId]],
				["chat"],
				["participant_added", [carol.userId]],
				["role_changed"],
				["conversation_changed"],
			].map(([type, user_ids]) => [type, user_ids]),
			"entries after additions, a change of a role and of the title",
		);
		expectSame(
			(await list(t, bob)).map((it) => [it.conversation_id, it.unread]),
			[
				[later, 1],
				[room, 1],
			],
			"conversations and unread messages of an added user",
		);
	}),

	restCheck("CV-8", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const path = `/conversations/${room}`;
		expectSame(
			(await t.rest("DELETE", path, bob)).status,
			403,
			"status for a member who deletes the conversation",
		);
		expectSame(
			(await t.rest("DELETE", path, alice)).status,
			204,
			"status for an owner who deletes the conversation",
		);
		for (const peer of [a, b])
			expectSame(
				inWords(await peer.closing("the close of a deleted conversation")),
				'close 1008 "deleted"',
				"close of a deleted conversation",
			);
		const missing = await t.rest(
			"GET",
			`/conversations/${randomUUID()}`,
			alice,
		);
		expectIndistinct(
			[
				await t.rest("GET", path, alice),
				await t.rest("POST", `${path}/messages`, alice, { content: "x" }),
			],
			missing,
			"a request for a deleted conversation",
		);
	}),

	restCheck("CV-9", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const conversation_id = await t.room(alice);
		await t.rest("DELETE", `/conversations/${conversation_id}`, alice);
		const body = { conversation_id, participant_ids: [] };
		for (const by of [alice, bob]) {
			const made = await t.rest("POST", "/conversations", by, body);
			const { token } = by;
			const opened = await t.handshake({ conversation_id }, bearer(token));
			expectSame(
				[made.status, opened.status],
				[403, 403],
				"status for a creation and a handshake with the id of a deleted conversation",
			);
		}
	}),
];
