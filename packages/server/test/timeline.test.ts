import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { describe, expect, test } from "vitest";
import {
	command,
	message,
	pair,
	type TimelinePage,
	timeline,
	view,
} from "./support/amending.ts";
import { say } from "./support/chat.ts";
import { createConversation } from "./support/http.ts";
import { expectShape } from "./support/shape.ts";

function idsOf({ messages }: TimelinePage): string[] {
	return messages.map(({ message_id }) => message_id);
}

describe("reads", () => {
	test("[RS-22] view=timeline has messages with their folds and changes of participants, and no amendments", async () => {
		const all = await pair();
		const { server, path, a, b, alice, bob } = all;
		const one = await message(a, "one");
		const two = await message(b, "two", { mentions: { user_ids: [alice] } });
		await command(a, { type: "edit", target_id: one, content: "1" });
		const react = { type: "reaction", reaction: "x", on: true };
		await command(b, { ...react, target_id: one });
		await command(a, { type: "pin", target_id: one, on: true });
		await command(b, { type: "delete", target_id: two });
		const carol = randomUUID();
		await server.rest("POST", `${path}/participants`, alice, {
			participant_ids: [carol],
		});
		await server.rest("DELETE", `${path}/participants/${carol}`, alice);
		const page = await timeline(all, alice);
		expectShape(Rest.timelinePage, page);
		expect(page).toMatchObject({
			as_of_seq: 8,
			next: null,
			epoch: expect.any(String),
		});
		expect(page.messages).toMatchObject([
			{
				type: "chat",
				seq: 1,
				content: "1",
				version: 3,
				reactions: [{ reaction: "x", count: 1, me: false, user_ids: [bob] }],
				pinned: true,
			},
			{ type: "chat", seq: 2, content: "", deleted: true },
			{ type: "participant_added", seq: 7, user_ids: [carol] },
			{ type: "participant_removed", seq: 8, user_id: carol },
		]);
		// The default view is unchanged: entries of every type, without folds.
		for (const query of ["", "?view=log"]) {
			const { body } = await server.rest(
				"GET",
				`${path}/messages${query}`,
				alice,
			);
			expectShape(Rest.messagePage, body);
			expect(body).not.toHaveProperty("as_of_seq");
			expect(
				(body as TimelinePage).messages.map(
					({ type, seq }) => `${seq} ${type}`,
				),
			).toEqual([
				"1 chat",
				"2 chat",
				"3 edit",
				"4 reaction",
				"5 pin",
				"6 delete",
				"7 participant_added",
				"8 participant_removed",
			]);
			expect(JSON.stringify(body)).not.toContain("reactions");
		}
	});

	test("[RS-22] the timeline pages in both directions", async () => {
		const all = await pair();
		const { a, alice } = all;
		const ids: string[] = [];
		for (let i = 0; i < 5; i++) {
			const id = await message(a, `${i}`);
			ids.push(id);
			await command(a, { type: "pin", target_id: id, on: true });
		}
		const newest = await timeline(all, alice, "view=timeline&limit=2");
		expect(idsOf(newest)).toEqual(ids.slice(3));
		const older = await timeline(
			all,
			alice,
			`view=timeline&limit=2&before_seq=${newest.next}`,
		);
		expect(idsOf(older)).toEqual(ids.slice(1, 3));
		const first = await timeline(
			all,
			alice,
			"view=timeline&limit=3&after_seq=0",
		);
		expect(idsOf(first)).toEqual(ids.slice(0, 3));
		const last = await timeline(
			all,
			alice,
			`view=timeline&limit=3&after_seq=${first.next}`,
		);
		expect(idsOf(last)).toEqual(ids.slice(3));
		expect(last.next).toBeNull();
		const around = await timeline(all, alice, `view=timeline&after=${ids[2]}`);
		expect(idsOf(around)).toEqual(ids.slice(3));
	});

	test("[RS-22] reactions name the first ten users, and every user finds out whether they are among them", async () => {
		const all = await pair();
		const { server, path, a, alice } = all;
		const id = await message(a, "one");
		const users = Array.from({ length: 12 }, () => randomUUID());
		await server.rest("POST", `${path}/participants`, alice, {
			participant_ids: users,
		});
		for (const user of users)
			await server.rest("PUT", `${path}/messages/${id}/reactions/x`, user);
		const user_ids = users.slice(0, 10);
		const last = users[11] ?? "";
		expect((await view(all, id, last)).reactions).toEqual([
			{ reaction: "x", count: 12, me: true, user_ids },
		]);
		expect((await view(all, id, alice)).reactions).toEqual([
			{ reaction: "x", count: 12, me: false, user_ids },
		]);
	});

	test("[RS-23] thread_id pages the replies of a thread, and the first message sums them up", async () => {
		const all = await pair();
		const { server, path, a, b, alice, bob } = all;
		const root = await message(a, "root");
		await message(a, "beside");
		const first = await message(b, "first", { thread_id: root });
		const second = await message(a, "second", { thread_id: root });
		const { timestamp } = await say(b, "third", { thread_id: root });
		expect((await view(all, root, bob)).thread).toEqual({
			count: 3,
			last_at: timestamp,
			user_ids: [bob, alice],
		});
		await command(b, { type: "delete", target_id: first });
		expect((await view(all, root, bob)).thread).toMatchObject({ count: 2 });
		const page = await timeline(all, bob, `thread_id=${root}&limit=2`);
		expect(idsOf(page)[0]).toBe(second);
		const rest = await timeline(
			all,
			bob,
			`thread_id=${root.toUpperCase()}&view=timeline&before_seq=${page.next}`,
		);
		expect(rest.messages).toMatchObject([{ message_id: first, deleted: true }]);
		const ask = (query: string) =>
			server.rest("GET", `${path}/messages?${query}`, bob);
		expect(await ask(`thread_id=${randomUUID()}`)).toMatchObject({
			status: 404,
			body: { error: "unknown message" },
		});
		expect((await ask(`thread_id=${root}&view=log`)).status).toBe(400);
		expect((await ask("thread_id=x")).status).toBe(400);
		expect((await ask("view=other")).status).toBe(400);
	});

	test("[RS-24] pins are listed with their folds, page by page", async () => {
		const all = await pair();
		const { server, path, a, alice, bob } = all;
		const ids = [await message(a, "1"), await message(a, "2")];
		await message(a, "3");
		for (const id of ids)
			await command(a, { type: "pin", target_id: id, on: true });
		const ask = async (query = "") => {
			const { body } = await server.rest("GET", `${path}/pins${query}`, bob);
			expectShape(Rest.timelinePage, body);
			return body as TimelinePage;
		};
		const all2 = await ask();
		expect(idsOf(all2)).toEqual(ids);
		expect(all2).toMatchObject({
			as_of_seq: 5,
			next: null,
			messages: [{ pinned: true }, { pinned: true }],
		});
		const page = await ask("?limit=1");
		expect(idsOf(page)).toEqual([ids[1]]);
		expect(idsOf(await ask(`?before_seq=${page.next}`))).toEqual([ids[0]]);
		for (const user of [randomUUID(), alice])
			expect(
				(await server.rest("GET", `${path}/pins?before=${randomUUID()}`, user))
					.status,
			).toBe(user === alice ? 404 : 403);
	});

	test("[RS-25] one message is read with its fold, and only messages are", async () => {
		const all = await pair();
		const { server, path, a, alice, bob } = all;
		const sent = await say(a, "one", { metadata: { k: 1 } });
		const id = String(sent.message_id);
		const { client_message_id: _, ...frame } = sent;
		const found = await view(all, id.toUpperCase(), bob);
		expect(found).toMatchObject(frame);
		expectShape(Rest.message, found);
		const pin = await command(a, { type: "pin", target_id: id, on: true });
		const elsewhere = await createConversation(server, alice);
		const other = await message(await server.connect(elsewhere, alice), "x");
		for (const unknown of [pin.message_id, other, randomUUID()])
			expect(
				await server.rest("GET", `${path}/messages/${unknown}`, alice),
			).toMatchObject({ status: 404, body: { error: "unknown message" } });
		expect(await server.rest("GET", `${path}/messages/x`, alice)).toMatchObject(
			{ status: 400, body: { error: "invalid message_id" } },
		);
	});

	test("[RS-2] reads of a message tell a stranger nothing", async () => {
		const all = await pair();
		const { server, path, a } = all;
		const id = await message(a, "one");
		const stranger = randomUUID();
		const missing = `/v1/conversations/${randomUUID()}`;
		for (const below of [
			`/messages/${id}`,
			`/messages/${randomUUID()}`,
			"/messages?view=timeline",
			`/messages?thread_id=${id}`,
			`/messages?thread_id=${randomUUID()}`,
			"/pins",
		]) {
			const expected = { status: 403, body: { error: "not a participant" } };
			for (const of of [path, missing])
				expect(await server.rest("GET", of + below, stranger)).toMatchObject(
					expected,
				);
		}
	});
});
