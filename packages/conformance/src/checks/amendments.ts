import { randomUUID } from "node:crypto";
import { ServerFrames } from "@secureconnect/protocol";
import { type Check, check, restCheck } from "../check.ts";
import { expectValid } from "../shape.ts";
import type { Frame, TestClient } from "../test-client.ts";
import { expect, expectSame } from "../verdict.ts";
import {
	amendmentsOf,
	command,
	expectCode,
	ids,
	placeOf,
	stored,
} from "./amending.ts";
import {
	admin,
	assign,
	list,
	messages,
	owned,
	read,
	setClosed,
} from "./answers.ts";

const RACED = 6;

/** Amendments: entries that change a message. */
export const AMENDMENTS: readonly Check[] = [
	check("AM-1", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const { message_id: target_id, seq } = await a.say({ metadata: { k: 1 } });
		let before = Number(seq);
		for (const frame of amendmentsOf(target_id)) {
			const entry = await stored(a, frame);
			const { conversation_id, sender_id } = entry;
			expectValid(entry, ServerFrames[frame.type as "edit"], "an amendment");
			expectSame(
				[conversation_id, sender_id, entry.target_id],
				[room, alice.userId, target_id],
				`conversation_id, sender_id and target_id of ${frame.type}`,
			);
			expect(
				Number(entry.seq) > before,
				`a seq of ${frame.type} after ${before}`,
				entry.seq,
			);
			before = Number(entry.seq);
		}
		const last = await a.say();
		await b.upTo(last);
		expectSame(b.entries(), a.entries(), "entries at another connection");
		expectSame(
			new Set(ids(a.entries())).size,
			a.entries().length,
			"number of different message_ids",
		);
	}),

	check("AM-2", async (t) => {
		const { a, alice } = await owned(t);
		const elsewhere = await t.connect(alice, await t.room(alice));
		const { message_id: target_id } = await a.say();
		const pin = await stored(a, { type: "pin", target_id, on: true });
		for (const [id, what] of [
			[randomUUID(), "of an unknown message"],
			[(await elsewhere.say()).message_id, "of another conversation's message"],
			[pin.message_id, "of an amendment"],
		] as const)
			for (const frame of amendmentsOf(id))
				await expectCode(a, frame, "unknown_message", what);
		await stored(a, { type: "delete", target_id });
		for (const frame of amendmentsOf(target_id))
			await expectCode(a, frame, "message_deleted", "of a deleted message");
	}),

	check("AM-3", async (t) => {
		const { a, b } = await t.pair();
		const kept = {
			is_encrypted: true,
			message_type: "note",
			metadata: { k: 1 },
		};
		const { message_id: target_id } = await a.say(kept);
		for (const fields of [
			{ content: "second" },
			{ content: "", metadata: { k: 2 }, is_encrypted: false },
		]) {
			const edit = await stored(a, { type: "edit", target_id, ...fields });
			Object.assign(kept, fields);
			const { content, is_encrypted, message_type, metadata, version } = edit;
			expectSame(
				{ content, is_encrypted, message_type, metadata, version },
				{ ...kept, version: edit.seq },
				"content and version of an edit",
			);
			expect(
				typeof edit.edited_at === "string",
				"edited_at in the frame of an edit",
				edit,
			);
		}
		const { message_id: ofBob } = await b.say();
		for (const [peer, id] of [
			[b, target_id],
			[a, ofBob],
		] as const)
			await expectCode(
				peer,
				{ type: "edit", target_id: id, content: "x" },
				"forbidden",
				"of another user's message",
			);
		await a.say();
		expectSame(a.of("edit").length, 2, "number of edits");
	}),

	check("AM-4", async (t) => {
		const { a } = await owned(t);
		await a.say();
		const { message_id: target_id, seq } = await a.say();
		const edit = (if_version: unknown) => ({
			type: "edit",
			target_id,
			content: randomUUID(),
			if_version,
		});
		const refused = (version: unknown, what: string) =>
			expectCode(a, edit(version), "version_conflict", what);
		await refused(seq, "with if_version of a message without edits");
		const { version } = await stored(a, edit(0));
		await refused(0, "with a stale if_version");
		await stored(a, edit(version));
	}),

	restCheck("AM-5", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const secret = randomUUID();
		const { message_id: root } = await b.say();
		const sent = await a.say({
			content: `${secret} sent`,
			metadata: { secret },
			reply_to: root,
		});
		const { message_id: target_id } = sent;
		const reply = await b.say({ reply_to: target_id });
		const inThread = await b.say({ thread_id: target_id });
		await stored(a, { type: "edit", target_id, content: `${secret} edited` });
		const reaction = { type: "reaction", target_id, reaction: secret };
		await stored(b, { ...reaction, on: true });
		await stored(a, { type: "delete", target_id });
		const later = await b.say({ thread_id: target_id });
		for (const path of [
			"/messages",
			"/messages?view=timeline",
			`/messages/${target_id}`,
		]) {
			const body = JSON.stringify(await read(t, bob, room, path));
			expect(
				!body.includes(secret),
				`no content of a deleted message in GET ${path}`,
				body,
			);
		}
		const log = await messages(t, alice, room, "/messages");
		const entry = (id: unknown) =>
			log.find(({ message_id }) => message_id === id);
		expectSame(
			[entry(target_id)?.seq, entry(reply.message_id)?.reply_to],
			[sent.seq, target_id],
			"seq of a deleted message, and reply_to of the reply",
		);
		expectSame(
			ids(await messages(t, bob, room, `/messages?thread_id=${target_id}`)),
			ids([inThread, later]),
			"the thread of a deleted message",
		);
	}),

	restCheck("AM-6", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const remove = async (of: TestClient): Promise<Frame> => ({
			type: "delete",
			target_id: (await of.say()).message_id,
		});
		await stored(b, await remove(b));
		await stored(a, await remove(b));
		const ofAlice = await remove(a);
		await expectCode(b, ofAlice, "forbidden", "by a member");
		await assign(t, room, alice, bob, "moderator");
		await stored(b, ofAlice);
		const { message_id } = await a.say();
		const path = `/conversations/${room}/messages/${message_id}`;
		const { status } = await t.rest("DELETE", path, await admin(t));
		expectSame(status, 201, "status for a deletion with the scope admin");
	}),

	check("AM-11", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const second = await t.connect(alice, room);
		const { message_id: target_id } = await a.say();
		const answers = await Promise.all(
			Array.from({ length: RACED }, (_, i) =>
				command(i % 2 ? a : second, {
					type: "edit",
					target_id,
					content: randomUUID(),
					if_version: 0,
				}),
			),
		);
		expectSame(
			answers.map(({ type }) => type).toSorted(),
			["edit", ...Array.from({ length: RACED - 1 }, () => "error")],
			"answers to edits of one version at the same time",
		);
		const raced = [await a.say(), await a.say()];
		await b.upTo(raced.at(-1) ?? {});
		await Promise.all(
			raced.flatMap(({ message_id }, i) => {
				const [edit = {}, reaction = {}, pin = {}, remove = {}] =
					amendmentsOf(message_id);
				// On its connection, one deletion is before the other commands and one is between them.
				const own = i ? [edit, remove, pin] : [remove, edit, pin];
				return [
					command(b, reaction),
					command(second, edit),
					...own.map((frame) => command(a, frame)),
				];
			}),
		);
		await a.upTo(await b.say());
		for (const { message_id } of raced) {
			const amendments = a
				.entries()
				.filter((entry) => entry.target_id === message_id);
			const types = amendments.map(({ type }) => type);
			expect(
				types.indexOf("delete") === types.length - 1,
				"no amendment of a message after its deletion, which is stored once",
				types.join(" "),
			);
		}
	}),

	check("AM-12", async (t) => {
		const { a, b } = await t.pair();
		const named = (frame: Frame): Frame => ({
			...frame,
			client_message_id: randomUUID(),
		});
		const chat = named({ type: "chat", content: "first" });
		const first = await stored(a, chat);
		const [edit = {}, reaction = {}, pin = {}, remove = {}] = amendmentsOf(
			first.message_id,
		).map(named);
		const unpin = named({ ...pin, on: false });
		const commands = [chat, edit, reaction, unpin, remove];
		const answers = [first];
		for (const frame of commands.slice(1))
			answers.push(await command(a, frame));
		for (const [i, frame] of commands.entries()) {
			const again = await command(a, frame);
			expectSame(
				{ type: again.type, ...placeOf(again) },
				{ type: "ack", ...placeOf(answers[i] ?? {}) },
				`answer to a repeated ${frame.type}`,
			);
			const { client_message_id } = frame;
			const ofOtherType = frame.type === "pin" ? reaction : pin;
			await expectCode(
				a,
				{ ...ofOtherType, client_message_id },
				"client_message_id_conflict",
				`with the client_message_id of a different ${frame.type}`,
			);
		}
		const { client_message_id } = edit;
		await stored(b, { type: "chat", content: "x", client_message_id });
	}),

	restCheck("AM-13", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const chat = { type: "chat", content: "x" };
		const [ofAlice, ofBob] = [await a.say(), await b.say()];
		await assign(t, room, alice, bob, "reader");
		for (const frame of [chat, ...amendmentsOf(ofBob.message_id)])
			await expectCode(b, frame, "read_only", "of a reader");
		await b.send({ type: "read", message_id: ofAlice.message_id });
		await a.next("read");
		await setClosed(t, room, alice, true);
		const [remove = {}, ...others] = amendmentsOf(
			ofAlice.message_id,
		).toReversed();
		for (const frame of [chat, ...others])
			await expectCode(a, frame, "read_only", "in a closed conversation");
		await stored(a, remove);
	}),

	restCheck("AM-14", async (t) => {
		const { a, alice, room } = await owned(t);
		const { message_id } = await a.say();
		const later = await t.room(alice);
		const path = `/conversations/${later}/messages`;
		await t.rest("POST", path, alice, { content: "later" });
		for (const frame of amendmentsOf(message_id)) await stored(a, frame);
		expectSame(
			(await list(t, alice)).map(({ conversation_id }) => conversation_id),
			[later, room],
			"the conversation with amendments after the one with a later message",
		);
	}),
];
