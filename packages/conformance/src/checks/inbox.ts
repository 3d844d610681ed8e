/** The connection for all conversations: its opening, its first frame and the names of its frames. */
import { randomUUID } from "node:crypto";
import { InboxServerFrames, SUBPROTOCOL } from "@secureconnect/protocol";
import { type Check, longCheck, restCheck } from "../check.ts";
import { expectValid } from "../shape.ts";
import type { Frame } from "../test-client.ts";
import { bearer, offering } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { expectRefusal, tampered } from "./handshake.ts";
import { manyRooms, restRows, untilRow, watched } from "./inbox-setup.ts";

const LONG_CHARACTERS = 5000;
const SHOWN_CHARACTERS = 1000;
const MOST_ROWS = 100;

export const INBOX: readonly Check[] = [
	restCheck("IN-1", async (t) => {
		const user = await t.user();
		const offered = offering(user.token);
		for (const [headers, what] of [
			[{ "Sec-WebSocket-Protocol": SUBPROTOCOL }, "no token"],
			[offering(tampered(user.token)), "a forged token"],
		] as const)
			expectRefusal(
				await t.inboxHandshake(headers),
				401,
				"unauthorized",
				`${what} for the inbox`,
			);
		expectRefusal(
			await t.inboxHandshake({
				...offered,
				Origin: "https://elsewhere.example",
			}),
			403,
			"origin not allowed",
			"a foreign origin for the inbox",
		);
		for (const [headers, upgrade, what] of [
			[bearer(user.token), true, "no subprotocol"],
			[
				{ ...bearer(user.token), "Sec-WebSocket-Protocol": "other.v1" },
				true,
				"a different subprotocol",
			],
			[offered, false, "a plain GET"],
		] as const)
			expectRefusal(
				await t.inboxHandshake(headers, upgrade),
				426,
				"upgrade required",
				`${what} for the inbox`,
			);
		const { status, headers } = await t.inboxHandshake(offered);
		expectSame(
			[status, headers["sec-websocket-protocol"]],
			[101, SUBPROTOCOL],
			"status and subprotocol of the inbox for a user without conversations",
		);
	}),

	longCheck("IN-2", async (t) => {
		t.needsRest();
		const { a, inbox, alice, bob, room } = await watched(t);
		const [first = {}] = inbox.frames;
		expectValid(first, InboxServerFrames.inbox, "the first frame, an inbox");
		const { user_id, more, limits, expires_at } = first;
		expectSame(
			{ user_id, more, subscriptions: (limits as Frame).max_subscriptions },
			{ user_id: bob.userId, more: false, subscriptions: 200 },
			"user_id, more and limits.max_subscriptions",
		);
		expect(
			Date.parse(String(expires_at)) > Date.now(),
			"the token's expires_at",
			expires_at,
		);
		await a.say({ mentions: { user_ids: [bob.userId] }, metadata: { k: 1 } });
		const other = await t.room(bob, alice);
		await t.rest("PUT", `/conversations/${other}/me`, bob, { favourite: true });
		const [again = {}] = (await t.inbox(bob)).frames;
		const rows = await restRows(t, bob);
		expectSame(again.conversations, rows, "rows of the list of REST");
		expectSame(
			[again.total_unread, again.total_mentions],
			[1, 1],
			"totals with a message that mentions the user",
		);
		expectSame(
			rows.map(({ conversation_id }) => conversation_id).toSorted(),
			[room, other].toSorted(),
			"conversations of the list",
		);
		const { user } = await manyRooms(t);
		const [many = {}] = (await t.inbox(user)).frames;
		expectSame(
			[(many.conversations as Frame[]).length, many.more],
			[MOST_ROWS, true],
			"number of rows and more, of a user with 201 conversations",
		);
		expectSame(
			many.conversations,
			await restRows(t, user),
			"the 100 conversations with the most recent activity",
		);
	}),

	restCheck("IN-3", async (t) => {
		const { a, inbox, bob, room } = await watched(t);
		const content = "\u{1f600}abc".repeat(LONG_CHARACTERS / 4);
		const metadata = { k: 1 };
		const shown = Array.from(content).slice(0, SHOWN_CHARACTERS).join("");
		const long = await a.say({ content, metadata });
		const hasIt = ({ last_message }: Frame, { message_id }: Frame): boolean =>
			(last_message as Frame | null)?.message_id === message_id;
		const changed = await untilRow(inbox, room, "a long message", (row) =>
			hasIt(row, long),
		);
		const [opened = {}] = (await t.inbox(bob)).frames;
		for (const row of [changed, ...(opened.conversations as Frame[])])
			expectSame(
				row.last_message,
				{ ...long, content: shown, metadata: {}, truncated: true },
				"last_message with its first 1,000 characters, empty metadata and truncated",
			);
		const short = await a.say({ content: "short", metadata });
		const after = await untilRow(inbox, room, "a short message", (row) =>
			hasIt(row, short),
		);
		expectSame(after.last_message, short, "last_message that is short");
	}),

	restCheck("IN-4", async (t) => {
		const { a, inbox, bob, room } = await watched(t);
		for (const frame of [
			{ type: "chat", content: "nowhere" },
			{ type: "subscribe" },
			{ type: "typing", conversation_id: "general" },
			{ type: "unsubscribe", conversation_id: 1 },
		]) {
			const from = inbox.mark;
			await inbox.send(frame);
			const { code } = await inbox.find(
				`an error for ${JSON.stringify(frame)}`,
				({ type }) => type === "error",
				from,
			);
			expectSame(code, "invalid_frame", `code for ${JSON.stringify(frame)}`);
		}
		await inbox.tell(room.toUpperCase(), { type: "subscribe" });
		await inbox.answer(room, "subscribed", 0);
		const client_message_id = randomUUID();
		const chat = { content: "once", client_message_id };
		for (const type of ["chat", "ack"]) {
			const from = inbox.mark;
			await inbox.tell(room, { ...chat, type: "chat" });
			const answer = await inbox.find(
				`${type} as the answer to a chat sent once more`,
				(frame) => frame.type === type,
				from,
			);
			expectSame(
				[answer.conversation_id, answer.client_message_id],
				[room, client_message_id],
				`conversation_id and client_message_id of ${type}`,
			);
		}
		const target_id = randomUUID();
		const refused = await inbox.talk(room, { type: "edit", target_id });
		expectSame(
			[refused.type, refused.code, refused.conversation_id],
			["error", "unknown_message", room],
			"type, code and conversation_id of an error",
		);
		const live = await a.say();
		await a.send({ type: "read", message_id: live.message_id });
		await a.send({ type: "typing" });
		for (const type of ["chat", "read", "typing"])
			await inbox.find(
				`a frame of the type ${type} with conversation_id`,
				(frame) => frame.type === type && frame.conversation_id === room,
			);
		const { token } = await t.user({ userId: bob.userId });
		await inbox.send({ type: "auth", access_token: token });
		await inbox.next("auth_ok");
	}),
];
