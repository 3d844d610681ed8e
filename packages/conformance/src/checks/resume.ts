import { randomUUID } from "node:crypto";
import { type Check, check } from "../check.ts";
import type { Frame, TestClient } from "../test-client.ts";
import { type ConnectOptions, type Trial, type User, V1 } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { ids, stored } from "./amending.ts";
import { messages as messagesOf } from "./answers.ts";

const RESUMERS = 4;
const PAST = 20;
const MEANWHILE = 20;
/** Twenty messages of this size exceed one read of the log or one write to a socket, so the replay takes time. */
const LONG_CHARACTERS = 12_000;
const TYPED = 20;
const TYPED_EVERY_MS = 4;

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

	check("RE-8", async (t) => {
		const { a, bob, room, messages } = await past(t, 2);
		const [edited, deleted] = ids(messages);
		const edit = (target_id: unknown, content: string) =>
			stored(a, { type: "edit", target_id, content });
		await edit(edited, "second");
		const { seq: version, edited_at } = await edit(edited, "third");
		await edit(deleted, "second");
		await stored(a, { type: "delete", target_id: deleted });
		const b = await replayed(t, bob, room, await a.say());
		const now = { content: "third", version, edited_at };
		for (const entry of b.entries())
			if ([entry.message_id, entry.target_id].includes(edited)) {
				const { content, version, edited_at } = entry;
				expectSame(
					{ content, version, edited_at },
					now,
					`content and version of an edited message in a replayed ${entry.type}`,
				);
			} else if (entry.type === "edit")
				expectSame(
					entry.content,
					"",
					"content of a replayed edit of a deleted message",
				);
		expectSame(b.of("edit").length, 3, "number of replayed edits");
	}),

	check("RE-9", async (t) => {
		const { a, bob, room, messages } = await past(t, 1);
		const [deleted] = ids(messages);
		await stored(a, { type: "delete", target_id: deleted });
		const last = await a.say();
		const plain = await replayed(t, bob, room, last);
		expectSame(
			plain.entries().map(({ type }) => type),
			["delete", "chat"],
			"entries that a plain client gets of a deleted message and a later one",
		);
		const pages: Frame[][] = [];
		if (t.traits.v1)
			pages.push((await replayed(t, bob, room, last, V1)).entries());
		if (t.traits.rest)
			for (const view of ["log", "timeline"])
				pages.push(await messagesOf(t, bob, room, `/messages?view=${view}`));
		for (const page of pages) {
			const found = page.find(({ message_id }) => message_id === deleted);
			expectSame(
				[found?.type, found?.deleted, found?.content],
				["chat", true, ""],
				"type, deleted and content of a deleted message",
			);
		}
	}),

	check("RE-10", async (t) => {
		const { a, b, bob, room, messages } = await past(t, 1);
		const [target_id] = ids(messages);
		const edit = await stored(a, { type: "edit", target_id, content: "x" });
		await stored(a, { type: "delete", target_id });
		const last = await a.say();
		for (const [after, rest] of [
			[target_id, 1],
			[edit.message_id, 2],
		] as const) {
			const late = await t.connect(bob, room, {
				query: { after: String(after) },
			});
			await late.upTo(last);
			// A different rule covers where exactly a resume begins.
			const later = ids(a.entries().slice(rest));
			expectSame(
				ids(late.entries()).slice(-later.length),
				later,
				"entries after a cursor that names a deleted message or an amendment",
			);
		}
		await b.send({ type: "read", message_id: target_id });
		await a.next("read");
	}),
];

/** Connects a client that asks for the whole history, and waits for its end. */
async function replayed(
	t: Trial,
	user: User,
	room: string,
	last: Frame,
	options: ConnectOptions = {},
): Promise<TestClient> {
	const query = { after_seq: "0" };
	const client = await t.connect(user, room, { ...options, query });
	await client.upTo(last);
	return client;
}
