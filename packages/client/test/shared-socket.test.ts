import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { token } from "../../server/test/support/token.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";
import {
	type InboxFrame,
	inbox,
	refusal,
	script,
	seats,
	subscribed,
	unsubscribed,
} from "./support/fake-inbox.ts";
import {
	chat,
	type FakeConnection,
	FakeServer,
	NOW,
	welcome,
} from "./support/fake-server.ts";

const alice = randomUUID();
const greet = (connection: FakeConnection): void =>
	connection.send(welcome(alice, 0));

/** Starts a server with an inbox that this handler answers. Chats get a `welcome`. */
function start(
	handle: (frame: InboxFrame, connection: FakeConnection) => void,
	fields: object = {},
): Promise<FakeServer> {
	return FakeServer.start(greet, undefined, {
		inbox: script(alice, handle, fields),
	});
}

/** Answers `subscribe` and `unsubscribe`. */
function serve(
	{ type, conversation_id: id }: InboxFrame,
	connection: FakeConnection,
): void {
	if (type === "subscribe") connection.send(subscribed(id));
	if (type === "unsubscribe") connection.send(unsubscribed(id));
}

/** Returns the stored copy of a message. */
function copyOf(frame: InboxFrame, seq: number): object {
	const { conversation_id, content, client_message_id } = frame;
	const fields = { conversation_id, content, client_message_id };
	return chat(seq, { ...fields, sender_id: alice });
}

function ackOf(
	{ conversation_id, client_message_id }: InboxFrame,
	seq: number,
): object {
	const fields = { conversation_id, client_message_id };
	return {
		type: "ack",
		...fields,
		message_id: randomUUID(),
		seq,
		timestamp: NOW,
	};
}

const typesOf = (connection: FakeConnection | undefined): unknown[] =>
	connection?.received.map(({ type }) => type) ?? [];

test("250 conversations share one socket up to the server's limit, and the others get sockets of their own", async () => {
	const server = await FakeServer.start(greet);
	server.inbox = seats(() => server, alice);
	const asked = vi.fn(() => token(alice));
	const client = clientOf(server, alice, { token: asked });
	const rooms = Array.from({ length: 250 }, () =>
		client.conversation(randomUUID()),
	);
	await Promise.all(rooms.map(ready));
	const own = (): number =>
		server.connections.filter(({ ws }) => "readyState" in ws).length;
	expect([server.inboxes.length, own()]).toEqual([1, 50]);
	expect(rooms.map(({ state }) => state.name)).toEqual(rooms.map(() => "open"));
	server.inboxes[0]?.ws.terminate();
	await Promise.all(
		rooms.slice(0, 200).map(
			(room) =>
				new Promise<void>((resolve) => {
					room.on("ready", resolve);
				}),
		),
	);
	expect([server.inboxes.length, own()]).toEqual([2, 50]);
	expect(asked).toHaveBeenCalledOnce();
}, 60_000);

test("commands name their conversation, and each answer reaches the conversation that it names", async () => {
	const sent: InboxFrame[] = [];
	const server = await start((frame, connection) => {
		serve(frame, connection);
		if (frame.type !== "chat") return;
		sent.push(frame);
		if (sent.length < 2) return;
		for (const [at, other] of sent.reverse().entries())
			connection.send(
				at === 0
					? ackOf(other, 7)
					: refusal(other.conversation_id, "read_only", {
							client_message_id: other.client_message_id,
						}),
			);
	});
	const client = clientOf(server, alice);
	const [first, second] = [randomUUID(), randomUUID()].map((id) =>
		client.conversation(id),
	);
	const refused = first?.send("one").acknowledged;
	await expect(
		Promise.all([
			refused?.catch(({ code }) => code),
			second?.send("two").acknowledged,
		]),
	).resolves.toMatchObject(["read_only", { seq: 7 }]);
	expect(sent.map(({ conversation_id }) => conversation_id).sort()).toEqual(
		[first?.id, second?.id].sort(),
	);
});

