import {
	type Command,
	type LogEntry,
	type MessageRow,
	readPage,
	Timeline,
} from "@secureconnect/client/timeline";
import { expect, test } from "vitest";
import { ChatError } from "../src/errors.ts";

const ME = "me";
const AT = Date.UTC(2026, 0, 9);

function entry(seq: number, type: string, fields: object = {}): LogEntry {
	return {
		type,
		seq,
		messageId: `m${seq}`,
		senderId: "ann",
		timestamp: new Date(AT + seq).toISOString(),
		...fields,
	};
}

function chat(seq: number, content: string, fields: object = {}): LogEntry {
	return entry(seq, "chat", {
		content,
		isEncrypted: false,
		messageType: "text",
		metadata: {},
		...fields,
	});
}

function reaction(seq: number, target: number, user: string, on = true) {
	const fields = { senderId: user, targetId: `m${target}`, on };
	return entry(seq, "reaction", { ...fields, reaction: "+1" });
}

let written = 0;
function command(type: string, fields: object = {}): Command {
	written++;
	return {
		type,
		clientMessageId: `c${written}`,
		createdAt: AT + 1000 + written,
		...fields,
	};
}

function messages(timeline: Timeline): MessageRow[] {
	return timeline.rows().filter((row) => row.kind === "message");
}

function only(timeline: Timeline): MessageRow {
	const [row, ...rest] = messages(timeline);
	if (!row || rest.length > 0) throw new Error("not one message");
	return row;
}

const contents = (timeline: Timeline): string[] =>
	messages(timeline).map(({ content }) => content);
const refusal = new ChatError("request_failed", "no");

test("live entries, pages and repeats in any order give one row each, in order of seq", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(7, "seven")]);
	timeline.add([chat(6, "six"), chat(5, "five")]);
	timeline.add([chat(7, "seven"), chat(8, "eight")]);
	timeline.add([chat(1, "one"), chat(3, "three")], 8);
	expect(contents(timeline)).toEqual([
		"one",
		"three",
		"five",
		"six",
		"seven",
		"eight",
	]);
});

test("a message that waits and a stored message have the same fields", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "stored")]);
	const write = command("chat", { content: "waits" });
	timeline.write(write);
	const [stored, waits] = messages(timeline);
	expect(Object.keys(waits ?? {})).toEqual(Object.keys(stored ?? {}));
	expect(waits).toMatchObject({
		content: "waits",
		status: "queued",
		senderId: ME,
		isOwn: true,
		createdAt: write.createdAt,
		messageType: "text",
		metadata: {},
		reactions: [],
		pinned: false,
	});
	expect(stored).toMatchObject({
		status: "stored",
		isOwn: false,
		createdAt: AT + 1,
	});
});

test("a message keeps its key when it is stored, and comes before those that wait", () => {
	const timeline = new Timeline(ME);
	const first = command("chat", { content: "first" });
	timeline.write(first);
	timeline.write(command("chat", { content: "second" }));
	timeline.write(first, "sent");
	const [{ key } = { key: "" }] = timeline.rows();
	expect(messages(timeline).map(({ status }) => status)).toEqual([
		"sent",
		"queued",
	]);
	timeline.add([
		chat(1, "first", {
			senderId: ME,
			clientMessageId: first.clientMessageId,
		}),
		chat(2, "theirs", { clientMessageId: first.clientMessageId }),
	]);
	expect(contents(timeline)).toEqual(["first", "theirs", "second"]);
	expect(timeline.rows()[0]?.key).toBe(key);
	expect(timeline.rows()[1]?.key).toBe("m2");
	// The outbox may report the message after its entry.
	timeline.write(first, "sent");
	expect(timeline.rows()).toHaveLength(3);
});

test("commands of the same millisecond keep their order when their status changes", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "one")]);
	const createdAt = AT + 500;
	const commands = ["first", "second"].flatMap((content) => [
		command("chat", { content, createdAt }),
		command("edit", { targetId: "m1", content, createdAt }),
	]);
	for (const each of commands) timeline.write(each);
	for (const each of commands.slice(0, 2)) timeline.write(each, "sent");
	expect(contents(timeline)).toEqual(["second", "first", "second"]);
});

test("rows that did not change keep their identity", () => {
	const timeline = new Timeline(ME);
	const page = [
		chat(1, "one", { metadata: { a: [1] } }),
		reaction(2, 1, "bob"),
		chat(3, "three"),
	];
	timeline.add(page);
	const rows = timeline.rows();
	expect(timeline.rows()).toBe(rows);
	timeline.add(structuredClone(page));
	expect(timeline.rows()).toBe(rows);
	timeline.add([entry(4, "pin", { targetId: "m1", on: true })]);
	const [pinned, other] = messages(timeline);
	expect(pinned).not.toBe(rows[0]);
	expect(other).toBe(rows[1]);
	expect(pinned?.metadata).toBe((rows[0] as MessageRow).metadata);
	expect(pinned?.reactions).toBe((rows[0] as MessageRow).reactions);
});

