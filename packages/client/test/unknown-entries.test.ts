/** Entry types of a later server version, and invalid entries. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { token } from "../../server/test/support/token.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";
import { chat, FakeServer, welcome } from "./support/fake-server.ts";

const ALICE = "a11ce000-0000-4000-8000-000000000001";
const poll = (seq: number): object => ({
	...chat(seq),
	type: "poll",
	question: "When?",
});
const removal = (seq: number): object => ({
	...chat(seq),
	type: "participant_removed",
	user_id: randomUUID(),
});

test("entries of unknown types keep their place and are skipped, in the history and live", async () => {
	const server = await FakeServer.start(
		(connection) => connection.send(welcome(ALICE, 5)),
		(path) => [
			200,
			path.includes("before_seq=3")
				? { messages: [chat(1), poll(2)], next: null }
				: {
						messages: [removal(3), chat(4, { content: 7 }), poll(5)],
						next: 3,
					},
		],
	);
	const room = clientOf(server, ALICE).conversation(randomUUID());
	const [seen, problems] = [collect(room), [] as unknown[]];
	room.on("missing", (missing) => problems.push(missing));
	room.on("invalid", (invalid) => problems.push(invalid));
	await ready(room);
	const [connection] = server.connections;
	for (const entry of [poll(6), chat(7), poll(8), chat(9)])
		connection?.send(entry);
	await until(room, () => seen.length === 2, "two messages");
	expect(seen.map(({ seq }) => seq)).toEqual([7, 9]);
	const entries: unknown[] = [];
	for await (const { type, seq } of room.history()) entries.push([type, seq]);
	expect(entries).toEqual([
		["participant_removed", 3],
		["chat", 1],
	]);
	expect(problems).toEqual([]);
	expect(server.connections).toHaveLength(1);
});

test.each(["null", "[]", '{"messages":{}}'])(
	"a response that is not a page of messages is an error: %s",
	async (body) => {
		const server = await FakeServer.start(
			(connection) => connection.send(welcome(ALICE, 5)),
			() => [200, body],
		);
		const client = clientOf(server, ALICE, { token: () => token(ALICE) });
		const next = client.conversation(randomUUID()).history().next();
		await expect(next).rejects.toMatchObject({ code: "request_failed" });
	},
);
