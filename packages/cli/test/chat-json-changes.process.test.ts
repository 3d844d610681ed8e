/** Tests messages that change in `chat --json` and `tail`: what programs send and read, and what `tail` prints. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
	chat as chatFrame,
	FakeServer,
	welcome,
} from "../../client/test/support/fake-server.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import type { Program } from "./support/program.ts";
import {
	connect,
	history,
	shareServe,
	startServe,
} from "./support/server-process.ts";
import {
	ALICE,
	BOB,
	framesOf,
	startClient,
	untilConnected,
} from "./support/terminal-client.ts";

const OPEN = ["--conversations", "open"];
const open = shareServe(OPEN);

/** Types a frame as a line of JSON. */
function typeFrame(program: Program, frame: object): void {
	program.type(JSON.stringify(frame));
}

async function bobIn(server: { readonly address: string }, id: string) {
	return connect(server, id, BOB, {
		bearer: await token(BOB, { name: "Bob" }),
	});
}

/** Returns the entries that a program has printed. */
function entriesOf(program: Program) {
	return framesOf(program).filter(({ seq }) => seq !== undefined);
}

/** Waits until a program has printed an entry, and returns it. */
function untilEntry(program: Program, at: number) {
	return program.until(
		() => entriesOf(program).find(({ seq }) => seq === at),
		`entry ${at}`,
	);
}

test("chat --json sends every type, and prints every entry as the server stores it", async () => {
	const id = randomUUID();
	const bob = await bobIn(open(), id);
	const chat = await startClient("chat", open(), id, ALICE, ["--json"]);
	await untilConnected(chat);
	chat.type("first");
	const { message_id: target_id } = await untilEntry(chat, 1);
	typeFrame(chat, { type: "chat", content: "second", reply_to: target_id });
	typeFrame(chat, {
		...{ type: "edit", target_id, content: "changed" },
		...{ message_type: "note", metadata: { someKey: 1 }, if_version: 0 },
	});
	typeFrame(chat, { type: "reaction", target_id, reaction: "🎉", on: true });
	typeFrame(chat, { type: "reaction", target_id, reaction: "🎉", on: true });
	typeFrame(chat, { type: "pin", target_id, on: true });
	typeFrame(chat, { type: "reaction", target_id, reaction: "🎉", on: false });
	typeFrame(chat, { type: "delete", target_id, reason: "moved" });
	chat.endInput();
	expect(await chat.ending(), chat.stderr).toMatchObject({ code: 0 });
	const printed = entriesOf(chat);
	expect(printed).toMatchObject([
		{ type: "chat", content: "first" },
		{ type: "chat", content: "second", reply_to: target_id },
		{
			...{ type: "edit", target_id, content: "changed", version: 3 },
			...{ message_type: "note", metadata: { someKey: 1 } },
		},
		{ type: "reaction", target_id, reaction: "🎉", on: true },
		{ type: "pin", target_id, on: true },
		{ type: "reaction", target_id, reaction: "🎉", on: false },
		{ type: "delete", target_id, reason: "moved" },
	]);
	await bob.waitFor(({ seq }) => seq === 7);
	const received = bob.frames.filter(({ seq }) => seq !== undefined);
	expect(printed).toEqual(received);

	const tail = await startClient("tail", open(), id, BOB, [
		...["--json", "--no-follow", "--history", "5"],
	]);
	await tail.ending();
	expect(entriesOf(tail)).toEqual(await history(open(), id, await token(BOB)));
	expect(entriesOf(tail)[0]).toMatchObject({ deleted: true, content: "" });
});

test("chat --json prints a refusal with its code, names the line, and ends with 2", async () => {
	const id = randomUUID();
	const bob = await bobIn(open(), id);
	bob.send({ type: "chat", content: "Bob's" });
	const { message_id: bobs } = await bob.next("chat");
	bob.send({ type: "chat", content: "gone" });
	const { message_id: gone } = await bob.next("chat");
	bob.send({ type: "delete", target_id: gone });
	await bob.next("delete");
	const chat = await startClient("chat", open(), id, ALICE, ["--json"]);
	chat.type("mine");
	const { message_id: mine } = await untilEntry(chat, 4);
	for (const frame of [
		{ type: "edit", target_id: mine, content: "x", if_version: 9 },
		{ type: "reaction", target_id: gone, reaction: "x", on: true },
		{ type: "pin", target_id: randomUUID(), on: true },
		{ type: "edit", target_id: bobs, content: "secret" },
		{ type: "delete", content: "secret" },
		{ type: "poll", target_id: mine },
	])
		typeFrame(chat, frame);
	chat.type("last");
	chat.endInput();
	expect(await chat.ending(), chat.stderr).toMatchObject({ code: 2 });
	const codes = framesOf(chat)
		.filter(({ type }) => type === "error")
		.map(({ code }) => code);
	expect(codes).toEqual([
		...["version_conflict", "message_deleted", "unknown_message", "forbidden"],
	]);
	for (const [line, why] of [
		[2, ""],
		[3, ""],
		[4, ""],
		[5, ""],
		[6, "target_id"],
		[7, "the type of a line with target_id must be one of edit, delete,"],
	] as const)
		expect(chat.stderr).toMatch(
			new RegExp(`^secureconnect: line ${line} was not stored: .*${why}`, "m"),
		);
	expect(chat.stderr).not.toContain("secret");
	expect(entriesOf(chat)).toMatchObject([
		{ content: "mine" },
		{ content: "last" },
	]);
});

