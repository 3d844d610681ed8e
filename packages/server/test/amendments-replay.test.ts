import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
	command,
	log,
	message,
	type Pair,
	pair,
	timeline,
	V1,
	view,
} from "./support/amending.ts";
import { entries, say } from "./support/chat.ts";
import type { WireFrame } from "./support/client.ts";
import { startTestServer } from "./support/server.ts";

/** Returns what a new connection of Bob receives of the whole history. */
async function replay(
	{ server, conversation, bob }: Pair,
	lastSeq: unknown,
	protocols: string[],
): Promise<WireFrame[]> {
	const client = await server.connect(conversation, bob, {
		query: { after_seq: "0" },
		protocols,
	});
	await client.waitFor(({ seq }) => seq === lastSeq);
	return entries(client);
}

describe("replays", () => {
	test("[RE-8] an edited message has its newest content, and so have all its edits", async () => {
		const all = await pair();
		const { a, alice } = all;
		const target_id = await message(a, "one");
		await command(a, { type: "edit", target_id, content: "two" });
		const last = await command(a, {
			type: "edit",
			target_id,
			content: "three",
		});
		const now = {
			content: "three",
			version: 3,
			edited_at: last.timestamp,
		};
		for (const protocols of [[], V1.protocols]) {
			const [chat, first, second] = await replay(all, 3, protocols);
			expect(chat).toMatchObject({ type: "chat", seq: 1, ...now });
			expect(first).toMatchObject({ type: "edit", target_id, seq: 2, ...now });
			expect(second).toEqual(last);
		}
		expect(await log(all, alice)).toEqual(await replay(all, 3, []));
	});

	test("[RE-8] [RE-9] a deleted message is shown as deleted to v1 clients and pages, and not to plain clients", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const target_id = await message(a, "secret");
		await command(a, { type: "edit", target_id, content: "secret two" });
		const reaction = { type: "reaction", target_id, reaction: "secret" };
		await command(b, { ...reaction, on: true });
		const removal = await command(a, { type: "delete", target_id });
		const v1 = await replay(all, 4, V1.protocols);
		expect(v1).toMatchObject([
			{ type: "chat", seq: 1, content: "", deleted: true },
			{ type: "edit", seq: 2, content: "", target_id },
			{ type: "reaction", seq: 3, reaction: "", target_id },
			{ type: "delete", seq: 4 },
		]);
		expect(v1[3]).toEqual(removal);
		expect(JSON.stringify(v1)).not.toContain("secret");
		expect(await log(all, alice)).toEqual(v1);
		expect(await replay(all, 4, [])).toEqual(v1.slice(1));
	});

	test("[RE-10] a cursor may be a deleted message or an amendment, and read may name a deleted message", async () => {
		const all = await pair();
		const { server, conversation, path, a, b, bob, alice } = all;
		const target_id = await message(a, "one");
		const edit = await command(a, { type: "edit", target_id, content: "two" });
		await command(a, { type: "delete", target_id });
		await message(a, "last");
		for (const [after, from] of [
			[target_id, 2],
			[String(edit.message_id), 3],
		] as const) {
			const client = await server.connect(conversation, bob, {
				query: { after },
			});
			await client.waitFor(({ seq }) => seq === 4);
			expect(entries(client).map(({ seq }) => seq)).toEqual(
				[2, 3, 4].filter((seq) => seq >= from),
			);
			const { body } = await server.rest(
				"GET",
				`${path}/messages?after=${after}`,
				alice,
			);
			expect((body as { messages: unknown[] }).messages).toHaveLength(5 - from);
		}
		b.send({ type: "read", message_id: target_id });
		expect(await a.next("read")).toMatchObject({ message_id: target_id });
	});
});