test("an ack and the own copy of the same command settle it once", async () => {
	const server = await start((frame, connection) => {
		serve(frame, connection);
		if (frame.type !== "chat") return;
		connection.send(ackOf(frame, 1));
		connection.send(copyOf(frame, 1));
		connection.send(ackOf(frame, 1));
	});
	const room = clientOf(server, alice).conversation(randomUUID());
	const statuses: string[] = [];
	room.on("outbox", ({ status }) => statuses.push(status));
	const seen = collect(room);
	room.send("once");
	await until(room, () => seen.length === 1, "the copy");
	room.send("twice");
	await until(room, () => seen.length === 2 || statuses.length > 5, "the next");
	expect(statuses).toEqual([
		...["queued", "sent", "acknowledged"],
		...["queued", "sent", "acknowledged"],
	]);
});

test.each([
	["removed", "removed"],
	["deleted", "deleted"],
])(
	"an end with the reason %s ends one conversation, and fails its messages",
	async (reason, code) => {
		const server = await start(serve);
		const client = clientOf(server, alice);
		const [left, kept] = [randomUUID(), randomUUID()].map((id) =>
			client.conversation(id),
		);
		if (!left || !kept) throw new Error("no conversation");
		await Promise.all([ready(left), ready(kept)]);
		const waiting = left.send("too late").acknowledged;
		server.inboxes[0]?.send(unsubscribed(left.id, reason));
		await expect(waiting).rejects.toMatchObject({ code });
		expect(left.state).toMatchObject({ name: "failed", error: { code } });
		expect(kept.state.name).toBe("open");
		expect(server.inboxes).toHaveLength(1);
	},
);

test("a user who is not a participant gets forbidden, and reconnect() asks again", async () => {
	let isParticipant = false;
	const server = await start((frame, connection) => {
		if (isParticipant) serve(frame, connection);
		else connection.send(refusal(frame.conversation_id, "not_participant"));
	});
	const room = clientOf(server, alice).conversation(randomUUID());
	const errors: unknown[] = [];
	room.on("error", (error) => errors.push(error));
	await until(room, () => room.state.name === "failed", "the refusal");
	expect(room.state).toMatchObject({ error: { code: "forbidden" } });
	await expect(room.send("no").acknowledged).rejects.toMatchObject({
		code: "forbidden",
	});
	isParticipant = true;
	room.reconnect();
	await ready(room);
	expect(errors).toEqual([]);
	expect(server.inboxes).toHaveLength(1);
});

test.each([
	[
		"the server cannot read the history",
		(id: string) => unsubscribed(id, "error"),
	],
	[
		"the server refuses a subscription for now",
		(id: string) => refusal(id, "unavailable", { retry_ms: 1 }),
	],
])("if %s, the conversation waits and asks again", async (_, answer) => {
	let isFirst = true;
	const server = await start((frame, connection) => {
		if (frame.type === "subscribe" && isFirst) {
			isFirst = false;
			connection.send(answer(frame.conversation_id));
		} else serve(frame, connection);
	});
	const room = clientOf(server, alice).conversation(randomUUID());
	const names: string[] = [];
	room.on("state", ({ name }) => names.push(name));
	await ready(room);
	expect(names.slice(-3)).toEqual(["waiting", "connecting", "open"]);
	expect(server.inboxes).toHaveLength(1);
});

test("a conversation whose last view closes unsubscribes, and the socket closes with the last conversation", async () => {
	const server = await start(serve);
	const client = clientOf(server, alice);
	const [first, second] = [randomUUID(), randomUUID()].map((id) =>
		client.conversation(id),
	);
	if (!first || !second) throw new Error("no conversation");
	await Promise.all([ready(first), ready(second)]);
	first.close();
	await server.until(
		() => typesOf(server.inboxes[0]).includes("unsubscribe"),
		"unsubscribe",
	);
	expect(server.inboxes[0]?.ws.readyState).toBe(1);
	const closed = new Promise<number>((resolve) =>
		server.inboxes[0]?.ws.on("close", resolve),
	);
	second.close();
	expect(await closed).toBe(1000);
	await ready(client.conversation(randomUUID()));
	expect(server.inboxes).toHaveLength(2);
});

