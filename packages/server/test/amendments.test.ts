import { randomUUID } from "node:crypto";
import { ServerFrames } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import {
	command,
	inStore,
	log,
	message,
	pair,
	timeline,
	view,
} from "./support/amending.ts";
import { entries } from "./support/chat.ts";
import { createConversation } from "./support/http.ts";
import { expectShape } from "./support/shape.ts";

describe("amendments are entries", () => {
	test("[AM-1] every connection gets each amendment in order, with a message_id and a seq of its own", async () => {
		const all = await pair();
		const { a, b, alice, conversation } = all;
		const target_id = await message(a, "one");
		const edit = await command(a, { type: "edit", target_id, content: "two" });
		const reaction = await command(b, {
			type: "reaction",
			target_id,
			reaction: "👍",
			on: true,
		});
		const pin = await command(b, { type: "pin", target_id, on: true });
		const removal = await command(a, { type: "delete", target_id });
		const amended = [edit, reaction, pin, removal];
		expect(amended.map(({ type, seq }) => [type, seq])).toEqual([
			["edit", 2],
			["reaction", 3],
			["pin", 4],
			["delete", 5],
		]);
		for (const frame of amended) {
			expectShape(ServerFrames[frame.type as "edit"], frame);
			expect(frame).toMatchObject({ conversation_id: conversation, target_id });
		}
		expect(new Set(amended.map(({ message_id }) => message_id)).size).toBe(4);
		expect(edit.sender_id).toBe(alice);
		await b.waitFor((frame) => frame.seq === 5);
		expect(entries(b)).toEqual(entries(a));
	});

	test("[AM-2] a target that is no message of the conversation is unknown, and a deleted message takes no amendment", async () => {
		const all = await pair();
		const { server, a, b, alice } = all;
		const elsewhere = await createConversation(server, alice);
		const other = await message(await server.connect(elsewhere, alice), "x");
		const target_id = await message(a, "one");
		const pin = await command(a, { type: "pin", target_id, on: true });
		const commands = (target_id: unknown) => [
			{ type: "edit", target_id, content: "x" },
			{ type: "delete", target_id },
			{ type: "reaction", target_id, reaction: "x", on: true },
			{ type: "reaction", target_id, reaction: "x", on: false },
			{ type: "pin", target_id, on: true },
		];
		for (const id of [randomUUID(), other, pin.message_id])
			for (const frame of commands(id))
				expect(await command(a, frame)).toMatchObject({
					type: "error",
					code: "unknown_message",
				});
		await command(a, { type: "delete", target_id });
		for (const frame of commands(target_id))
			expect(await command(a, frame)).toMatchObject({
				type: "error",
				code: "message_deleted",
			});
		expect(await command(b, { type: "delete", target_id })).toMatchObject({
			type: "error",
			code: "forbidden",
		});
		expect(await log(all, alice)).toHaveLength(3);
	});

	test("[AM-2] an id in upper case names the same message", async () => {
		const all = await pair();
		const { a } = all;
		const id = await message(a, "one");
		expect(
			await command(a, {
				type: "edit",
				target_id: id.toUpperCase(),
				content: "two",
			}),
		).toMatchObject({ type: "edit", target_id: id, content: "two" });
	});
});

