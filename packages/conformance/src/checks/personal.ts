import { Rest } from "@secureconnect/protocol";
import { type Check, restCheck } from "../check.ts";
import type { Frame } from "../test-client.ts";
import { bearer, type RestAnswer, type Trial, type User } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { admin, expectShape, list, read, row } from "./answers.ts";
import { expectRefusal } from "./handshake.ts";

const SETTINGS = ["muted_until", "archived", "favourite", "marked_unread"];
const RACED = 2;

function settingsOf(answer: Frame): Frame {
	return Object.fromEntries(SETTINGS.map((name) => [name, answer[name]]));
}

function askDirect(t: Trial, by: User, other: User): Promise<RestAnswer> {
	return t.rest("POST", "/conversations", by, { direct: other.userId });
}

/** Creates the direct conversation of two users. @throws {Failed} */
async function direct(t: Trial, by: User, other: User): Promise<Frame> {
	const answer = await askDirect(t, by, other);
	expectShape(answer, 201, Rest.conversation);
	return answer.body as Frame;
}

function idOf({ body }: RestAnswer): unknown {
	return (body as Frame | undefined)?.conversation_id;
}

/** Users' own settings, and direct conversations. */
export const PERSONAL: readonly Check[] = [
	restCheck("ME-1", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const room = await t.room(alice, bob);
		const set = async (body: object) => {
			const path = `/conversations/${room}/me`;
			const answer = await t.rest("PUT", path, bob, body);
			expectShape(answer, 200, Rest.ownSettings);
			return settingsOf(answer.body as Frame);
		};
		const muted_until = "2999-12-31T23:59:59.000Z";
		await set({ muted_until, archived: true });
		const expected = {
			muted_until,
			archived: true,
			favourite: true,
			marked_unread: false,
		};
		expectSame(await set({ favourite: true }), expected, "settings");
		expectSame(
			settingsOf(await row(t, bob, room)),
			expected,
			"settings in the user's list",
		);
		expect(
			(await read(t, alice, room, "")).archived !== true,
			"a conversation without the settings of another user",
			"archived true",
		);
		const users = `/conversations/${room}/participants`;
		await t.rest("DELETE", `${users}/${bob.userId}`, alice);
		await t.rest("POST", users, alice, { participant_ids: [bob.userId] });
		expectSame(
			settingsOf(await read(t, bob, room, "")),
			expected,
			"settings after a removal and an addition",
		);
	}),

	restCheck("ME-2", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const { message_id } = await a.say();
		await b.send({ type: "read", message_id });
		await a.next("read");
		const path = `/conversations/${room}/me`;
		await t.rest("PUT", path, bob, { marked_unread: true });
		expectSame(
			(await row(t, bob, room)).marked_unread,
			true,
			"marked_unread before a read",
		);
		await b.send({ type: "read", message_id });
		// The server handles a connection's frames in order, so it has handled the read before this message.
		await b.say();
		expectSame(
			(await row(t, bob, room)).marked_unread,
			false,
			"marked_unread after a read that does not move the watermark",
		);
	}),

	restCheck("DM-1", async (t) => {
		const [alice, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const { conversation_id } = await direct(t, alice, bob);
		for (const [by, other] of [
			[bob, alice],
			[alice, bob],
		] as const) {
			const again = await askDirect(t, by, other);
			expectSame(
				[again.status, idOf(again)],
				[200, conversation_id],
				"status and conversation_id for users who have a direct conversation",
			);
		}
		const answers = await Promise.all(
			Array.from({ length: RACED }, () => [
				askDirect(t, alice, carol),
				askDirect(t, carol, alice),
			]).flat(),
		);
		expectSame(
			[
				answers.map(({ status }) => status).toSorted(),
				new Set(answers.map(idOf)).size,
			],
			[[200, 200, 200, 201], 1],
			"statuses, and number of conversations, for users who ask at the same time",
		);
	}),

	restCheck("DM-2", async (t) => {
		const [alice, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const { conversation_id } = await direct(t, alice, bob);
		const users = `/conversations/${conversation_id}/participants`;
		const expectDirect = async (
			...[method, path, by, body]: Parameters<Trial["rest"]>
		) =>
			expectRefusal(
				await t.rest(method, path, by, body),
				409,
				"direct conversation",
				`${method} of a participant`,
			);
		await expectDirect("DELETE", `${users}/${alice.userId}`, alice);
		const { status } = await t.handshake(
			{ conversation_id: String(conversation_id) },
			bearer(carol.token),
		);
		expectSame(status, 403, "status for another user's handshake");
		const by = await admin(t);
		await expectDirect("POST", users, by, { participant_ids: [carol.userId] });
		await expectDirect("PATCH", `${users}/${bob.userId}`, by, {
			role: "owner",
		});
	}),

	restCheck("DM-3", async (t) => {
		const [alice, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const { conversation_id } = await direct(t, carol, bob);
		for (const { userId } of [alice, carol])
			await t.rest("PUT", `/blocks/${userId}`, bob);
		expectRefusal(
			await askDirect(t, alice, bob),
			403,
			"forbidden",
			"a direct conversation with a user who has blocked the caller",
		);
		const existing = await askDirect(t, carol, bob);
		expectSame(
			[existing.status, idOf(existing)],
			[200, conversation_id],
			"status and conversation_id of an existing direct conversation",
		);
		expectSame(
			(await list(t, bob)).map((it) => it.conversation_id),
			[conversation_id],
			"conversations of the user who blocks",
		);
	}),

	restCheck("DM-4", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const room = await t.room(alice, bob);
		const created = await direct(t, alice, bob);
		const id = String(created.conversation_id);
		const kindOf = ({ kind, direct_user }: Frame): Frame => ({
			kind,
			direct_user,
		});
		const ofBob = { kind: "direct", direct_user: bob.userId };
		const ofAlice = { kind: "direct", direct_user: alice.userId };
		for (const [answer, expected] of [
			[created, ofBob],
			[await row(t, bob, id), ofAlice],
			[await read(t, bob, id, ""), ofAlice],
			[await row(t, bob, room), { kind: "group" }],
		] as const)
			expectSame(kindOf(answer), expected, "kind and direct_user");
	}),

	restCheck("DM-5", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const { conversation_id, participants } = await direct(t, alice, bob);
		expectSame(
			(participants as Frame[]).map(({ role }) => role),
			["member", "member"],
			"roles in a direct conversation",
		);
		const path = `/conversations/${conversation_id}`;
		const change = { title: "x" };
		const by = await admin(t);
		for (const [user, method, body, status] of [
			[alice, "PATCH", change, 403],
			[bob, "DELETE", undefined, 403],
			[by, "PATCH", change, 200],
			[by, "DELETE", undefined, 204],
		] as const)
			expectSame(
				(await t.rest(method, path, user, body)).status,
				status,
				`status for ${method} of a direct conversation`,
			);
	}),
];