describe("repeats", () => {
	test("[AM-12] a repeat is a repeat after edits, deletions and a restart", async () => {
		const first = await pair();
		const { a, bob, alice, conversation } = first;
		const sent = {
			type: "chat",
			content: "x",
			client_message_id: randomUUID(),
		};
		const chat = await command(a, sent);
		const target_id = chat.message_id;
		const commands = [
			{ type: "edit", target_id, content: "two" },
			{ type: "edit", target_id, content: "three" },
			{ type: "reaction", target_id, reaction: "x", on: true },
			{ type: "reaction", target_id, reaction: "x", on: true },
			{ type: "pin", target_id, on: false },
			{ type: "delete", target_id, reason: "r" },
		].map((frame) => ({ ...frame, client_message_id: randomUUID() }));
		const answers = [chat];
		for (const frame of commands) answers.push(await command(a, frame));
		expect(answers.map(({ type }) => type)).toEqual([
			"chat",
			"edit",
			"edit",
			"reaction",
			"ack",
			"ack",
			"delete",
		]);
		await first.server.drain();
		const server = await startTestServer({
			dataDirectory: first.server.directory,
			policy: "members",
		});
		const again = await server.connect(conversation, alice);
		for (const [i, frame] of [sent, ...commands].entries()) {
			const { message_id, seq, timestamp } = answers[i] ?? chat;
			expect(await command(again, frame)).toMatchObject({
				type: "ack",
				message_id,
				seq,
				timestamp,
			});
			const type = frame.type === "pin" ? "reaction" : "pin";
			const different = { reaction: "y", ...frame, type, target_id, on: true };
			expect(await command(again, different)).toMatchObject({
				type: "error",
				code: "client_message_id_conflict",
			});
		}
		const all = { ...first, server };
		expect(await log(all, bob)).toHaveLength(5);
		expect(await view(all, String(target_id), bob)).toMatchObject({
			deleted: true,
		});
	});

	test("[AM-12] a client_message_id belongs to one command, whatever its type and content", async () => {
		const { a, b } = await pair();
		const target_id = await message(a, "one");
		const of = await message(b, "of Bob");
		const client_message_id = randomUUID();
		const react = (fields: object) =>
			command(a, {
				type: "reaction",
				target_id,
				reaction: "x",
				on: true,
				client_message_id,
				...fields,
			});
		await react({});
		const conflict = { type: "error", code: "client_message_id_conflict" };
		for (const fields of [
			{ reaction: "y" },
			{ on: false },
			{ target_id: of },
			{ type: "pin" },
			{ type: "delete" },
			{ type: "edit", content: "" },
			{ type: "chat", content: "" },
		])
			expect(await react(fields)).toMatchObject(conflict);
		// The same id from a different sender is a different command.
		expect(
			await command(b, {
				type: "reaction",
				target_id,
				reaction: "x",
				on: true,
				client_message_id,
			}),
		).toMatchObject({ type: "reaction" });
	});

	test("[AM-12] a repeat sent at the same time makes one entry", async () => {
		const all = await pair();
		const { server, conversation, a, alice } = all;
		const target_id = await message(a, "one");
		const second = await server.connect(conversation, alice);
		const frame = {
			type: "edit",
			target_id,
			content: "two",
			client_message_id: randomUUID(),
		};
		for (const client of [a, second, a, second]) client.send(frame);
		// The answer to a later message comes after all answers to earlier frames.
		await Promise.all([say(a, "later"), say(second, "later")]);
		expect(a.of("edit")).toHaveLength(1);
		expect(a.of("ack").length + second.of("ack").length).toBe(3);
	});
});

