import { randomUUID } from "node:crypto";
import {
	type MessageRow,
	type Messages,
	type TimelineRow,
	useConversation,
	useMessages,
} from "@secureconnect/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import {
	chat,
	FakeServer,
	welcome,
} from "../../client/test/support/fake-server.ts";
import { Relay } from "../../client/test/support/relay.ts";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { contents } from "./support/items.ts";
import { probe, render, until } from "./support/render.ts";

const stored = ({ items }: Messages): string[] =>
	contents(items.filter(({ seq }) => seq > 0));
const failed = ({ items }: Messages): MessageRow[] =>
	items.filter(
		(item) => item.kind === "message" && item.status === "failed",
	) as MessageRow[];

test("an own message appears at once, and once in every later render, with the same key", async () => {
	const server = await startTestServer();
	const relay = await Relay.start(server.port);
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	await say(plain, "before");
	const messages = probe(() => useMessages(id));
	render(
		{ client: clientOf(server, alice, { url: relay.url }) },
		<messages.Component />,
	);
	// Sent before the connection opens, with the function of the first render.
	const sent = messages.all[0]?.send("early", { metadata: { a: 1 } });
	const key = sent?.clientMessageId ?? "";
	await until(() => messages.last.items.at(-1)).toMatchObject({
		key,
		kind: "message",
		status: "queued",
		isOwn: true,
	});
	const shownFrom = messages.all.length - 1;
	await until(() => stored(messages.last)).toEqual(["before", "early"]);
	// The acknowledgement is lost with the connection, and arrives again for the repeat.
	relay.holdAt("late");
	const late = messages.last.send("late");
	await plain.waitFor(({ content }) => content === "late");
	relay.cut();
	relay.release();
	await until(() => stored(messages.last)).toEqual(["before", "early", "late"]);

	const rows = ({ items }: Messages, of: string): TimelineRow[] =>
		items.filter((item) => item.key === of);
	const since = messages.all.slice(shownFrom);
	expect(since.map((all) => rows(all, key).length)).toEqual(since.map(() => 1));
	const lateRows = messages.all.map(
		(all) => rows(all, late.clientMessageId).length,
	);
	const from = lateRows.indexOf(1);
	expect(lateRows.slice(from)).toEqual(lateRows.slice(from).map(() => 1));
	const seen = messages.all.flatMap((all) =>
		rows(all, key).map((item) => "status" in item && item.status),
	);
	expect([...new Set(seen)]).toEqual(["queued", "sent", "stored"]);
	expect(messages.last.items.at(-1)).toMatchObject({
		status: "stored",
		isOwn: true,
	});
});

test("a rejected message stays, is sent again on retry, and disappears on discard", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, owner, id] = [randomUUID(), randomUUID(), randomUUID()];
	const path = `/v1/conversations/${id}`;
	await server.rest("POST", "/v1/conversations", owner, {
		conversation_id: id,
		participant_ids: [],
	});
	const room = probe(() => useConversation(id));
	const messages = probe(() => useMessages(id));
	render(
		{ client: clientOf(server, alice) },
		<>
			<room.Component />
			<messages.Component />
		</>,
	);
	for (const content of ["one", "two", "three"]) messages.last.send(content);
	await until(() => failed(messages.last).length).toBe(3);
	const [one, two] = failed(messages.last);
	if (!one || !two) throw new Error("they are there");
	expect(one.error?.code).toBe("forbidden");
	messages.last.discard(two);
	await until(() => contents(messages.last.items)).toEqual(["one", "three"]);

	await server.rest("POST", `${path}/participants`, owner, {
		participant_ids: [alice],
	});
	room.last?.reconnect();
	await until(() => messages.last.error).toBeUndefined();
	// Two quick clicks.
	messages.last.retry(one);
	messages.last.retry(one);
	const added = "(participant_added)";
	await until(() => stored(messages.last)).toEqual([added, "one"]);
	expect(contents(messages.last.items)).toEqual([added, "one", "three"]);
	const [three] = failed(messages.last);
	if (three) messages.last.retry(three);
	await until(() => stored(messages.last)).toEqual([added, "one", "three"]);
	expect(failed(messages.last)).toEqual([]);
});

test("a message from the same user's second device counts as own", async () => {
	const server = await startTestServer();
	const [alice, id] = [randomUUID(), randomUUID()];
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	await until(() => messages.last.isLoading).toBe(false);
	await say(await server.connect(id, alice), "from my phone");
	await until(() => messages.last.items).toMatchObject([
		{ status: "stored", isOwn: true, content: "from my phone" },
	]);
});

/** Starts a server on which a stored message is sent again. Both answers wait until the test requests them. */
async function repeating(seq: number) {
	const [alice, id] = [randomUUID(), randomUUID()];
	let page = (_response: Response): void => {};
	const server = await FakeServer.start((connection) =>
		connection.send(welcome(alice, 52)),
	);
	/** Returns the id of the sent message once it has arrived. */
	const sentId = (): Promise<unknown> =>
		server.until(
			() =>
				server.connections[0]?.received.find(({ type }) => type === "chat")
					?.client_message_id,
			"the message",
		);
	const asked = vi.spyOn(globalThis, "fetch").mockReturnValue(
		new Promise((resolve) => {
			page = resolve;
		}),
	);
	onTestFinished(() => asked.mockRestore());
	return {
		client: clientOf(server, alice),
		id,
		acknowledge: async () =>
			server.connections[0]?.send({
				type: "ack",
				client_message_id: await sentId(),
				message_id: randomUUID(),
				seq,
				timestamp: "2026-11-24T00:00:00.000Z",
			}),
		/** The newest page: from 3 to 52. */
		answer: async () => {
			const clientMessageId = await sentId();
			page(
				Response.json({
					messages: Array.from({ length: 50 }, (_, i) =>
						chat(i + 3, {
							...(i + 3 === seq && {
								sender_id: alice,
								client_message_id: clientMessageId,
							}),
						}),
					),
					next: 3,
				}),
			);
		},
	};
}

test.each([
	["stays until the page that contains it arrives", 5, ["stored"]],
	["disappears once it is known to be older than the page", 1, []],
])(
	"a message of an earlier run, acknowledged as a repeat while the history loads, %s",
	async (_, seq, statuses) => {
		const { client, id, acknowledge, answer } = await repeating(seq);
		const messages = probe(() => useMessages(id));
		render({ client }, <messages.Component />);
		const { clientMessageId: key, acknowledged } = messages.last.send("again");
		await until(() => messages.last.items).toMatchObject([{ status: "sent" }]);
		await acknowledge();
		await acknowledged;
		expect(messages.last.items).toMatchObject([{ key }]);
		await answer();
		await until(() => messages.last.isLoading).toBe(false);
		const shown = messages.last.items.filter((item) => item.key === key);
		expect(shown.map((row) => "status" in row && row.status)).toEqual(statuses);
		expect(messages.last.items).toHaveLength(50);
	},
);

test("a message in both the history and the outbox appears once", async () => {
	const { client, id, acknowledge, answer } = await repeating(5);
	const messages = probe(() => useMessages(id));
	render({ client }, <messages.Component />);
	const sent = messages.last.send("again");
	await until(() => messages.last.items).toMatchObject([{ status: "sent" }]);
	await answer();
	await until(() => messages.last.isLoading).toBe(false);
	for (const status of ["sent", "acknowledged"]) {
		await until(() => sent.status).toBe(status);
		expect(messages.last.items).toHaveLength(50);
		expect(messages.last.items[2]).toMatchObject({
			key: sent.clientMessageId,
			status: "stored",
		});
		await acknowledge();
	}
});
