import { randomUUID } from "node:crypto";
import { type Unread, useMessages, useUnread } from "@secureconnect/react";
import { expect, test } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import { say } from "../../server/test/support/chat.ts";
import {
	startTestServer,
	type TestServer,
} from "../../server/test/support/server.ts";
import { probe, render, until } from "./support/render.ts";

/** Starts a server with a conversation of Alice and Bob, in which Bob has written `count` messages. */
async function scene(count: number) {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	await server.rest("POST", "/v1/conversations", bob, {
		conversation_id: id,
		participant_ids: [alice],
	});
	const author = await server.connect(id, bob);
	const ids: string[] = [""];
	for (let i = 1; i <= count; i++)
		ids.push(String((await say(author, `m${i}`)).message_id));
	const unread = probe(() => useUnread(id));
	const client = clientOf(server, alice);
	return { server, alice, id, author, ids, unread, client };
}

const counts = ({ unread, mentions }: Unread): number[] => [unread, mentions];

/** Returns what the list of conversations says. */
async function listed(server: TestServer, user: string) {
	const { body } = await server.rest("GET", "/v1/conversations", user);
	const { conversations } = body as {
		conversations: {
			unread: number;
			mentions: number;
			marked_unread: boolean;
		}[];
	};
	const [only] = conversations;
	return [only?.unread, only?.mentions, only?.marked_unread];
}

test.each([3, 180, 420])(
	"with %i unread messages the counts follow messages, deletions, mentions and reads, and equal the server's",
	async (count) => {
		const { server, alice, author, ids, unread, client } = await scene(count);
		render({ client }, <unread.Component />);
		await until(() => unread.last.isLoading).toBe(false);
		await until(() => counts(unread.last)).toEqual([count, 0]);
		expect(unread.last.firstUnread).toBe(ids[1]);
		await say(author, "you", { mentions: { user_ids: [alice] } });
		const { message_id: all } = await say(author, "all", {
			mentions: { all: true },
		});
		await until(() => counts(unread.last)).toEqual([count + 2, 2]);
		author.send({ type: "delete", target_id: ids[2] });
		author.send({ type: "delete", target_id: all });
		await until(() => counts(unread.last)).toEqual([count, 1]);
		await expect.poll(() => listed(server, alice)).toEqual([count, 1, false]);

		await unread.last.markRead(ids[1]);
		await until(() => counts(unread.last)).toEqual([count - 1, 1]);
		await unread.last.markRead();
		await until(() => counts(unread.last)).toEqual([0, 0]);
		await expect.poll(() => listed(server, alice)).toEqual([0, 0, false]);
		expect(unread.last.firstUnread).toBe(ids[1]);
		await say(author, "next");
		await until(() => counts(unread.last)).toEqual([1, 0]);
	},
);

test("reads on a different device and own messages clear the counts", async () => {
	const { server, alice, id, author, ids, unread, client } = await scene(3);
	const messages = probe(() => useMessages(id));
	render(
		{ client },
		<>
			<unread.Component />
			<messages.Component />
		</>,
	);
	await until(() => counts(unread.last)).toEqual([3, 0]);
	const phone = await server.connect(id, alice);
	phone.send({ type: "read", message_id: ids[2] });
	await until(() => counts(unread.last)).toEqual([1, 0]);
	await say(author, "m4");
	await until(() => counts(unread.last)).toEqual([2, 0]);
	await messages.last.send("mine").acknowledged;
	await until(() => counts(unread.last)).toEqual([0, 0]);
	expect(await listed(server, alice)).toEqual([0, 0, false]);
});

test("a conversation is marked as unread until the next read, also where everything is read", async () => {
	const { server, alice, unread, client } = await scene(2);
	render({ client }, <unread.Component />);
	await until(() => counts(unread.last)).toEqual([2, 0]);
	await unread.last.markRead();
	await expect.poll(() => listed(server, alice)).toEqual([0, 0, false]);
	await unread.last.markUnread();
	await until(() => unread.last.isMarkedUnread).toBe(true);
	expect(await listed(server, alice)).toEqual([0, 0, true]);
	await unread.last.markRead();
	await until(() => unread.last.isMarkedUnread).toBe(false);
	expect(await listed(server, alice)).toEqual([0, 0, false]);
});

test("a read on a different device clears the mark", async () => {
	const { server, alice, id, ids, unread, client } = await scene(3);
	render({ client }, <unread.Component />);
	await until(() => counts(unread.last)).toEqual([3, 0]);
	await unread.last.markUnread();
	await until(() => unread.last.isMarkedUnread).toBe(true);
	const other = await server.connect(id, alice);
	other.send({ type: "read", message_id: ids[2] });
	await until(() => counts(unread.last)).toEqual([1, 0]);
	await until(() => unread.last.isMarkedUnread).toBe(false);
	expect(await listed(server, alice)).toEqual([1, 0, false]);
});

test("the first unread message is found behind a page of deleted ones", async () => {
	const { server, author, alice, ids, unread, client } = await scene(120);
	for (const target_id of ids.slice(1, 61))
		author.send({ type: "delete", target_id });
	await expect.poll(() => listed(server, alice)).toEqual([60, 0, false]);
	render({ client }, <unread.Component />);
	await until(() => counts(unread.last)).toEqual([60, 0]);
	await until(() => unread.last.isLoading).toBe(false);
	expect(unread.last.firstUnread).toBe(ids[61]);
});