describe("races", () => {
	test("[AM-11] a deletion wins over everything that comes after it, and everyone sees the same", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const ids: string[] = [];
		for (let i = 0; i < 10; i++) ids.push(await message(a, `${i}`));
		await Promise.all(
			ids.flatMap((target_id, i) => {
				const remove = () => command(b, { type: "delete", target_id });
				const others = () => [
					command(a, { type: "edit", target_id, content: `edit ${i}` }),
					command(b, {
						type: "reaction",
						target_id,
						reaction: "x",
						on: true,
					}),
					command(a, { type: "pin", target_id, on: true }),
				];
				const owner = () => command(a, { type: "delete", target_id });
				return i % 2
					? [owner(), remove(), ...others()]
					: [...others(), remove(), owner()];
			}),
		);
		const stored = await log(all, alice);
		for (const target_id of ids) {
			const amendments = stored.filter(
				(entry) => "target_id" in entry && entry.target_id === target_id,
			);
			const deletions = amendments.filter(({ type }) => type === "delete");
			expect(deletions).toHaveLength(1);
			expect(amendments.at(-1)).toEqual(deletions[0]);
		}
		for (const found of (await timeline(all, alice)).messages) {
			expect(found).toMatchObject({ deleted: true, content: "" });
			expect(found).not.toHaveProperty("reactions");
			expect(found).not.toHaveProperty("pinned");
		}
		const last = stored.at(-1)?.seq;
		for (const client of [a, b])
			await client.waitFor(({ seq }) => seq === last);
		expect(entries(a)).toEqual(entries(b));
	});

	test("[AM-11] the state after a race is that of the newest entry", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const target_id = await message(a, "one");
		await Promise.all(
			Array.from({ length: 20 }, (_, i) => [
				command(i % 3 ? a : b, { type: "pin", target_id, on: i % 2 === 0 }),
				command(a, { type: "edit", target_id, content: `edit ${i}` }),
			]).flat(),
		);
		const stored = await log(all, alice);
		const pins = stored.flatMap((entry) =>
			entry.type === "pin" ? [entry.on] : [],
		);
		// Every stored pin changed the state.
		for (const [i, on] of pins.entries()) expect(on).toBe(i % 2 === 0);
		const edits = a.of("edit");
		const found = await view(all, target_id, alice);
		expect(found.pinned ?? false).toBe(pins.at(-1));
		expect(found).toMatchObject({
			content: edits.at(-1)?.content,
			version: edits.at(-1)?.seq,
		});
	});

	test("[AM-11] [RM-3] commands of a user during the removal are stored before it, or refused", async () => {
		const all = await pair();
		const { server, path, a, b, alice, bob } = all;
		const own: string[] = [];
		for (let i = 0; i < 8; i++) own.push(await message(b, `${i}`));
		const sent: string[] = [];
		const send = (frame: Record<string, unknown>): void => {
			const client_message_id = randomUUID();
			sent.push(client_message_id);
			b.send({ ...frame, client_message_id });
		};
		let removed: Promise<{ status: number }> | undefined;
		for (const [i, target_id] of own.entries()) {
			if (i === 4)
				removed = server.rest("DELETE", `${path}/participants/${bob}`, alice);
			send({ type: "chat", content: "more" });
			send({ type: "edit", target_id, content: "changed" });
			send({ type: "reaction", target_id, reaction: "x", on: true });
			send({ type: "pin", target_id, on: true });
			send({ type: "delete", target_id });
		}
		expect((await removed)?.status).toBe(204);
		await b.closed;
		await say(a, "after");
		const seen = entries(a);
		const at = seen.findIndex(({ type }) => type === "participant_removed");
		expect(seen.slice(at + 1).map(({ content }) => content)).toEqual(["after"]);
		// The log stored a beginning of what Bob sent, each once and in order.
		const stored = seen
			.flatMap(({ client_message_id: id }) => (id ? [String(id)] : []))
			.filter((id) => sent.includes(id));
		expect(stored).toEqual(sent.slice(0, stored.length));
		const last = seen.at(-1)?.seq;
		expect((await timeline(all, alice)).as_of_seq).toBe(last);
	});

	test("[RM-3] what a participant sends after the removal amends nothing", async () => {
		const all = await pair();
		const { server, path, a, b, alice, bob } = all;
		const own = await message(b, "of Bob");
		await server.rest("DELETE", `${path}/participants/${bob}`, alice);
		for (const [method, below, body] of [
			["PATCH", "", { content: "x" }],
			["DELETE", "", undefined],
			["PUT", "/reactions/x", undefined],
			["PUT", "/pin", undefined],
		] as const)
			expect(
				await server.rest(method, `${path}/messages/${own}${below}`, bob, body),
			).toMatchObject({ status: 403, body: { error: "not a participant" } });
		expect(await log(all, alice)).toHaveLength(2);
		expect(await view(all, own, alice)).toMatchObject({ content: "of Bob" });
		expect(a.of("error")).toEqual([]);
	});
});
