import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { clientOf, collect, until } from "./support/client.ts";
import { seats } from "./support/fake-inbox.ts";
import {
	chat,
	type FakeConnection,
	FakeServer,
	welcome,
} from "./support/fake-server.ts";

const alice = randomUUID();

/** Serves a log with these epochs on successive connections, with the messages 9, 10 and so on. */
function epochs(
	all: readonly (string | undefined)[],
	recovered: readonly boolean[],
): (connection: FakeConnection) => void {
	let at = 0;
	return (connection) => {
		const epoch = all[at];
		connection.send(
			welcome(alice, 8 + at, {
				recovered: recovered[at],
				...(epoch && { epoch }),
			}),
		);
		connection.send(chat(9 + at));
		at++;
		if (at < all.length) connection.ws.terminate();
	};
}

describe.each(["chat", "inbox"])("over the %s", (transport) => {
	const start: typeof FakeServer.start = async (greet, answer) => {
		const server = await FakeServer.start(greet, answer);
		if (transport === "inbox") server.inbox = seats(() => server, alice);
		return server;
	};

	test("the client resumes after the last message that it received, and delivers a repeated one once", async () => {
		const last = randomUUID();
		const server = await start((connection) => {
			if (connection.query.get("after") === null) {
				connection.send(welcome(alice, 5));
				// Committed between admission and welcome: the history contains them.
				for (const seq of [4, 5, 6, 7])
					connection.send(chat(seq, seq === 7 ? { message_id: last } : {}));
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
		expect(server.connections[1]?.query.get("after")).toBe(last);
		expect(server.connections[1]?.query.get("after_seq")).toBeNull();
	});

	test("[DC-8] a device starts at the head, and continues after the last entry that it received", async () => {
		const last = randomUUID();
		const deviceId = randomUUID();
		let isFirst = true;
		const server = await start((connection) => {
			// The client knows nothing of a connection that ends before its welcome.
			if (isFirst) {
				isFirst = false;
				connection.ws.terminate();
				return;
			}
			const recovered = connection.query.get("after") === last;
			connection.send(welcome(alice, 5, { recovered }));
			connection.send(recovered ? chat(7) : chat(6, { message_id: last }));
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
			[deviceId.toUpperCase(), last, null],
		]);
	});

	test("without a deviceId the client sends none, and a deviceId that is not a UUID throws", async () => {
		const server = await start((connection) =>
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

	test("a gap is closed: the client requests the entries again from before it, and delivers them in order", async () => {
		const second = randomUUID();
		const server = await start((connection) => {
			const after = connection.query.get("after");
			connection.send(welcome(alice, 0, { recovered: after !== null }));
			for (const seq of after === null ? [1, 2, 5] : [3, 4, 5])
				connection.send(chat(seq, seq === 2 ? { message_id: second } : {}));
		});
		const conversation = clientOf(server, alice).conversation(randomUUID());
		const seen = collect(conversation);
		await until(conversation, () => seen.length === 5, "five messages");
		expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
		expect(server.connections.map(({ query }) => query.get("after"))).toEqual([
			null,
			second,
		]);
	});

	test("entries that the server no longer has are reported once, and the rest continues", async () => {
		const server = await start((connection) => {
			const recovered = connection.query.get("after") !== null;
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

	test("the client follows a restored log from its new head, and reports the reset", async () => {
		const server = await start((connection) => {
			const again = connection.query.get("after") !== null;
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

	test.each([
		{ what: "stays the same", epochs: ["a", "a"], resets: 0 },
		{ what: "appears for the first time", epochs: [undefined, "a"], resets: 0 },
		{
			what: "is missing for a while",
			epochs: ["a", undefined, "a"],
			resets: 0,
		},
		{ what: "is always missing", epochs: [undefined, undefined], resets: 0 },
		{ what: "changes", epochs: ["a", "b"], resets: 1 },
		{ what: "changes once and stays", epochs: ["a", "b", "b"], resets: 1 },
		{ what: "changes back", epochs: ["a", "b", "a"], resets: 2 },
	])(
		"[EP-4] a log whose epoch $what was restored $resets times, even if its cursors are found",
		async ({ epochs: letters, resets }) => {
			const named = letters.map(
				(letter) => letter && `${letter.repeat(8)}-0000-4000-8000-000000000000`,
			);
			const server = await start(
				epochs(
					named,
					named.map((_, at) => at > 0),
				),
			);
			const conversation = clientOf(server, alice).conversation(randomUUID());
			const seen = collect(conversation);
			const heard: unknown[] = [];
			conversation.on("reset", (reset) => heard.push(reset));
			const last = 8 + letters.length;
			await until(
				conversation,
				() => seen.at(-1)?.seq === last,
				"the last message",
			);
			expect(seen.map(({ seq }) => seq)).toEqual(
				letters.map((_, at) => 9 + at),
			);
			expect(heard).toHaveLength(resets);
		},
	);

	test("after a restore the client uses no data of the old log: receipts, own watermark, number", async () => {
		const [bob, read] = [randomUUID(), randomUUID()];
		const server = await start((connection) => {
			const again = server.connections.length > 1;
			const watermark = { user_id: bob, message_id: read, seq: 1 };
			connection.send(
				welcome(alice, again ? 3 : 8, { read: again ? [] : [watermark] }),
			);
			connection.send(chat(again ? 4 : 9));
		});
		const conversation = clientOf(server, alice).conversation(randomUUID());
		const seen = collect(conversation);
		await until(conversation, () => seen.length === 1, "a message");
		expect([...conversation.receipts]).toEqual([[bob, read]]);
		conversation.markAsRead(seen[0]?.messageId ?? "");
		await server.until(
			() => server.connections[0]?.received.find(({ type }) => type === "read"),
			"the watermark",
		);
		server.connections[0]?.ws.terminate();
		await until(conversation, () => seen.length === 2, "a message after it");
		expect(conversation.receipts.size).toBe(0);
		// Its number is smaller than that of the message read before.
		conversation.markAsRead(seen[1]?.messageId ?? "");
		const sent = await server.until(
			() => server.connections[1]?.received.find(({ type }) => type === "read"),
			"the new watermark",
		);
		expect(sent.message_id).toBe(seen[1]?.messageId);
	});

	test("[EP-3] history requests the known log, from the start of the new log's live entries, also in a view that joined late", async () => {
		const letters = ["a", "b"];
		const [before, after] = letters.map(
			(letter) => `${letter.repeat(8)}-0000-4000-8000-000000000000`,
		);
		const asked: URLSearchParams[] = [];
		const server = await start(
			(connection) => {
				const again = server.connections.length > 1;
				connection.send(
					welcome(alice, again ? 3 : 8, { epoch: again ? after : before }),
				);
				connection.send(chat(again ? 4 : 9));
			},
			(path) => {
				asked.push(new URL(path, "http://localhost").searchParams);
				return server.connections.length > 1 &&
					asked.at(-1)?.get("epoch") === before
					? [412, { error: "epoch changed" }]
					: [200, { messages: [], next: null }];
			},
		);
		const client = clientOf(server, alice);
		const id = randomUUID();
		const first = client.conversation(id);
		const seen = collect(first);
		await until(first, () => seen.length === 1, "a message");
		const late = client.conversation(id);
		const old = late.history();
		expect(await old.next()).toMatchObject({ done: true });
		const reset = new Promise((resolve) => late.on("reset", resolve));
		server.connections[0]?.ws.terminate();
		await reset;
		expect(await late.history().next()).toMatchObject({ done: true });
		expect(
			asked.map((query) => [query.get("before_seq"), query.get("epoch")]),
		).toEqual([
			["10", before],
			["4", after],
		]);
	});

	test("[EP-3] pages of two logs are not combined: history fails with epoch_changed", async () => {
		const epoch = randomUUID();
		const server = await start(
			(connection) => connection.send(welcome(alice, 9)),
			(path) =>
				path.includes(`epoch=${epoch}`)
					? [412, { error: "epoch changed" }]
					: [200, { messages: [chat(1)], next: 1, epoch }],
		);
		const history = clientOf(server, alice)
			.conversation(randomUUID())
			.history({ after: 0 });
		expect(await history.next()).toMatchObject({ value: { seq: 1 } });
		await expect(history.next()).rejects.toMatchObject({
			code: "epoch_changed",
			status: 412,
		});
	});
});

test("frames that violate the protocol never reach the application, and still take their places", async () => {
	const server = await FakeServer.start((connection) => {
		connection.send(welcome(alice, 0));
		connection.ws.send("not JSON");
		connection.ws.send(Buffer.from([1, 2, 3]));
		connection.ws.send("[1]");
		connection.send({ type: "typing", timestamp: "now" });
		connection.send(chat(1, { content: 7 }));
		connection.send(chat(2, { metadata: null }));
		connection.send(chat(3, { sender_id: "nobody" }));
		// A type of a later version: valid but unknown.
		connection.send({ type: "poll", seq: 4, timestamp: "now" });
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