describe("edits", () => {
	test("[AM-3] an edit replaces the content, keeps the fields that it leaves out, and gives the message a version", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const target_id = await message(a, "one", {
			message_type: "note",
			metadata: { k: 1 },
			is_encrypted: true,
		});
		const edit = await command(a, { type: "edit", target_id, content: "two" });
		const expected = {
			content: "two",
			message_type: "note",
			metadata: { k: 1 },
			is_encrypted: true,
			version: 2,
			edited_at: edit.timestamp,
		};
		expect(edit).toMatchObject({ type: "edit", seq: 2, ...expected });
		expect(await b.next("edit")).toEqual(edit);
		const second = await command(a, {
			type: "edit",
			target_id,
			content: "",
			metadata: {},
		});
		expect(second).toMatchObject({ content: "", metadata: {}, version: 3 });
		expect(await view(all, target_id, alice)).toMatchObject({
			content: "",
			metadata: {},
			message_type: "note",
			version: 3,
			seq: 1,
		});
	});

	test("[AM-3] only the author edits a message", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const target_id = await message(b, "of Bob");
		expect(
			await command(a, { type: "edit", target_id, content: "x" }),
		).toMatchObject({ type: "error", code: "forbidden" });
		expect(await view(all, target_id, alice)).toMatchObject({
			content: "of Bob",
		});
	});

	test("[AM-4] an edit with a stale if_version changes nothing", async () => {
		const all = await pair();
		const { a, alice } = all;
		const target_id = await message(a, "one");
		const edit = (content: string, if_version: number) =>
			command(a, { type: "edit", target_id, content, if_version });
		expect(await edit("x", 1)).toMatchObject({ code: "version_conflict" });
		expect(await edit("two", 0)).toMatchObject({ version: 2 });
		expect(await edit("x", 0)).toMatchObject({ code: "version_conflict" });
		expect(await edit("three", 2)).toMatchObject({ version: 3 });
		expect(await view(all, target_id, alice)).toMatchObject({
			content: "three",
		});
	});

	test("[AM-4] [AM-11] of many edits of the same version at once, the log stores one", async () => {
		const all = await pair();
		const { server, conversation, a, alice } = all;
		const target_id = await message(a, "one");
		const second = await server.connect(conversation, alice);
		const answers = await Promise.all(
			Array.from({ length: 20 }, (_, i) =>
				command(i % 2 ? a : second, {
					type: "edit",
					target_id,
					content: `edit ${i}`,
					if_version: 0,
				}),
			),
		);
		const [stored, ...others] = answers.filter(({ type }) => type === "edit");
		expect(others).toEqual([]);
		expect(answers.filter(({ type }) => type === "error")).toHaveLength(19);
		expect(await view(all, target_id, alice)).toMatchObject({
			content: stored?.content,
			version: 2,
		});
	});
});

describe("deletions", () => {
	test("[AM-5] a deletion removes the content and the marks, and the message keeps its place", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const root = await message(a, "root");
		const target_id = await message(a, "secret one", {
			metadata: { secret: true },
			reply_to: root,
			thread_id: root,
			mentions: { user_ids: [all.bob] },
		});
		await command(a, { type: "edit", target_id, content: "secret two" });
		await command(b, {
			type: "reaction",
			target_id,
			reaction: "secret",
			on: true,
		});
		await command(b, { type: "pin", target_id, on: true });
		const removal = await command(a, {
			type: "delete",
			target_id,
			reason: "typo",
		});
		expect(removal).toMatchObject({ type: "delete", reason: "typo" });
		const found = await view(all, target_id, alice);
		expect(found).toMatchObject({
			deleted: true,
			content: "",
			metadata: {},
			message_type: "text",
			reply_to: root,
			thread_id: root,
			seq: 2,
		});
		expect(found).not.toHaveProperty("reactions");
		expect(found).not.toHaveProperty("pinned");
		expect(found).not.toHaveProperty("mentions");
		expect(JSON.stringify(await log(all, alice))).not.toContain("secret");
	});

	test("[AM-6] the author, owners, moderators and the scope admin delete a message", async () => {
		const all = await pair();
		const { server, a, b, bob } = all;
		const own = await message(b, "of Bob");
		expect(await command(b, { type: "delete", target_id: own })).toMatchObject({
			type: "delete",
		});
		const byOwner = await message(b, "of Bob");
		expect(
			await command(a, { type: "delete", target_id: byOwner }),
		).toMatchObject({ type: "delete" });
		const ofAlice = await message(a, "of Alice");
		const remove = { type: "delete", target_id: ofAlice };
		expect(await command(b, remove)).toMatchObject({ code: "forbidden" });
		inStore(
			server.directory,
			`UPDATE participants SET role = 'moderator' WHERE user_id = '${bob}'`,
		);
		expect(await command(b, remove)).toMatchObject({ type: "delete" });
	});

	test("[AM-5] replies to a deleted message and its thread stay", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const root = await message(a, "root");
		const reply = await message(b, "reply", { reply_to: root });
		const inThread = await message(b, "in the thread", { thread_id: root });
		await command(a, { type: "delete", target_id: root });
		const later = await message(b, "later", { thread_id: root });
		expect(await view(all, reply, alice)).toMatchObject({ reply_to: root });
		expect(await view(all, root, alice)).toMatchObject({
			deleted: true,
			thread: { count: 2 },
		});
		const { messages } = await timeline(all, alice, `thread_id=${root}`);
		expect(messages.map(({ message_id }) => message_id)).toEqual([
			inThread,
			later,
		]);
	});
});

