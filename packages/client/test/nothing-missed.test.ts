import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { clientOf, collect, until } from "./support/client.ts";
import { chat, FakeServer, welcome } from "./support/fake-server.ts";

const alice = randomUUID();

test("it resumes after what it saw last, and what comes twice is told once", async () => {
	const server = await FakeServer.start((connection) => {
		if (connection.query.get("after_seq") === null) {
			connection.send(welcome(alice, 5));
			// Committed between admission and welcome: history has them.
			for (const seq of [4, 5, 6, 7]) connection.send(chat(seq));
			connection.ws.terminate();
			return;
		}
		connection.send(welcome(alice, 9, { recovered: true }));
		for (const seq of [7, 8, 8, 9]) connection.send(chat(seq));
	});
	const conversation = clientOf(server, alice).conversation(randomUUID());
	const seen = collect(conversation);
	await until(conversation, () => seen.length === 4, "four messages");
	expect(seen.map(({ seq }) => seq)).toEqual([6, 7, 8, 9]);
	expect(server.connections[1]?.query.get("after_seq")).toBe("7");
});

test("[DC-8] a device begins at the head, and goes on after what it saw", async () => {
	const deviceId = randomUUID();
	let isFirst = true;
	const server = await FakeServer.start((connection) => {
		// Of a connection that ends before it is welcome nothing is known.
		if (isFirst) {
			isFirst = false;
			connection.ws.terminate();
			return;
		}
		const recovered = connection.query.get("after_seq") !== null;
		connection.send(welcome(alice, 5, { recovered }));
		connection.send(chat(recovered ? 7 : 6));
		if (!recovered) connection.ws.terminate();
	});
	const conversation = clientOf(server, alice, {
		deviceId: deviceId.toUpperCase(),
	}).conversation(randomUUID());
	const seen = collect(conversation);
	await until(conversation, () => seen.length === 2, "two messages");
	expect(
		server.connections.map(({ query }) =>
			["device_id", "after", "after_seq"].map((name) => query.get(name)),
		),
	).toEqual([
		[deviceId.toUpperCase(), "head", null],
		[deviceId.toUpperCase(), "head", null],
		[deviceId.toUpperCase(), null, "6"],
	]);
});

test("without a deviceId there is none, and one that is no UUID is refused at once", async () => {
	const server = await FakeServer.start((connection) =>
		connection.send(welcome(alice, 5)),
	);
	const conversation = clientOf(server, alice).conversation(randomUUID());
	await until(
		conversation,
		() => conversation.presenceCount > 0,
		"a connection",
	);
	expect([...(server.connections[0]?.query.keys() ?? [])]).toEqual([
		"conversation_id",
	]);
	for (const deviceId of ["", "phone", `${randomUUID()}0`])
		expect(() => clientOf(server, alice, { deviceId })).toThrow(TypeError);
});

test("a gap is healed: asked for again from before it, and told in order", async () => {
	const server = await FakeServer.start((connection) => {
		const after = connection.query.get("after_seq");
		connection.send(welcome(alice, 0, { recovered: after !== null }));
		for (const seq of after === null ? [1, 2, 5] : [3, 4, 5])
			connection.send(chat(seq));
	});
	const conversation = clientOf(server, alice).conversation(randomUUID());
	const seen = collect(conversation);
	await until(conversation, () => seen.length === 5, "five messages");
	expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
	expect(server.connections.map(({ query }) => query.get("after_seq"))).toEqual(
		[null, "2"],
	);
});

test("what the server has no more is said, once, and the rest goes on", async () => {
	const server = await FakeServer.start((connection) => {
		const recovered = connection.query.get("after_seq") !== null;
		connection.send(welcome(alice, 0, { recovered }));
		if (!recovered) connection.send(chat(1));
		for (const seq of [4, 5]) connection.send(chat(seq));
	});
	const conversation = clientOf(server, alice).conversation(randomUUID());
	const seen = collect(conversation);
	const missing: unknown[] = [];
	conversation.on("missing", (range) => missing.push(range));
	await until(conversation, () => seen.length === 3, "three messages");
	expect(seen.map(({ seq }) => seq)).toEqual([1, 4, 5]);
	expect(missing).toEqual([{ from: 2, to: 3 }]);
	expect(server.connections).toHaveLength(2);
});

test("a server whose log was set back is followed from its new head, and that is said", async () => {
	const server = await FakeServer.start((connection) => {
		const again = connection.query.get("after_seq") !== null;
		connection.send(welcome(alice, again ? 3 : 8));
		connection.send(chat(again ? 4 : 9));
		if (!again) connection.ws.terminate();
	});
	const conversation = clientOf(server, alice).conversation(randomUUID());
	const seen = collect(conversation);
	const resets: unknown[] = [];
	conversation.on("reset", (reset) => resets.push(reset));
	await until(conversation, () => seen.length === 2, "two messages");
	expect(seen.map(({ seq }) => seq)).toEqual([9, 4]);
	expect(resets).toEqual([{ last: 9, head: 3 }]);
});

test("frames that break the protocol never reach the application; their places are taken all the same", async () => {
	const server = await FakeServer.start((connection) => {
		connection.send(welcome(alice, 0));
		connection.ws.send("not JSON");
		connection.ws.send(Buffer.from([1, 2, 3]));
		connection.ws.send("[1]");
		connection.send({ type: "typing", timestamp: "now" });
		connection.send(chat(1, { content: 7 }));
		connection.send(chat(2, { metadata: null }));
		connection.send(chat(3, { sender_id: "nobody" }));
		// A later version's: neither wrong nor known.
		connection.send({ type: "reaction", seq: 4, timestamp: "now" });
		connection.send({ type: "constructor", timestamp: "now" });
		connection.send(chat(5, { later: "field" }));
	});
	const conversation = clientOf(server, alice).conversation(randomUUID());
	const seen = collect(conversation);
	const invalid: string[] = [];
	conversation.on("invalid", ({ why }) => invalid.push(why));
	await until(conversation, () => seen.length === 1, "the good one");
	expect(seen[0]).toMatchObject({ seq: 5, content: "m5" });
	expect(invalid).toEqual([
		"not JSON",
		"not JSON",
		"no type",
		"typing: conversation_id",
		"chat: content",
		"chat: metadata",
		"chat: sender_id",
	]);
	expect(server.connections).toHaveLength(1);
});