test("frames of a subscription that was given up reach nobody, also if the conversation opens again", async () => {
	const id = randomUUID();
	const held: object[] = [];
	let count = 0;
	const server = await start((frame, connection) => {
		if (frame.conversation_id !== id) serve(frame, connection);
		else if (frame.type === "subscribe") {
			count++;
			const head = count === 1 ? 5 : 9;
			held.push(
				subscribed(id, head, { present_count: count }),
				chat(head + 1, { conversation_id: id }),
			);
		} else if (frame.type === "unsubscribe") held.push(unsubscribed(id));
		if (count === 2) for (const late of held.splice(0)) connection.send(late);
	});
	const client = clientOf(server, alice);
	await ready(client.conversation(randomUUID()));
	const before = client.conversation(id);
	await server.until(() => count === 1, "the first subscription");
	before.close();
	await server.until(
		() => typesOf(server.inboxes[0]).includes("unsubscribe"),
		"unsubscribe",
	);
	const after = client.conversation(id);
	const resets: unknown[] = [];
	after.on("reset", (reset) => resets.push(reset));
	const seen = collect(after);
	await until(after, () => seen.length > 0, "a message");
	expect(seen.map(({ seq }) => seq)).toEqual([10]);
	expect(resets).toEqual([]);
});

test("a gap is closed on the same socket", async () => {
	const last = randomUUID();
	const subscriptions: InboxFrame[] = [];
	const server = await start((frame, connection) => {
		const { conversation_id } = frame;
		if (frame.type !== "subscribe") {
			serve(frame, connection);
			return;
		}
		subscriptions.push(frame);
		const again = subscriptions.length > 1;
		connection.send(subscribed(conversation_id, 0, { recovered: again }));
		const numbers = again ? [2, 3] : [1, 3];
		for (const seq of numbers)
			connection.send(
				chat(seq, { conversation_id, ...(seq === 1 && { message_id: last }) }),
			);
	});
	const room = clientOf(server, alice).conversation(randomUUID());
	const seen = collect(room);
	await until(room, () => seen.length === 3, "three messages");
	expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3]);
	expect(subscriptions.map(({ after }) => after)).toEqual([undefined, last]);
	expect(server.inboxes).toHaveLength(1);
});

test("a message under way is sent again after a new connection, once for each conversation", async () => {
	const sent: InboxFrame[] = [];
	const server = await start((frame, connection) => {
		serve(frame, connection);
		if (frame.type !== "chat") return;
		sent.push(frame);
		if (sent.length === 2) connection.ws.terminate();
		if (sent.length > 2) connection.send(ackOf(frame, sent.length));
	});
	const client = clientOf(server, alice);
	const messages = ["one", "two"].map((text) =>
		client.conversation(randomUUID()).send(text),
	);
	await Promise.all(messages.map(({ acknowledged }) => acknowledged));
	const ids = sent.map(({ client_message_id }) => client_message_id);
	expect(ids).toHaveLength(4);
	expect(new Set(ids).size).toBe(2);
});

test("a close that blames a message fails the longest one under way, and the others are sent again", async () => {
	const sent: InboxFrame[] = [];
	const server = await start((frame, connection) => {
		serve(frame, connection);
		if (frame.type !== "chat") return;
		sent.push(frame);
		if (sent.length === 2) connection.ws.close(1009);
		if (sent.length > 2) connection.send(ackOf(frame, 1));
	});
	const client = clientOf(server, alice);
	const [short, long] = ["short", "long".repeat(100)].map((text) =>
		client.conversation(randomUUID()).send(text),
	);
	await expect(long?.acknowledged).rejects.toMatchObject({ code: "too_large" });
	await expect(short?.acknowledged).resolves.toMatchObject({ seq: 1 });
});

test("a server without an inbox gets a socket for each conversation, and one that was upgraded gets one for all", async () => {
	const server = await FakeServer.start(greet);
	const client = clientOf(server, alice);
	const rooms = [randomUUID(), randomUUID()].map((id) =>
		client.conversation(id),
	);
	await Promise.all(rooms.map(ready));
	expect(client.inbox.state).toEqual({ name: "unavailable" });
	expect(server.connections).toHaveLength(2);
	server.inbox = script(alice, serve);
	for (const { ws } of [...server.connections]) ws.terminate();
	await server.until(
		() =>
			typesOf(server.inboxes[0]).filter((type) => type === "subscribe")
				.length === 2 &&
			server.connections.every(({ ws }) => ws.readyState === 3),
		"both conversations on one socket",
	);
	await Promise.all(rooms.map(ready));
	expect(client.inbox.state.name).toBe("live");
	// The server goes back to a version without an inbox.
	server.inbox = undefined;
	const before = server.connections.length;
	server.inboxes[0]?.ws.terminate();
	await server.until(
		() => server.connections.length === before + 2,
		"two sockets again",
	);
	await Promise.all(rooms.map(ready));
	expect(client.inbox.state).toEqual({ name: "unavailable" });
});