test("an edit replaces the content unless a newer version is known", () => {
	const timeline = new Timeline(ME);
	const edit = (seq: number, content: string, fields: object = {}) =>
		entry(seq, "edit", { targetId: "m1", content, ...fields });
	timeline.add([edit(5, "fifth")]);
	timeline.add([edit(3, "third")]);
	timeline.add([chat(1, "first", { mentions: { all: true } })]);
	expect(only(timeline)).toMatchObject({
		content: "fifth",
		mentions: undefined,
		version: 5,
		editedAt: AT + 5,
		createdAt: AT + 1,
		messageId: "m1",
	});
	// A replayed edit carries the content of a later version.
	timeline.add([
		edit(6, "ninth", { version: 9, editedAt: new Date(AT + 9).toISOString() }),
	]);
	timeline.add([edit(8, "eighth")]);
	expect(only(timeline)).toMatchObject({
		content: "ninth",
		version: 9,
		editedAt: AT + 9,
	});
	timeline.add([chat(1, "twelfth", { version: 12, editedAt: "2026-02-01Z" })]);
	expect(only(timeline)).toMatchObject({ content: "twelfth", version: 12 });
});

test("a deleted message stays without content, whatever arrives later", () => {
	const timeline = new Timeline(ME);
	timeline.add([entry(9, "delete", { targetId: "m1" })]);
	timeline.add([
		chat(1, "secret", { metadata: { secret: 1 }, replyTo: "m0" }),
		reaction(2, 1, "bob"),
		entry(3, "pin", { targetId: "m1", on: true }),
		entry(4, "edit", { targetId: "m1", content: "secret too" }),
	]);
	timeline.add([chat(1, "secret", { version: 4 })], 4);
	timeline.write(command("edit", { targetId: "m1", content: "mine" }));
	expect(only(timeline)).toMatchObject({
		content: "",
		metadata: {},
		deleted: true,
		version: 0,
		editedAt: undefined,
		reactions: [],
		pinned: false,
		replyTo: "m0",
		senderId: "ann",
	});
	timeline.add([chat(6, "", { deleted: true })]);
	expect(timeline.get("m6")).toMatchObject({ deleted: true });
});

test("a page names ten users: known and unknown ones react and take it back", () => {
	const users = Array.from({ length: 10 }, (_, number) => `u${number}`);
	const timeline = new Timeline(ME);
	timeline.add(
		[
			chat(1, "one", {
				reactions: [{ reaction: "+1", count: 13, me: true, userIds: users }],
				pinned: true,
			}),
		],
		50,
	);
	const mark = () => only(timeline).reactions[0];
	// Part of the page already.
	timeline.add([reaction(20, 1, "u0"), reaction(30, 1, "x", false)]);
	timeline.add([entry(40, "pin", { targetId: "m1", on: false })]);
	expect(mark()).toEqual({
		reaction: "+1",
		count: 13,
		me: true,
		userIds: users,
	});
	timeline.add([reaction(51, 1, "x", false), reaction(52, 1, "u0", false)]);
	expect(mark()).toMatchObject({ count: 11, userIds: users.slice(1) });
	timeline.add([reaction(53, 1, "u0"), reaction(54, 1, "new")]);
	expect(mark()).toMatchObject({
		count: 13,
		userIds: [...users.slice(1), "u0"],
	});
	timeline.add([reaction(55, 1, ME, false)]);
	expect(mark()).toMatchObject({ count: 12, me: false });
	expect(only(timeline).pinned).toBe(true);
	timeline.add([entry(56, "pin", { targetId: "m1", on: false })]);
	expect(only(timeline).pinned).toBe(false);
	// A newer page contains all of these.
	timeline.add([chat(1, "one", { reactions: [], pinned: true })], 60);
	expect(only(timeline)).toMatchObject({ reactions: [], pinned: true });
	// An older page comes late.
	timeline.add([chat(1, "one", { reactions: [], pinned: false })], 55);
	expect(only(timeline).pinned).toBe(true);
});

test("marks from the log count in any order of arrival, each once", () => {
	const timeline = new Timeline(ME);
	const marks = [
		reaction(3, 1, "ann"),
		reaction(4, 1, ME),
		reaction(5, 1, "ann", false),
		reaction(6, 1, "bob"),
		entry(7, "reaction", { targetId: "m1", reaction: "", on: true }),
	];
	for (const mark of [...marks.toReversed(), ...marks]) timeline.add([mark]);
	expect(timeline.rows()).toEqual([]);
	timeline.add([chat(1, "one")]);
	expect(only(timeline).reactions).toEqual([
		{ reaction: "+1", count: 2, me: true, userIds: [ME, "bob"] },
	]);
});