test("after a killed server restarts, every change is stored once", async () => {
	const data = temporaryDirectory();
	const server = await startServe(data, OPEN);
	const id = randomUUID();
	const chat = await startClient("chat", server, id, ALICE, ["--json"]);
	chat.type("before");
	const { message_id: target_id } = await untilEntry(chat, 1);
	await server.program.killHard();
	await chat.until(
		() => /trying again/.test(chat.stderr) || undefined,
		"that there is no connection",
	);
	typeFrame(chat, { type: "edit", target_id, content: "changed" });
	typeFrame(chat, { type: "pin", target_id, on: true });
	chat.endInput();
	const again = await startServe(data, [...OPEN, "--port", `${server.port}`]);
	expect(await chat.ending(), chat.stderr).toMatchObject({ code: 0 });
	const stored = await history(again, id, await token(ALICE));
	expect(stored.map(({ type, seq }) => [type, seq])).toEqual([
		["chat", 1],
		["edit", 2],
		["pin", 3],
	]);
	expect(entriesOf(chat).slice(1)).toEqual(stored.slice(1));
});

test("entries of unknown types are printed as they are, from the history and live", async () => {
	const poll = (seq: number) => ({ ...chatFrame(seq), type: "poll", a: [{}] });
	const server = await FakeServer.start(
		(connection) => connection.send(welcome(ALICE, 2)),
		() => [200, { messages: [chatFrame(1), poll(2)], next: null }],
	);
	const chat = await startClient("chat", server, randomUUID(), ALICE, [
		...["--json", "--history", "2"],
	]);
	await untilEntry(chat, 2);
	const live = poll(3);
	server.connections[0]?.send(live);
	await untilEntry(chat, 3);
	expect(entriesOf(chat)).toEqual([
		...[expect.objectContaining({ type: "chat", seq: 1 })],
		...[expect.objectContaining({ type: "poll", seq: 2, a: [{}] }), live],
	]);
});

test("tail prints one line for each change, and earlier messages as they are now", async () => {
	const id = randomUUID();
	const bob = await bobIn(open(), id);
	const say = async (content: string, fields: object = {}) => {
		bob.send({ type: "chat", content, ...fields });
		const { message_id } = await bob.waitFor((it) => it.content === content);
		return String(message_id);
	};
	const old = await say("old");
	bob.send({ type: "edit", target_id: old, content: "new" });
	await bob.next("edit");
	const alice = await connect(open(), id, ALICE, {
		bearer: await token(ALICE, { name: "Alice" }),
	});
	const tail = await startClient("tail", open(), id, ALICE, [], { TZ: "UTC" });
	await tail.untilPrinted(/Bob \(edited\): new$/m);
	const target_id = await say("Noon?");
	bob.send({ type: "edit", target_id, content: "One\n\u001b[31mo'clock?" });
	await alice.waitFor((it) => it.target_id === target_id);
	alice.send({ type: "reaction", target_id, reaction: "🎉\u202e", on: true });
	alice.send({ type: "reaction", target_id, reaction: "🎉\u202e", on: false });
	alice.send({ type: "pin", target_id, on: true });
	alice.send({ type: "chat", content: "Yes", reply_to: target_id });
	await tail.untilPrinted(/: Yes$/m);
	bob.send({ type: "delete", target_id });
	bob.send({ type: "delete", target_id: old });
	await say("end");
	await tail.untilPrinted(/Bob: end$/m);
	const lines = tail.lines.map((line) =>
		line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, ""),
	);
	const quoted = "Bob: One ␛[31mo'clock?";
	expect(lines.map((line) => line.replace(/\d\d:\d\d$/, "TIME"))).toEqual([
		...["Bob (edited): new", "Bob: Noon?"],
		...["Bob edited: One", "    ␛[31mo'clock?"],
		...[`Alice reacted with 🎉 to ${quoted}`],
		...[`Alice took back 🎉 from ${quoted}`],
		...[`Alice pinned ${quoted}`, "Alice (to Bob): Yes"],
		...["Bob deleted the message of Bob at TIME"],
		...["Bob deleted the message of Bob at TIME", "Bob: end"],
	]);

	const later = await startClient("tail", open(), id, BOB, ["--no-follow"]);
	await later.ending();
	expect(later.lines.map((line) => line.slice(20))).toEqual([
		...["Alice (to an earlier message): Yes", "Bob: end"],
	]);
});