test("a conversation whose own socket does not open takes the place of one that closes", async () => {
	const server = await FakeServer.start(({ ws }) => ws.close(1011));
	server.inbox = script(alice, serve, {
		limits: { max_message_bytes: 1000, max_subscriptions: 1 },
	});
	const client = clientOf(server, alice);
	const first = client.conversation(randomUUID());
	await ready(first);
	const second = client.conversation(randomUUID());
	await until(second, () => second.state.name === "waiting", "a failure");
	first.close();
	await ready(second);
	expect(server.inboxes).toHaveLength(1);
});

test("a refused token is reported by every conversation", async () => {
	const server = await start(serve);
	const client = clientOf(server, alice);
	const rooms = [1, 2].map(() => client.conversation(randomUUID()));
	await Promise.all(rooms.map(ready));
	const heard = rooms.map(
		(room) => new Promise((resolve) => room.on("error", resolve)),
	);
	server.inboxes[0]?.send({
		type: "error",
		code: "unauthorized",
		message: "",
		timestamp: NOW,
	});
	expect(await Promise.all(heard)).toMatchObject([
		{ code: "unauthorized" },
		{ code: "unauthorized" },
	]);
});

test("an id that is no UUID is refused as before, on a socket of its own", async () => {
	const server = await FakeServer.start((connection) =>
		connection.ws.close(1011),
	);
	server.inbox = script(alice, serve);
	const client = clientOf(server, alice);
	client.conversation("lunch");
	client.conversation("00000000-0000-0000-0000-000000000000");
	await server.until(() => server.connections.length >= 2, "two sockets");
	expect(server.inboxes).toHaveLength(0);
});

test('with protocol "seed" the client never asks for an inbox', async () => {
	const server = await FakeServer.start(() => {});
	server.inbox = script(alice, serve);
	const client = clientOf(server, alice, { protocol: "seed" });
	const room = client.conversation(randomUUID());
	await until(room, () => room.state.name === "open", "a connection");
	client.inbox.on("change", () => {});
	expect(client.inbox.state).toEqual({ name: "unavailable" });
	expect(server.inboxes).toHaveLength(0);
});

test("one token and one renewal serve all conversations", async () => {
	const asked = vi.fn(() =>
		token(alice, { exp: 2e9 + asked.mock.calls.length }),
	);
	const expiresAt = (ms: number): string =>
		new Date(Date.parse(NOW) + ms).toISOString();
	const renewals: InboxFrame[] = [];
	const server = await start(
		(frame, connection) => {
			serve(frame, connection);
			if (frame.type !== "auth") return;
			renewals.push(frame);
			connection.send({
				type: "auth_ok",
				expires_at: expiresAt(3_600_000),
				timestamp: NOW,
			});
		},
		{ expires_at: expiresAt(1) },
	);
	const client = clientOf(server, alice, { token: asked });
	const rooms = [1, 2, 3].map(() => client.conversation(randomUUID()));
	await Promise.all(rooms.map(ready));
	await server.until(() => renewals.length === 1, "a renewal");
	expect(renewals[0]?.access_token).toBe(await asked.mock.results[1]?.value);
	expect(asked).toHaveBeenCalledTimes(2);
	expect(server.inboxes).toHaveLength(1);
});

test("a frame that is not valid is reported by the inbox, and harms no conversation", async () => {
	const server = await FakeServer.start(greet);
	server.inbox = (connection) => {
		connection.ws.send("not JSON");
		connection.ws.send("null");
		connection.send({ type: "inbox" });
		connection.send({ type: "later", timestamp: NOW });
		connection.send({ type: "subscribed", conversation_id: randomUUID() });
		connection.send(chat(1));
		connection.send(inbox(alice));
		connection.ws.on("message", (data: Buffer) =>
			serve(JSON.parse(data.toString()) as InboxFrame, connection),
		);
	};
	const client = clientOf(server, alice);
	const invalid: string[] = [];
	client.inbox.on("invalid", ({ why }) => invalid.push(why));
	await ready(client.conversation(randomUUID()));
	expect(invalid).toEqual(["not JSON", "no type", "inbox: user_id"]);
});
