import { randomUUID } from "node:crypto";
import { type Check, check } from "../check.ts";
import type { Frame, TestClient } from "../test-client.ts";
import type { Trial } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";

const RESUMERS = 4;
const PAST = 20;
const MEANWHILE = 20;
/** Twenty messages of this size exceed one read of the log or one write to a socket, so the replay takes time. */
const LONG_CHARACTERS = 12_000;
const TYPED = 20;
const TYPED_EVERY_MS = 4;

function ids(entries: readonly Frame[]): unknown[] {
	return entries.map(({ message_id }) => message_id);
}

async function past(
	t: Trial,
	count: number,
	characters = 0,
): Promise<Awaited<ReturnType<Trial["pair"]>> & { messages: Frame[] }> {
	const pair = await t.pair();
	const messages: Frame[] = [];
	for (let i = 0; i < count; i++) {
		const content = randomUUID().padEnd(characters, ".");
		messages.push(await pair.a.say({ content }));
	}
	return { ...pair, messages };
}

export const RESUME: readonly Check[] = [
	check("RE-1", async (t) => {
		const { a, bob, room, messages } = await past(t, 5);
		const cursor = String(messages[2]?.message_id);
		const b = await t.connect(bob, room, { query: { after: cursor } });
		await t.settle();
		await b.upTo(await a.say());
		expectSame(
			ids(b.entries()),
			ids(a.entries().slice(3)),
			"entries after the third message of six",
		);
	}),

	check("RE-2", async (t) => {
		const { a, bob, room, messages } = await past(t, 4);
		for (const [after, rest] of [
			[Number(messages[1]?.seq), 2],
			[0, 0],
		] as const) {
			const b = await t.connect(bob, room, {
				query: { after_seq: String(after) },
			});
			await t.settle();
			await b.upTo(await a.say());
			expectSame(
				ids(b.entries()),
				ids(a.entries().slice(rest)),
				`entries with after_seq=${after}`,
			);
		}
	}),

	check("RE-3", async (t) => {
		const { a, b, bob, room, messages } = await past(t, PAST);
		const cursor = String(messages[0]?.seq);
		const resumed: Promise<TestClient>[] = [];
		// Two senders reach a higher rate than the limit for one sender.
		const senders = [a, b].map(async (peer) => {
			for (let i = 0; i < MEANWHILE; i++) {
				await peer.send({ type: "chat", content: randomUUID() });
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
		});
		for (let i = 0; i < RESUMERS; i++) {
			resumed.push(t.connect(bob, room, { query: { after_seq: cursor } }));
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		await Promise.all(senders);
		const last = await a.say();
		for (const peer of await Promise.all(resumed)) {
			await peer.upTo(last);
			expectSame(
				peer.entries().map(({ seq }) => seq),
				a
					.entries()
					.slice(1)
					.map(({ seq }) => seq),
				"seq of each entry of a resume while others send",
			);
		}
	}),

	check("RE-4", async (t) => {
		const { a, bob, room } = await past(t, 2);
		for (const query of [
			{ after: randomUUID() },
			{ after: "x" },
			{ after_seq: "-1" },
		]) {
			const b = await t.connect(bob, room, { query });
			const error = await b.next("error");
			expectSame(
				error.code,
				"unknown_cursor",
				`error code for ${JSON.stringify(query)}`,
			);
			const live = await a.say();
			await b.upTo(live);
			expectSame(
				ids(b.entries()),
				[live.message_id],
				"only live entries after the error",
			);
		}
	}),

	check("RE-5", async (t) => {
		const { a, bob, room } = await past(t, 2);
		const b = await t.connect(bob, room);
		const live = await a.say();
		await b.upTo(live);
		expectSame(
			ids(b.entries()),
			[live.message_id],
			"only live entries without a cursor",
		);
	}),

	check("RE-6", async (t) => {
		const { a, b, bob, room, messages } = await past(t, PAST, LONG_CHARACTERS);
		const late = await t.open(bob, room, { query: { after_seq: "0" } });
		for (let i = 0; i < TYPED; i++) {
			await b.send({ type: "typing" });
			await new Promise((resolve) => setTimeout(resolve, TYPED_EVERY_MS));
		}
		await late.upTo(messages.at(-1) ?? {});
		const frames = late.frames.filter(({ type }) => type !== "welcome");
		expectSame(frames[0]?.type, "user_joined", "type of the first frame");
		const replay = frames.slice(
			1,
			frames.findIndex(
				({ message_id }) => message_id === messages.at(-1)?.message_id,
			),
		);
		const other = replay.find(({ seq }) => typeof seq !== "number");
		expect(
			other === undefined,
			"only entries from the connection's own user_joined to the end of the replay",
			other,
		);
		await late.upTo(await a.say());
	}),

	check("RE-7", async (t) => {
		const { a, bob, room } = await past(t, 2);
		const b = await t.connect(bob, room, { query: { after: "head" } });
		const live = await a.say();
		await b.upTo(live);
		expectSame(
			ids(b.entries()),
			[live.message_id],
			"only live entries with after=head",
		);
		const error = b.of("error").find(({ code }) => code === "unknown_cursor");
		expect(error === undefined, "no unknown_cursor for after=head", error);
	}),
];
