/** The list on a connection for all conversations, compared with REST. */
import { randomUUID } from "node:crypto";
import { InboxServerFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { expect, test, vi } from "vitest";
import { say } from "./support/chat.ts";
import type { TestClient, WireFrame } from "./support/client.ts";
import { createConversation } from "./support/http.ts";
import { openInbox, subscribe, tell } from "./support/inbox-client.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

interface Row extends Record<string, unknown> {
	conversation_id: string;
	unread: number;
}

/** Returns the user's conversations as REST lists them, without `metadata`. */
async function listed(server: TestServer, userId: string): Promise<Row[]> {
	const { body } = await server.rest("GET", "/v1/conversations", userId);
	return (body as { conversations: Row[] }).conversations.map(
		({ metadata: _, ...row }) => row as Row,
	);
}

/** Folds the frames of a connection into a list, as a client does. */
function foldedRows(inbox: TestClient): Map<string, Row> {
	const rows = new Map<string, Row>();
	const take = (row: Row): void => void rows.set(row.conversation_id, row);
	for (const frame of inbox.frames) {
		if (frame.type === "inbox" || frame.type === "inbox_changed")
			for (const row of frame.conversations as Row[]) take(row);
		else if (frame.type === "conversation_added")
			take(frame.conversation as Row);
		else if (frame.type === "conversation_removed")
			rows.delete(frame.conversation_id as string);
	}
	return rows;
}

function totals(inbox: TestClient): unknown[] {
	const last = inbox.frames.findLast((frame) => "total_unread" in frame);
	return [last?.total_unread, last?.total_mentions];
}

/** Waits until a connection's list equals that of REST. */
function untilEqual(
	inbox: TestClient,
	server: TestServer,
	userId: string,
): Promise<void> {
	return vi.waitFor(
		async () => {
			const rows = await listed(server, userId);
			expect(foldedRows(inbox)).toEqual(
				new Map(rows.map((row) => [row.conversation_id, row])),
			);
		},
		{ timeout: 20_000, interval: 50 },
	);
}

function isAbout(frame: WireFrame, conversationId: string): boolean {
	return (frame.conversations as Row[]).some(
		({ conversation_id }) => conversation_id === conversationId,
	);
}

test("[IN-2] the first frame has the newest 100 rows of REST's list, totals, limits, intervals and the expiry", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const ids: string[] = [];
	for (let i = 0; i < 101; i++)
		ids.push(await createConversation(server, owner, [userId]));
	const writer = await openInbox(server, owner);
	for (const id of ids.slice(0, 3)) await tell(writer, id, `hello ${id}`);
	const inbox = await openInbox(server, userId);
	const [first] = inbox.frames;
	expect([...Compile(InboxServerFrames.inbox).Errors(first)]).toEqual([]);
	expect(first).toMatchObject({
		user_id: userId,
		more: true,
		total_unread: 3,
		total_mentions: 0,
		limits: { max_subscriptions: 200 },
		intervals: { ping_ms: 54_000 },
		expires_at: expect.any(String),
	});
	const { body } = await server.rest(
		"GET",
		"/v1/conversations?limit=100",
		userId,
	);
	const rest = body as { conversations: Row[]; epoch: string };
	expect(first?.epoch).toBe(rest.epoch);
	expect(first?.conversations).toEqual(
		rest.conversations.map(({ metadata: _, ...row }) => row),
	);
	expect((await openInbox(server, randomUUID())).frames[0]).toMatchObject({
		conversations: [],
		more: false,
	});
});

test("[IN-3] a long last message is shortened in every row, and a short one is complete", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const [long, short] = [
		await createConversation(server, owner, [userId]),
		await createConversation(server, owner, [userId]),
	];
	const live = await openInbox(server, userId);
	const writer = await server.connect(long, owner);
	const metadata = { colour: "blue" };
	const message = await say(writer, "\u{1F600}".repeat(2000), { metadata });
	const other = await server.connect(short, owner);
	await say(other, "x".repeat(2000), { metadata });
	await live.until(() => totals(live)[0] === 2, "both messages");
	const opened = await openInbox(server, userId);
	for (const inbox of [live, opened]) {
		const rows = foldedRows(inbox);
		expect(rows.get(long)?.last_message).toEqual({
			...message,
			content: "\u{1F600}".repeat(1000),
			metadata: {},
			truncated: true,
		});
		expect(rows.get(short)?.last_message).toEqual(other.of("chat").at(-1));
	}
});

