import { type Check, check } from "../check.ts";
import type { TestClient } from "../test-client.ts";
import { bearer, inWords, type Trial, type User } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { expectRefusal } from "./handshake.ts";

const AT_ONCE_MS = 1000;

function remove(t: Trial, room: string, by: User, userId: string) {
	return t.rest("DELETE", `/conversations/${room}/participants/${userId}`, by);
}

export const REMOVAL: readonly Check[] = [
	check("RM-1", async (t) => {
		t.needsRest();
		const { a, b, alice, bob, room } = await t.pair();
		const before = await a.say();
		await b.upTo(before);
		expectSame(
			(await remove(t, room, alice, bob.userId)).status,
			204,
			"status for the removal of a participant",
		);
		const after = await a.say();
		const [, removal, last] = a.entries();
		expectSame(
			[removal?.type, removal?.user_id, removal?.sender_id, removal?.seq],
			["participant_removed", bob.userId, alice.userId, Number(before.seq) + 1],
			"type, user_id, sender_id and seq of the removal",
		);
		expectSame(
			last?.message_id,
			after.message_id,
			"message_id of the entry after the removal",
		);
	}),

	check("RM-2", async (t) => {
		t.needsRest();
		const { a, b, alice, bob, room } = await t.pair();
		const second = await t.connect(bob, room);
		await b.upTo(await a.say());
		await remove(t, room, alice, bob.userId);
		await a.say();
		// Measured from here and not from the request: a slow server or machine delays the message itself.
		const since = performance.now();
		for (const peer of [b, second]) await expectPutOut(peer, since);
	}),

	check("RM-3", async (t) => {
		t.needsRest();
		const { a, b, alice, bob, room } = await t.pair();
		await remove(t, room, alice, bob.userId);
		// The connection may still be open for a moment.
		if (b.closedAt === undefined)
			await b.send({ type: "chat", content: "too late" });
		expectRefusal(
			await t.handshake({ conversation_id: room }, bearer(bob.token)),
			403,
			"not a participant",
			"a removed user's handshake",
		);
		const sent = await t.rest("POST", `/conversations/${room}/messages`, bob, {
			content: "too late",
		});
		expectRefusal(
			sent,
			403,
			"not a participant",
			"a removed user's message over REST",
		);
		await a.say();
		expect(
			a.of("chat").every(({ content }) => content !== "too late"),
			"no message of a removed user",
			a.frames.at(-2),
		);
		await t.rest("POST", `/conversations/${room}/participants`, alice, {
			participant_ids: [bob.userId],
		});
		await a.upTo(await (await t.connect(bob, room)).say());
	}),

	check("RM-4", async (t) => {
		t.needsRest();
		const [owner, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const room = await t.room(owner, bob, carol);
		const a = await t.connect(owner, room);
		expectSame(
			(await remove(t, room, bob, carol.userId)).status,
			403,
			"status for a member who removes a different member",
		);
		expectSame(
			(await remove(t, room, bob, bob.userId)).status,
			204,
			"status for a member who leaves",
		);
		await remove(t, room, owner, carol.userId);
		await remove(t, room, owner, carol.userId);
		await a.say();
		expectSame(
			a.of("participant_removed").map(({ user_id }) => user_id),
			[bob.userId, carol.userId],
			"one entry for each removed user",
		);
	}),

	check("RM-5", async (t) => {
		t.needsRest();
		const [owner, bob] = [await t.user(), await t.user()];
		const room = await t.room(owner, bob);
		await remove(t, room, owner, owner.userId);
		const carol = await t.user();
		const { status } = await t.rest(
			"POST",
			`/conversations/${room}/participants`,
			bob,
			{ participant_ids: [carol.userId] },
		);
		expect(
			status < 300,
			"ownership for the participant who joined first",
			`status ${status} for adding a participant`,
		);
	}),
];

async function expectPutOut(peer: TestClient, since: number): Promise<void> {
	const closing = await peer.closing("the close of the removed user");
	expectSame(
		inWords(closing),
		'close 1008 "removed from the conversation"',
		"close for the removed user",
	);
	const after = Math.round((peer.closedAt ?? 0) - since);
	expect(
		after < AT_ONCE_MS,
		"the close within a second of the next message",
		`after ${after} ms`,
	);
	expectSame(
		peer.entries().at(-1)?.type,
		"participant_removed",
		"type of the removed user's last entry",
	);
}
