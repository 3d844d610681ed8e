import { type Check, check, longCheck, restCheck } from "../check.ts";
import type { Frame, TestClient } from "../test-client.ts";
import { expect, expectSame } from "../verdict.ts";
import { command, expectCode, ids, placeOf, stored } from "./amending.ts";
import { messages, owned, read } from "./answers.ts";

const MAX_REACTIONS = 20;
const MAX_PINS = 50;

/** Sends several messages at once. */
function sayEach(peer: TestClient, count: number): Promise<Frame[]> {
	return Promise.all(Array.from({ length: count }, () => peer.say()));
}

/** Checks the limits of reactions. */
async function limitsReactions(
	peer: TestClient,
	other: TestClient,
	{ message_id: target_id }: Frame,
): Promise<void> {
	const react = (reaction: string) => ({
		type: "reaction",
		target_id,
		reaction,
		on: true,
	});
	for (const frame of [
		react(""),
		react("x".repeat(65)),
		react("a\nb"),
		{ type: "delete", target_id, reason: "x".repeat(257) },
	])
		await expectCode(peer, frame, "invalid_frame", "beyond a limit");
	await stored(peer, react("x".repeat(64)));
	for (let i = 1; i < MAX_REACTIONS; i++) await stored(peer, react(`r${i}`));
	await expectCode(peer, react("r0"), "limit_reached", "beyond 20 reactions");
	expect(
		(await command(other, react("r1"))).type !== "error",
		"a reaction that the message has",
		other.of("error").at(-1),
	);
}

/** Checks the limit of pins. @param messages more than may be pinned */
async function limitsPins(
	one: TestClient,
	other: TestClient,
	messages: readonly Frame[],
): Promise<void> {
	const pin = ({ message_id: target_id }: Frame) => ({
		type: "pin",
		target_id,
		on: true,
	});
	await Promise.all(
		messages
			.slice(0, MAX_PINS)
			.map((message, i) => stored(i % 2 ? one : other, pin(message))),
	);
	await expectCode(
		one,
		pin(messages[MAX_PINS] ?? {}),
		"limit_reached",
		"beyond 50 pins",
	);
}

/** Reactions and pins: marks on a message. */
export const MARKS: readonly Check[] = [
	restCheck("AM-7", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const { message_id: target_id } = await a.say();
		const react = (peer: TestClient, on: boolean) =>
			command(peer, { type: "reaction", target_id, reaction: "+1", on });
		const reactions = async () => {
			const { reactions = [] } = await read(
				t,
				alice,
				room,
				`/messages/${target_id}`,
			);
			return (reactions as { reaction: string; user_ids: string[] }[]).map(
				({ user_ids, ...rest }) => ({ ...rest, user_ids: user_ids.toSorted() }),
			);
		};
		for (const peer of [a, b, b]) await react(peer, true);
		const user_ids = [alice.userId, bob.userId].toSorted();
		expectSame(
			await reactions(),
			[{ reaction: "+1", count: 2, me: true, user_ids }],
			"reactions after two users reacted, one of them twice",
		);
		await react(a, false);
		expectSame(
			await reactions(),
			[{ reaction: "+1", count: 1, me: false, user_ids: [bob.userId] }],
			"reactions after one of two users took the reaction back",
		);
	}),

	restCheck("AM-8", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const [one, two, three] = await sayEach(a, 3);
		const pin = (peer: TestClient, message: Frame | undefined, on: boolean) =>
			stored(peer, { type: "pin", target_id: message?.message_id, on });
		for (const message of [one, two]) await pin(a, message, true);
		await pin(b, three, true);
		await pin(b, one, false);
		const pins = async () => ids(await messages(t, bob, room, "/pins"));
		expectSame(
			(await pins()).toSorted(),
			ids([two ?? {}, three ?? {}]).toSorted(),
			"pins after another user unpinned the first of three",
		);
		await stored(a, { type: "delete", target_id: three?.message_id });
		expectSame(await pins(), [two?.message_id], "pins after a deletion");
	}),

	check("AM-9", async (t) => {
		const { a } = await owned(t);
		const message = await a.say();
		const { message_id: target_id } = message;
		let entries = 1;
		for (const mark of [
			{ type: "reaction", target_id, reaction: "x" },
			{ type: "pin", target_id },
		]) {
			let setBy = message;
			for (const on of [false, true, false]) {
				const answer =
					on || setBy !== message
						? await stored(a, { ...mark, on })
						: await command(a, { ...mark, on });
				if (answer.type === mark.type) {
					entries++;
					setBy = answer;
				}
				const again = await command(a, { ...mark, on });
				expectSame(
					{ type: again.type, ...placeOf(again) },
					{ type: "ack", ...placeOf(setBy) },
					`answer to a ${mark.type} with on ${on} that changes nothing`,
				);
			}
		}
		await a.say();
		expectSame(
			a.entries().filter(({ type }) => type !== "ack").length,
			entries + 1,
			"number of entries",
		);
	}),

	longCheck("AM-10", async (t) => {
		const { a, b, alice, room } = await t.pair();
		// Three connections, because each may send ten frames a second.
		const c = await t.connect(alice, room);
		const [first = {}, ...others] = (
			await Promise.all([a, b, c].map((peer) => sayEach(peer, 18)))
		).flat();
		await Promise.all([limitsReactions(c, a, first), limitsPins(a, b, others)]);
	}),
];