test("amendments by this user show at once, and a refusal takes them back", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "one", { senderId: ME }), reaction(2, 1, "ann")]);
	const before = timeline.rows();
	const commands = [
		command("edit", { targetId: "m1", content: "edited" }),
		command("reaction", { targetId: "m1", reaction: "+1", on: true }),
		command("pin", { targetId: "m1", on: true }),
	];
	for (const each of commands) timeline.write(each);
	expect(only(timeline)).toMatchObject({
		content: "edited",
		version: 0,
		editedAt: commands[0]?.createdAt,
		reactions: [{ count: 2, me: true, userIds: ["ann", ME] }],
		pinned: true,
		isPending: true,
		status: "stored",
	});
	const erase = command("delete", { targetId: "m1" });
	timeline.write(erase);
	expect(only(timeline)).toMatchObject({ content: "", deleted: true });
	timeline.write(erase, "failed", refusal);
	expect(only(timeline).content).toBe("edited");
	for (const each of commands) timeline.write(each, "failed", refusal);
	expect(timeline.rows()).toEqual(before);
	expect(only(timeline).isPending).toBe(false);
	expect(timeline.discard(erase.clientMessageId)).toBe(false);
});

test("a command that changes nothing changes no count", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "one"), reaction(2, 1, ME), reaction(3, 1, "ann")]);
	const before = only(timeline).reactions;
	timeline.write(
		command("reaction", { targetId: "m1", reaction: "+1", on: true }),
	);
	timeline.write(
		command("reaction", { targetId: "m1", reaction: "eyes", on: false }),
	);
	expect(only(timeline).reactions).toBe(before);
});

test("the entry of a command replaces it", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "one")]);
	const react = command("reaction", {
		targetId: "m1",
		reaction: "+1",
		on: true,
	});
	timeline.write(react);
	const { clientMessageId } = react;
	timeline.add([{ ...reaction(2, 1, ME), clientMessageId }]);
	expect(only(timeline)).toMatchObject({
		reactions: [{ count: 1, me: true }],
		isPending: false,
	});
});

test("an acknowledged command is shown until the timeline reaches its place", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "one")]);
	const send = command("chat", { content: "sent" });
	const pin = command("pin", { targetId: "m1", on: true });
	timeline.write(send);
	timeline.write(pin);
	timeline.acknowledge(pin.clientMessageId, { messageId: "m1", seq: 1 });
	timeline.acknowledge(send.clientMessageId, { messageId: "m3", seq: 3 });
	timeline.acknowledge("unknown", { messageId: "m3", seq: 3 });
	expect(messages(timeline).map(({ pinned }) => pinned)).toEqual([
		false,
		false,
	]);
	// Its own entry is in a page that is not loaded.
	timeline.add([], 4);
	expect(contents(timeline)).toEqual(["one"]);
});

test("a failed message stays until it is discarded or its entry arrives", () => {
	const timeline = new Timeline(ME);
	const first = command("chat", { content: "first" });
	const second = command("chat", { content: "second" });
	timeline.write(first);
	timeline.write(second);
	timeline.write(first, "failed", refusal);
	timeline.write(second, "failed", refusal);
	expect(messages(timeline)).toMatchObject([
		{ content: "first", status: "failed", error: refusal },
		{ content: "second", status: "failed" },
	]);
	expect(timeline.discard(first.clientMessageId)).toBe(true);
	expect(timeline.discard(first.clientMessageId)).toBe(false);
	const { clientMessageId } = second;
	timeline.add([chat(1, "second", { senderId: ME, clientMessageId })]);
	expect(only(timeline)).toMatchObject({ status: "stored", error: undefined });
});

test("commands of an earlier run come before those written since the start", () => {
	const timeline = new Timeline();
	const old = command("chat", { content: "old" });
	timeline.write(command("chat", { content: "new" }));
	timeline.write(old);
	expect(contents(timeline)).toEqual(["old", "new"]);
	expect(messages(timeline)[0]?.senderId).toBeUndefined();
	timeline.identify(ME);
	expect(messages(timeline)[0]?.senderId).toBe(ME);
});

