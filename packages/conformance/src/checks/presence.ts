import { type Check, check, longCheck } from "../check.ts";
import { expectNone, type Frame } from "../test-client.ts";
import { expect, expectSame } from "../verdict.ts";

const AT_ONCE_MS = 1500;
const GRACE_MS = 3000;
const GRACE_AT_MOST_MS = 8000;

function about(type: string, userId: string): (frame: Frame) => boolean {
	return (frame) => frame.type === type && frame.sender_id === userId;
}

export const PRESENCE: readonly Check[] = [
	check("PR-1", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const room = await t.room(alice, bob);
		const a = await t.connect(alice, room);
		const from = a.mark;
		await t.connect(bob, room);
		const joined = await a.find(
			"user_joined of a different user",
			about("user_joined", bob.userId),
			from,
		);
		expectSame(
			[joined.conversation_id, typeof joined.timestamp],
			[room, "string"],
			"conversation_id and the type of timestamp",
		);
	}),

	check("PR-2", async (t) => {
		const { a, b, bob, room } = await t.pair();
		await b.close();
		const left = await a.find(
			"user_left of a different user after a close with 1000",
			about("user_left", bob.userId),
		);
		expectSame(
			[left.conversation_id, typeof left.timestamp],
			[room, "string"],
			"conversation_id and the type of timestamp",
		);
	}),

	check("PR-3", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const room = await t.room(alice, bob);
		const a = await t.connect(alice, room);
		await a.say();
		const b = await t.open(bob, room, { query: { after_seq: "0" } });
		await b.next("chat");
		const [first = {}] = b.frames.filter(({ type }) => type !== "welcome");
		expectSame(
			[first.type, first.sender_id],
			["user_joined", bob.userId],
			"type and sender_id of the first frame",
		);
		const again = await t.open(bob, room);
		await again.next("user_joined");
	}),

	check("PR-4", async (t) => {
		const { a, b, bob, room } = await t.pair();
		await a.find("bob's user_joined", about("user_joined", bob.userId));
		const from = a.mark;
		await t.connect(bob, room);
		const shown = await a.upTo(await b.say(), from);
		expectNone(
			shown,
			"user_joined",
			"no user_joined for a second connection of an online user",
		);
	}),

	check("PR-5", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const second = await t.connect(bob, room);
		const from = a.mark;
		await second.close();
		const shown = await a.upTo(await b.say(), from);
		expectNone(
			shown,
			"user_left",
			"no user_left while the user has another connection",
		);
	}),

	check("PR-6", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const away = performance.now();
		b.ws.close();
		await a.find("user_left", about("user_left", bob.userId));
		expect(
			performance.now() - away < AT_ONCE_MS,
			"user_left at once after a close without a code",
			`after ${Math.round(performance.now() - away)} ms`,
		);
		const back = await t.connect(bob, room);
		const from = a.mark;
		await back.close(1000, "Token refresh");
		await t.connect(bob, room);
		const other = await t.connect(alice, room);
		const shown = await a.upTo(await other.say(), from);
		expectNone(
			shown,
			"user_left",
			"no user_left after a close with the reason Token refresh if the user reconnects at once",
		);
	}),

	longCheck("PR-7", async (t) => {
		const { a, b, bob, room } = await t.pair();
		// After this message, the server has reported bob as online.
		await a.upTo(await b.say());
		const from = a.mark;
		b.cut();
		const back = await t.connect(bob, room);
		const shown = await a.upTo(await back.say(), from);
		expect(
			!shown.some(({ sender_id }) => sender_id === bob.userId),
			"no presence frame if a user reconnects at once after a broken connection",
			shown,
		);
		const cut = performance.now();
		back.cut();
		await a.find(
			"user_left after the grace period",
			about("user_left", bob.userId),
			from,
			GRACE_AT_MOST_MS,
		);
		const after = Math.round(performance.now() - cut);
		expect(
			after > GRACE_MS / 2,
			`user_left ${GRACE_MS} ms after a connection broke`,
			`after ${after} ms`,
		);
	}),
];
