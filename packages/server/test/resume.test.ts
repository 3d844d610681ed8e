import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { entries, expectEntries, expectError, say } from "./support/chat.ts";
import type { TestClient, WireFrame } from "./support/client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

interface Past {
	server: TestServer;
	conversation: string;
	alice: string;
	bob: string;
	a: TestClient;
	/** Messages sent before Bob reconnects. */
	said: WireFrame[];
}

async function past(messages: number): Promise<Past> {
	const server = await startTestServer();
	const [conversation, alice, bob] = [randomUUID(), randomUUID(), randomUUID()];
	const a = await server.connect(conversation, alice);
	for (let i = 1; i <= messages; i++)
		a.send({ type: "chat", content: `message ${i}` });
	if (messages > 0) await a.waitFor((f) => f.seq === messages);
	return { server, conversation, alice, bob, a, said: a.of("chat") };
}

function nth(frames: readonly WireFrame[], seq: number): string {
	return String(frames[seq - 1]?.message_id);
}

describe("a connection", () => {
	test("[RE-5] without a cursor gets no earlier entry", async () => {
		const { server, conversation, bob, a } = await past(3);
		const b = await server.connect(conversation, bob);
		await say(a, "now");
		await expectEntries(b, 4, 4);
	});

	test.each<[string, number, (past: Past) => Record<string, string>]>([
		["after the first", 2, ({ said }) => ({ after: nth(said, 1) })],
		["after a middle message", 4, ({ said }) => ({ after: nth(said, 3) })],
		[
			"after an id in upper case",
			4,
			({ said }) => ({ after: nth(said, 3).toUpperCase() }),
		],
		["after the last", 6, ({ said }) => ({ after: nth(said, 5) })],
		["after_seq 0", 1, () => ({ after_seq: "0" })],
		["after_seq 2", 3, () => ({ after_seq: "2" })],
		["after_seq of the head", 6, () => ({ after_seq: "5" })],
	])(
		"[RE-1] [RE-2] %s gets the later entries unchanged, then live frames",
		async (_, from, query) => {
			const all = await past(5);
			const b = await all.server.connect(all.conversation, all.bob, {
				query: query(all),
			});
			await say(all.a, "live");
			await expectEntries(b, from, 6);
			expect(entries(b)).toEqual(entries(all.a).slice(from - 1));
			expect(b.of("error")).toEqual([]);
		},
	);

	test.each<[string, Record<string, string>]>([
		["an unknown id", { after: randomUUID() }],
		["an id that is not a UUID", { after: "latest" }],
		["an empty id", { after: "" }],
		["a number beyond the head", { after_seq: "4" }],
		["a negative number", { after_seq: "-1" }],
		["a fraction", { after_seq: "1.5" }],
		["no number", { after_seq: "1e0" }],
		["an empty number", { after_seq: "" }],
		["a number too large to represent", { after_seq: "9".repeat(400) }],
	])(
		"[RE-4] with %s as its cursor gets an error after its own user_joined, then live frames",
		async (_, query) => {
			const { server, conversation, bob, a } = await past(3);
			const b = await server.connect(conversation, bob, { query });
			await expectError(b, "unknown_cursor");
			await say(a, "live");
			await expectEntries(b, 4, 4);
			expect(b.frames.map(({ type }) => type)).toEqual([
				"user_joined",
				"error",
				"chat",
			]);
		},
	);

	test("[RE-4] cannot resume from a message of a different conversation", async () => {
		const { server, conversation, bob, a } = await past(1);
		const elsewhere = await server.connect(randomUUID(), bob);
		const { message_id } = await say(elsewhere, "elsewhere");
		const b = await server.connect(conversation, bob, {
			query: { after: String(message_id) },
		});
		await expectError(b, "unknown_cursor");
		await say(a, "live");
		await expectEntries(b, 2, 2);
	});

	test("resumes from an id after a restart", async () => {
		const { server, conversation, bob, said } = await past(4);
		await server.drain();
		const again = await startTestServer({ dataDirectory: server.directory });
		const b = await again.connect(conversation, bob, {
			query: { after: nth(said, 2) },
		});
		await expectEntries(b, 3, 4);
		expect(b.of("chat")).toEqual(said.slice(2));
	});
});

test("[RE-6] the order on a new connection is welcome, own user_joined, replay, live", async () => {
	const { server, conversation, bob, a } = await past(250);
	const b = await server.connect(conversation, bob, {
		query: { after_seq: "0" },
		protocols: ["secureconnect.v1"],
	});
	await say(a, "live");
	await expectEntries(b, 1, 251);
	expect(b.frames[0]).toMatchObject({ type: "welcome", head_seq: 250 });
	expect(b.frames[1]).toMatchObject({ type: "user_joined", sender_id: bob });
	expect(b.frames.slice(2)).toHaveLength(251);
	expect(b.of("chat")).toHaveLength(251);
});

test("[RE-3] [GA-5] several clients resume over a thousand entries during traffic, and get the rest once and in order", async () => {
	const { server, conversation, bob, alice, a } = await past(1500);
	const LIVE = 600;
	const starts = [0, 1, 700, 1499, 1500];
	let sent = 0;
	const sendSome = (): void => {
		for (let i = 0; i < 100 && sent < LIVE; i++, sent++)
			a.send({ type: "chat", content: `live ${sent}` });
	};
	// Every batch that has been echoed triggers the next, so that there is traffic while clients resume.
	a.ws.on("message", () => {
		if (entries(a).length % 100 === 0) sendSome();
	});
	sendSome();
	const clients = await Promise.all(
		starts.map((start, i) =>
			server.connect(conversation, i % 2 ? bob : alice, {
				query: { after_seq: String(start) },
			}),
		),
	);
	for (const [i, client] of clients.entries())
		await expectEntries(client, (starts[i] ?? 0) + 1, 1500 + LIVE);
	await expectEntries(a, 1, 1500 + LIVE);
});

test("[RE-6] typing is dropped during the replay, presence and read wait for its end, the client's errors do not", async () => {
	const { server, conversation, bob, a } = await past(0);
	const big = "x".repeat(200_000);
	const BEFORE = 60;
	for (let i = 0; i < BEFORE; i++) a.send({ type: "chat", content: big });
	await a.waitFor((f) => f.seq === BEFORE);
	const reader = randomUUID();
	const r = await server.connect(conversation, reader);
	const b = await server.connect(conversation, bob, {
		query: { after_seq: "0" },
	});
	b.ws.pause();
	a.send({ type: "typing" });
	await r.waitFor((f) => f.type === "typing");
	const first = String(a.of("chat")[0]?.message_id);
	const second = String(a.of("chat")[1]?.message_id);
	for (const message_id of [first, second]) {
		r.send({ type: "read", message_id });
		// One by one: of two watermarks at the same moment the room relays only the newest.
		await a.waitFor((f) => f.type === "read" && f.message_id === message_id);
	}
	b.send({ type: "nonsense" });
	b.ws.resume();
	const read = await b.waitFor((f) => f.type === "read");
	expect(read).toMatchObject({ sender_id: reader, message_id: second });
	expect(b.of("read")).toHaveLength(1);
	expect(b.frames.indexOf(read)).toBeGreaterThan(
		b.frames.findIndex((f) => f.seq === BEFORE),
	);
	expect(b.of("typing")).toEqual([]);
	expect(b.of("error")).toHaveLength(1);
	await say(a, "live");
	a.send({ type: "typing" });
	await b.waitFor((f) => f.type === "typing");
	await expectEntries(b, 1, BEFORE + 1);
});