test("a thread counts its page, later messages, deletions and messages that wait", () => {
	const timeline = new Timeline(ME);
	const reply = (seq: number, senderId: string) =>
		chat(seq, "reply", { threadId: "m1", senderId });
	const lastAt = new Date(AT + 9).toISOString();
	timeline.add(
		[chat(1, "root", { thread: { count: 3, lastAt, userIds: ["bob"] } })],
		10,
	);
	const thread = () => (timeline.get("m1") as MessageRow).thread;
	expect(thread()).toEqual({ count: 3, lastAt: AT + 9, userIds: ["bob"] });
	timeline.add([reply(11, "cid"), reply(9, "bob")]);
	expect(thread()).toEqual({
		count: 4,
		lastAt: AT + 11,
		userIds: ["cid", "bob"],
	});
	timeline.add([entry(12, "delete", { targetId: "m9" })]);
	timeline.add([entry(13, "delete", { targetId: "m11" })]);
	expect(thread()?.count).toBe(2);
	const write = command("chat", { content: "mine", threadId: "m1" });
	timeline.write(write);
	expect(thread()).toMatchObject({
		count: 3,
		lastAt: write.createdAt,
		userIds: [ME, "bob"],
	});
	expect(timeline.get("m1")).toMatchObject({ isPending: false });
	timeline.write(write, "failed", refusal);
	expect(thread()?.count).toBe(2);
});

test("other entries have rows of their own, and unknown types have none", () => {
	const timeline = new Timeline(ME);
	const removal = entry(2, "participant_removed", { userId: "bob" });
	timeline.add([
		removal,
		chat(1, "one"),
		entry(3, "poll"),
		entry(4, "constructor"),
		entry(5, "__proto__", { targetId: "m1" }),
		{ seq: 6 },
		{},
	]);
	expect(timeline.rows()[1]).toEqual({
		kind: "notice",
		key: "m2",
		seq: 2,
		senderId: "ann",
		createdAt: AT + 2,
		entry: removal,
	});
	expect(timeline.rows()).toHaveLength(2);
	const send = command("chat", { content: "mine" });
	timeline.write(send);
	timeline.write(command("poll", { targetId: "m1" }));
	timeline.acknowledge(send.clientMessageId, { messageId: "m6", seq: 6 });
	expect(timeline.rows()).toHaveLength(2);
});

test("a reset forgets the log and keeps commands", () => {
	const timeline = new Timeline(ME);
	timeline.add([chat(1, "one"), chat(2, "two")]);
	const edit = command("edit", { targetId: "m1", content: "edited" });
	timeline.write(edit);
	timeline.write(command("chat", { content: "mine" }));
	timeline.reset();
	expect(contents(timeline)).toEqual(["mine"]);
	expect(timeline.get("m1")).toBeUndefined();
	timeline.add([chat(1, "one")]);
	expect(contents(timeline)).toEqual(["edited", "mine"]);
});

test("messages of a server that numbers nothing keep the order of arrival and their keys", () => {
	const timeline = new Timeline(ME);
	const live = (messageId: string, senderId: string) => ({
		type: "chat",
		messageId,
		senderId,
		content: messageId,
		timestamp: "2026-01-01T00:00:00.000Z",
	});
	const write = command("chat", { content: "b" });
	timeline.write(write);
	timeline.add([live("a", "ann")]);
	timeline.acknowledge(write.clientMessageId, { messageId: "b" });
	timeline.add([live("b", ME)]);
	timeline.add([live("c", "ann")]);
	expect(contents(timeline)).toEqual(["a", "b", "c"]);
	expect(timeline.rows()[1]?.key).toBe(write.clientMessageId);
});

test("a page is read from the server's JSON, of the log or of the timeline", () => {
	const id = "550e8400-e29b-41d4-a716-446655440000";
	const message = {
		type: "chat",
		conversation_id: id,
		sender_id: id,
		message_id: id,
		content: "hello",
		is_encrypted: false,
		message_type: "text",
		metadata: { snake_case: 1 },
		timestamp: "2026-01-09T10:30:15.000Z",
		seq: 4,
		edited_at: "2026-01-09T10:31:00.000Z",
		version: 6,
		reactions: [{ reaction: "+1", count: 1, me: false, user_ids: [id] }],
		pinned: true,
		thread: {
			count: 1,
			last_at: "2026-01-09T10:32:00.000Z",
			user_ids: [id],
		},
	};
	const page = readPage({
		messages: [message, { type: "poll", seq: 5 }, { type: "chat" }],
		as_of_seq: 7,
		next: 4,
		epoch: "e",
	});
	expect(page).toMatchObject({ asOf: 7, next: 4, epoch: "e" });
	expect(page?.entries.slice(1)).toEqual([{ seq: 5 }, {}]);
	const timeline = new Timeline(ME);
	timeline.add(page?.entries ?? [], page?.asOf);
	expect(only(timeline)).toMatchObject({
		content: "hello",
		metadata: { snake_case: 1 },
		version: 6,
		editedAt: Date.parse(message.edited_at),
		reactions: [{ reaction: "+1", count: 1, me: false, userIds: [id] }],
		pinned: true,
		thread: { count: 1, userIds: [id] },
	});
	expect(readPage({ messages: [] })).toEqual({
		entries: [],
		asOf: 0,
		next: null,
		epoch: undefined,
	});
	for (const body of [null, undefined, 1, {}, { messages: {} }])
		expect(readPage(body)).toBeUndefined();
});