test("[IN-11] messages, reads on another device, settings and changes reach the list of every connection", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [userId]);
	const writer = await server.connect(id, owner);
	const devices = [
		await openInbox(server, userId),
		await openInbox(server, userId),
	] as const;
	const [inbox] = devices;
	// A subscription makes no difference to the list.
	await subscribe(inbox, id);
	const message = await say(writer, "one");
	for (const device of devices) {
		const changed = await device.waitFor(
			(frame) => frame.type === "inbox_changed" && isAbout(frame, id),
		);
		expect([
			...Compile(InboxServerFrames.inbox_changed).Errors(changed),
		]).toEqual([]);
		await untilEqual(device, server, userId);
		expect(totals(device)).toEqual([1, 0]);
	}
	inbox.send({
		type: "read",
		message_id: message.message_id,
		conversation_id: id,
	});
	const path = `/v1/conversations/${id}`;
	for (const device of devices)
		await device.until(() => totals(device)[0] === 0, "no unread messages");
	await server.rest("PUT", `${path}/me`, userId, { favourite: true });
	await server.rest("PATCH", path, owner, { title: "Lunch" });
	await say(writer, "two", { mentions: { user_ids: [userId] } });
	for (const device of devices) {
		await untilEqual(device, server, userId);
		expect(foldedRows(device).get(id)).toMatchObject({
			title: "Lunch",
			favourite: true,
			unread: 1,
			mentions: 1,
		});
		expect(totals(device)).toEqual([1, 1]);
	}
});

test("[IN-11] a busy conversation is sent at most once per second, and the last state equals REST's", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const id = await createConversation(server, owner, [userId]);
	const writer = await server.connect(id, owner);
	const inbox = await openInbox(server, userId);
	const began = performance.now();
	for (let i = 0; i < 300; i++) await say(writer, String(i));
	await inbox.until(() => totals(inbox)[0] === 300, "all messages counted");
	const seconds = (performance.now() - began) / 1000;
	await untilEqual(inbox, server, userId);
	// The first at once, then one per second.
	expect(inbox.of("inbox_changed").length).toBeLessThanOrEqual(
		Math.ceil(seconds) + 2,
	);
});

test("[IN-12] conversations that the user joins, creates, is added to or leaves appear and disappear", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const inbox = await openInbox(server, userId);
	const added = async (id: string): Promise<void> => {
		const frame = await inbox.waitFor(
			({ type, conversation }) =>
				type === "conversation_added" &&
				(conversation as Row).conversation_id === id,
		);
		expect([
			...Compile(InboxServerFrames.conversation_added).Errors(frame),
		]).toEqual([]);
	};
	const joined = randomUUID();
	await subscribe(inbox, joined);
	await added(joined);
	await added(await createConversation(server, userId));
	const invited = await createConversation(server, owner, [userId]);
	await added(invited);
	const later = await createConversation(server, owner);
	await server.rest("POST", `/v1/conversations/${later}/participants`, owner, {
		participant_ids: [userId],
	});
	await added(later);
	const path = `/v1/conversations/${invited}`;
	await server.rest("DELETE", `${path}/participants/${userId}`, owner);
	await server.rest("DELETE", `/v1/conversations/${later}`, owner);
	for (const [id, reason] of [
		[invited, "removed"],
		[later, "deleted"],
	])
		expect(
			await inbox.waitFor(
				({ type, conversation_id }) =>
					type === "conversation_removed" && conversation_id === id,
			),
		).toMatchObject({ reason });
	await untilEqual(inbox, server, userId);
	expect(foldedRows(inbox).size).toBe(2);
});

test("[IN-13] totals leave out archived and muted conversations", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const ids: string[] = [];
	for (let i = 0; i < 3; i++)
		ids.push(await createConversation(server, owner, [userId]));
	const [plain = "", archived = "", muted = ""] = ids;
	const inbox = await openInbox(server, userId);
	const writer = await openInbox(server, owner);
	for (const id of ids) await tell(writer, id, "hello");
	await inbox.until(() => totals(inbox)[0] === 3, "three unread messages");
	const me = (id: string, settings: object): Promise<unknown> =>
		server.rest("PUT", `/v1/conversations/${id}/me`, userId, settings);
	await me(archived, { archived: true });
	await inbox.until(() => totals(inbox)[0] === 2, "one archived");
	const until = new Date(Date.now() + 3_600_000).toISOString();
	await me(muted, { muted_until: until });
	await inbox.until(() => totals(inbox)[0] === 1, "one muted");
	for (const id of ids) await tell(writer, id, "more");
	await inbox.until(
		() => foldedRows(inbox).get(plain)?.unread === 2 && totals(inbox)[0] === 2,
		"the next message",
	);
	await untilEqual(inbox, server, userId);
	expect(totals(inbox)[0]).toBe(2);
	expect((await openInbox(server, userId)).frames[0]).toMatchObject({
		total_unread: 2,
	});
	await me(muted, { muted_until: null });
	await inbox.until(() => totals(inbox)[0] === 4, "no longer muted");
});

test("[IN-16] no change between the reading of the list and the first frame is missing", async () => {
	const server = await startTestServer();
	const [owner, userId] = [randomUUID(), randomUUID()];
	const ids: string[] = [];
	for (let i = 0; i < 5; i++)
		ids.push(await createConversation(server, owner, [userId]));
	const writer = await openInbox(server, owner);
	let isDone = false;
	const writing = (async () => {
		for (let i = 0; !isDone; i++)
			await tell(writer, ids[i % ids.length] ?? "", String(i));
	})();
	const inboxes: TestClient[] = [];
	for (let i = 0; i < 20; i++) inboxes.push(await openInbox(server, userId));
	isDone = true;
	await writing;
	for (const inbox of inboxes) await untilEqual(inbox, server, userId);
});