describe("reactions and pins", () => {
	test("[AM-7] every user has at most one of each reaction on a message", async () => {
		const all = await pair();
		const { a, b, alice, bob } = all;
		const target_id = await message(a, "one");
		const react = (by: typeof a, reaction: string, on: boolean) =>
			command(by, { type: "reaction", target_id, reaction, on });
		await react(a, "👍", true);
		await react(b, "👍", true);
		expect(await react(b, "👍", true)).toMatchObject({ type: "ack" });
		await react(b, "🎉", true);
		const thumbs = { reaction: "👍", count: 2, user_ids: [alice, bob] };
		expect((await view(all, target_id, alice)).reactions).toEqual([
			{ ...thumbs, me: true },
			{ reaction: "🎉", count: 1, me: false, user_ids: [bob] },
		]);
		await react(a, "👍", false);
		expect((await view(all, target_id, alice)).reactions).toEqual([
			{ reaction: "👍", count: 1, me: false, user_ids: [bob] },
			{ reaction: "🎉", count: 1, me: false, user_ids: [bob] },
		]);
		await react(b, "👍", false);
		await react(b, "🎉", false);
		expect(await view(all, target_id, alice)).not.toHaveProperty("reactions");
	});

	test("[AM-8] participants share pins, and deleting a pinned message unpins it", async () => {
		const all = await pair();
		const { server, path, a, b, alice } = all;
		const [one, two] = [await message(a, "one"), await message(a, "two")];
		const pins = async () => {
			const { body } = await server.rest("GET", `${path}/pins`, alice);
			return (body as { messages: { message_id: string }[] }).messages.map(
				({ message_id }) => message_id,
			);
		};
		await command(b, { type: "pin", target_id: two, on: true });
		await command(a, { type: "pin", target_id: one, on: true });
		expect(await pins()).toEqual([one, two]);
		expect(await view(all, two, alice)).toMatchObject({ pinned: true });
		await command(a, { type: "pin", target_id: two, on: false });
		expect(await pins()).toEqual([one]);
		expect(await view(all, two, alice)).not.toHaveProperty("pinned");
		await command(a, { type: "delete", target_id: one });
		expect(await pins()).toEqual([]);
	});

	test("[AM-9] a mark that changes nothing makes no entry, and its ack names the entry that set the state, or the message", async () => {
		const all = await pair();
		const { a, b, alice } = all;
		const target_id = await message(a, "one");
		for (const mark of [
			{ type: "reaction", target_id, reaction: "x" },
			{ type: "pin", target_id },
		]) {
			const at = { message_id: target_id, seq: 1 };
			expect(await command(a, { ...mark, on: false })).toMatchObject({
				type: "ack",
				...at,
			});
			const set = await command(a, { ...mark, on: true });
			const { message_id, seq, timestamp } = set;
			expect(await command(a, { ...mark, on: true })).toMatchObject({
				type: "ack",
				message_id,
				seq,
				timestamp,
			});
			const cleared = await command(a, { ...mark, on: false });
			expect(await command(a, { ...mark, on: false })).toMatchObject({
				type: "ack",
				message_id: cleared.message_id,
				seq: cleared.seq,
			});
		}
		// Without an id of the command, too, the answer is an ack.
		b.send({ type: "pin", target_id, on: false });
		expect(await b.next("ack")).not.toHaveProperty("client_message_id");
		expect((await log(all, alice)).map(({ type }) => type)).toEqual([
			"chat",
			"reaction",
			"reaction",
			"pin",
			"pin",
		]);
	});
});
