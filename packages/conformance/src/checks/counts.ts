import { type Check, restCheck } from "../check.ts";
import type { TestClient } from "../test-client.ts";
import type { Trial, User } from "../trial.ts";
import { expectSame } from "../verdict.ts";
import { stored } from "./amending.ts";
import { row } from "./answers.ts";

async function expectCounts(
	t: Trial,
	user: User,
	room: string,
	expected: { unread: number; mentions?: number },
	what: string,
): Promise<void> {
	const { unread, mentions } = await row(t, user, room);
	expectSame(
		expected.mentions === undefined ? { unread } : { unread, mentions },
		expected,
		`counts ${what}`,
	);
}

async function mention(peer: TestClient, mentions?: object): Promise<unknown> {
	const { message_id } = await peer.say(mentions ? { mentions } : {});
	return message_id;
}

/** Numbers of unread messages and of mentions. */
export const COUNTS: readonly Check[] = [
	restCheck("UN-1", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const messages = [await b.say()];
		for (let i = 0; i < 4; i++) messages.push(await a.say());
		const [, first, second, , last] = messages.map((it) => it.message_id);
		await expectCounts(t, alice, room, { unread: 0 }, "of the writer");
		await expectCounts(t, bob, room, { unread: 4 }, "after four messages");
		for (const target_id of [first, last])
			await stored(a, { type: "delete", target_id });
		await stored(a, { type: "edit", target_id: second, content: "x" });
		await expectCounts(t, bob, room, { unread: 2 }, "after two deletions");
		await b.send({ type: "read", message_id: second });
		await a.next("read");
		await expectCounts(t, bob, room, { unread: 1 }, "after a read");
	}),

	restCheck("UN-2", async (t) => {
		const [alice, carol] = [await t.user(), await t.user()];
		const room = await t.room(alice);
		const a = await t.connect(alice, room);
		const path = `/conversations/${room}/participants`;
		const add = () =>
			t.rest("POST", path, alice, { participant_ids: [carol.userId] });
		await a.say();
		await add();
		await a.say();
		await expectCounts(t, carol, room, { unread: 1 }, "of a user who joined");
		await t.rest("DELETE", `${path}/${carol.userId}`, alice);
		await a.say();
		await add();
		await expectCounts(t, carol, room, { unread: 0 }, "of a user added again");
	}),

	restCheck("UN-3", async (t) => {
		const { a, bob, room } = await t.pair();
		const user_ids = [bob.userId];
		const one = await mention(a, { user_ids });
		const two = await mention(a, { all: true });
		const three = await mention(a);
		const counts = { unread: 3, mentions: 2 };
		await expectCounts(t, bob, room, counts, "after two mentions");
		for (const [target_id, mentions] of [
			[one, { user_ids: [] }],
			[three, { user_ids }],
		] as const)
			await stored(a, { type: "edit", target_id, content: "x", mentions });
		await stored(a, { type: "delete", target_id: two });
		await expectCounts(
			t,
			bob,
			room,
			{ unread: 2, mentions: 1 },
			"after edits that moved a mention and a deletion",
		);
	}),
];
