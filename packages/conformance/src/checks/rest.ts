import { randomUUID } from "node:crypto";
import { Rest } from "@secureconnect/protocol";
import { type Check, check, restCheck } from "../check.ts";
import type { Frame } from "../test-client.ts";
import type { RestAnswer, Trial, User } from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { admin, expectShape } from "./answers.ts";
import { expectIndistinct, expectRefusal, tampered } from "./handshake.ts";

interface MessagePage {
	readonly messages: Frame[];
	readonly next: number | null;
}

/** Number of looks at the receipts before a missing delivery counts as a failure. */
const LOOKS = 40;
const NO_SUCH = { error: "unknown cursor" };

export const REST: readonly Check[] = [
	restCheck("RS-1", async (t) => {
		const user = await t.user();
		const room = await t.room(user);
		const bad: User = { ...user, token: tampered(user.token) };
		for (const path of ["/conversations", `/conversations/${room}/messages`]) {
			for (const by of [undefined, bad])
				expectRefusal(
					await t.rest("GET", path, by),
					401,
					"unauthorized",
					`${path} without a valid token`,
				);
		}
		expectRefusal(
			await t.rest("GET", "/conversations/general", undefined),
			401,
			"unauthorized",
			"a malformed id without a token",
		);
		const malformed = await t.rest("GET", "/conversations/general", user);
		expectSame(malformed.status, 400, "status for a malformed id");
	}),

	restCheck("RS-2", async (t) => {
		const [owner, stranger] = [await t.user(), await t.user()];
		const [there, missing] = [await t.room(owner), randomUUID()];
		for (const [method, rest, body] of ROUTES(stranger.userId)) {
			const ask = (id: string) =>
				t.rest(method, `/conversations/${id}${rest}`, stranger, body);
			expectIndistinct(
				[await ask(there), await ask(there)],
				await ask(missing),
				`${method} /conversations/{id}${rest}`,
			);
		}
	}),

	restCheck("RS-3", async (t) => {
		const user = await t.user();
		const room = await t.room(user);
		const messages = `/conversations/${room}/messages`;
		for (const [status, method, path, body] of [
			[400, "POST", "/conversations", { participant_ids: "x" }],
			[400, "POST", "/conversations", "{"],
			[400, "POST", messages, { content: 1 }],
			[400, "GET", `${messages}?limit=0`, undefined],
			[404, "GET", "/conformance", undefined],
		] as const) {
			const answer = await t.rest(method, path, user, body);
			expectSame(answer.status, status, `status for ${method} ${path}`);
			expect(
				typeof (answer.body as { error?: unknown } | undefined)?.error ===
					"string",
				`{"error": ...} for ${method} ${path}`,
				answer.text,
			);
		}
		const page = await pageOf(t, user, room, "");
		expectSame(page.messages, [], "messages after refused requests");
	}),

	// Checked even without a REST API: a missing API breaks this rule.
	check("RS-4", async (t) => {
		const [owner, bob] = [await t.user(), await t.user()];
		const conversation = {
			conversation_id: randomUUID(),
			title: "Conformance",
			metadata: { k: "v" },
		};
		const made = await t.rest("POST", "/conversations", owner, {
			...conversation,
			participant_ids: [bob.userId],
		});
		expectShape(made, 201, Rest.conversation);
		const { conversation_id, title, metadata, created_by, participants } =
			made.body as Frame & {
				participants: { user_id: string; role: string }[];
			};
		expectSame(
			{ conversation_id, title, metadata, created_by },
			{ ...conversation, created_by: owner.userId },
			"the conversation as requested",
		);
		expectSame(
			Object.fromEntries(participants.map((p) => [p.user_id, p.role])),
			{ [owner.userId]: "owner", [bob.userId]: "member" },
			"role of each participant",
		);
		const unnamed = await t.rest("POST", "/conversations", owner, {
			participant_ids: [],
		});
		expectShape(unnamed, 201, Rest.conversation);
	}),

	restCheck("RS-5", async (t) => {
		const [owner, stranger] = [await t.user(), await t.user()];
		const body = { conversation_id: await t.room(owner), participant_ids: [] };
		for (const [by, status] of [
			[owner, 409],
			[stranger, 403],
		] as const)
			expectSame(
				(await t.rest("POST", "/conversations", by, body)).status,
				status,
				"status for a taken id",
			);
	}),

	restCheck("RS-6", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const rooms: string[] = [];
		for (let i = 0; i < 3; i++) {
			const room = await t.room(alice, bob);
			rooms.unshift(room);
			const a = await t.connect(alice, room);
			for (let n = 0; n <= i; n++) await a.say({ metadata: { n } });
		}
		const [other] = [await t.user()];
		await t.room(other);
		const listed: Frame[] = [];
		for (let next: string | null = ""; next !== null; ) {
			const cursor: string =
				next === "" ? "" : `&after=${encodeURIComponent(next)}`;
			const answer: RestAnswer = await t.rest(
				"GET",
				`/conversations?limit=2${cursor}`,
				bob,
			);
			expectShape(answer, 200, Rest.conversationList);
			const page = answer.body as {
				conversations: Frame[];
				next: string | null;
			};
			listed.push(...page.conversations);
			next = page.next;
			if (listed.length > rooms.length) break;
		}
		expectSame(
			listed.map(({ conversation_id, unread }) => [conversation_id, unread]),
			rooms.map((room, i) => [room, 3 - i]),
			"each conversation once, most recently active first, with its unread count",
		);
	}),

	restCheck("RS-7", async (t) => {
		const { a, alice, bob, room } = await t.pair();
		const { seq } = await a.say();
		const answer = await t.rest("GET", `/conversations/${room}`, bob);
		expectShape(answer, 200, Rest.conversation);
		const { conversation_id, head_seq, created_by } = answer.body as Frame;
		expectSame(
			[conversation_id, head_seq, created_by],
			[room, seq, alice.userId],
			"conversation_id, head_seq and created_by",
		);
	}),

	restCheck("RS-8", async (t) => {
		const [owner, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const room = await t.room(owner, bob);
		const path = `/conversations/${room}/participants`;
		const body = { participant_ids: [carol.userId] };
		expectSame(
			(await t.rest("POST", path, bob, body)).status,
			403,
			"status for a member who adds a participant",
		);
		expectSame(
			(await t.rest("POST", path, owner, body)).status,
			200,
			"status for an owner who adds a participant",
		);
		await t.connect(carol, room);
	}),

	restCheck("RS-9", async (t) => {
		const [owner, bob] = [await t.user(), await t.user()];
		const room = await t.room(owner, bob);
		const path = `/conversations/${room}/participants/${bob.userId}`;
		const answer = await t.rest("DELETE", path, owner);
		expectSame([answer.status, answer.text], [204, ""], "status and body");
		const { body } = await t.rest("GET", `/conversations/${room}`, owner);
		expectSame(
			(body as { participant_count?: number }).participant_count,
			1,
			"participant_count",
		);
	}),

	restCheck("RS-10", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		for (let i = 0; i < 3; i++) await a.say({ metadata: { i } });
		await t.rest(
			"DELETE",
			`/conversations/${room}/participants/${bob.userId}`,
			alice,
		);
		await b.next("participant_removed");
		await a.say({ metadata: { i: 3 } });
		const answer = await t.rest(
			"GET",
			`/conversations/${room}/messages?limit=100`,
			alice,
		);
		expectShape(answer, 200, Rest.messagePage);
		expectSame(
			(answer.body as MessagePage).messages,
			a.entries(),
			"every entry as broadcast, in ascending order",
		);
		const newest = await pageOf(t, alice, room, "?limit=2");
		expectSame(
			newest.messages,
			a.entries().slice(-2),
			"newest entries without a cursor",
		);
	}),

	restCheck("RS-11", async (t) => {
		const { a, alice, room } = await t.pair();
		for (let i = 0; i < 5; i++) await a.say({ metadata: { i } });
		const all = a.entries();
		const [, second, , fourth] = all;
		for (const [query, expected] of [
			[`after=${second?.message_id}`, all.slice(2)],
			[`after_seq=${second?.seq}`, all.slice(2)],
			[`before=${fourth?.message_id}`, all.slice(0, 3)],
			[`before_seq=${fourth?.seq}`, all.slice(0, 3)],
		] as const) {
			const page = await pageOf(t, alice, room, `?${query}`);
			expectSame(
				inOrder(page.messages),
				expected,
				`entries with ${query.split("=")[0]}`,
			);
			expectSame(page.next, null, "next at the end");
		}
		const walked: Frame[] = [];
		let next: number | null = 0;
		while (next !== null && walked.length <= all.length) {
			const page: MessagePage = await pageOf(
				t,
				alice,
				room,
				`?after_seq=${next}&limit=2`,
			);
			walked.push(...page.messages);
			next = page.next;
		}
		expectSame(inOrder(walked), all, "each entry once over all pages");
		const path = `/conversations/${room}/messages`;
		const unknown = await t.rest("GET", `${path}?after=${randomUUID()}`, alice);
		expectSame(
			[unknown.status, unknown.body],
			[404, NO_SUCH],
			"status and body for an unknown cursor",
		);
		const two = await t.rest("GET", `${path}?before_seq=1&after_seq=1`, alice);
		expectSame(two.status, 400, "status for two cursors");
	}),

	restCheck("RS-12", async (t) => {
		const { a, alice, room } = await t.pair();
		const path = `/conversations/${room}/messages`;
		const body = {
			content: "over REST",
			metadata: { k: "v" },
			client_message_id: randomUUID(),
		};
		const first = await t.rest("POST", path, alice, body);
		expectSame(first.status, 201, "status for a message");
		expectSame(
			await a.next("chat"),
			first.body,
			"the same message at the connections",
		);
		const again = await t.rest("POST", path, alice, body);
		expectSame(
			[again.status, again.body],
			[200, first.body],
			"status and first message for a repeat",
		);
		const other = await t.rest("POST", path, alice, { ...body, content: "x" });
		expectSame(other.status, 409, "status for different content");
	}),

	restCheck("RS-13", async (t) => {
		const { a, b, alice, bob, room } = await t.pair();
		const message = await a.say();
		await b.upTo(message);
		await b.send({ type: "read", message_id: message.message_id });
		await a.next("read");
		const answer = await t.rest(
			"GET",
			`/conversations/${room}/receipts`,
			alice,
		);
		expectShape(answer, 200, Rest.receipts);
		const { receipts } = answer.body as { receipts: Frame[] };
		const { message_id, seq } = message;
		// The writer has a receipt too, unless the server does not keep RD-6.
		expectSame(
			receipts
				.filter(({ user_id }) => user_id !== alice.userId)
				.map(({ user_id, read }) => [user_id, read]),
			[[bob.userId, { message_id, seq }]],
			"user and watermark of each receipt",
		);
	}),

	restCheck("RS-18", async (t) => {
		const { a, alice, bob, room } = await t.pair();
		const [phone, laptop, silent] = [randomUUID(), randomUUID(), randomUUID()];
		await a.say();
		let own: Frame | undefined;
		const look = async (): Promise<RestAnswer> => {
			const answer = await t.rest(
				"GET",
				`/conversations/${room}/receipts`,
				alice,
			);
			expectShape(answer, 200, Rest.receipts);
			const { receipts } = answer.body as { receipts: Frame[] };
			own = receipts.find(({ user_id }) => user_id === bob.userId);
			return answer;
		};
		await t.connect(bob, room, {
			query: { device_id: silent },
			autoPong: false,
		});
		let answer = await look();
		expect(
			own?.delivered === undefined,
			"no delivered before a device has proved that it received an entry",
			answer.text,
		);
		await t.connect(bob, room, { query: { device_id: phone } });
		const { message_id, seq } = await a.say();
		for (let i = 0; i < LOOKS && !own?.delivered; i++) {
			await t.settle();
			answer = await look();
		}
		expect(
			own?.delivered !== undefined,
			"delivered after a device has proved that it received an entry",
			answer.text,
		);
		expectSame(own.delivered, { message_id, seq }, "delivered");
		await t.connect(bob, room, { query: { device_id: laptop } });
		answer = await look();
		const devices = (own.devices ?? []) as Frame[];
		expect(
			[phone, laptop].every((id) =>
				devices.some(({ device_id }) => device_id === id),
			),
			"the position of each of two devices",
			answer.text,
		);
	}),

	restCheck("RS-14", async (t) => {
		const { alice, bob, room } = await t.pair();
		await t.connect(bob, room);
		const answer = await t.rest(
			"GET",
			`/conversations/${room}/presence`,
			alice,
		);
		expectShape(answer, 200, Rest.presence);
		const { users, count } = answer.body as { users: Frame[]; count: number };
		expectSame(
			[users.map(({ user_id }) => user_id).sort(), count],
			[[alice.userId, bob.userId].sort(), 2],
			"each user once, and the count",
		);
	}),

	restCheck("RS-17", async (t) => {
		const { a, alice, bob, room } = await t.pair();
		const signed = await admin(t);
		const removed = await t.rest(
			"DELETE",
			`/conversations/${room}/participants/${bob.userId}`,
			signed,
		);
		expectSame(removed.status, 204, "status for the removal of a participant");
		await a.next("participant_removed");
		const path = `/conversations/${room}/messages`;
		for (const [method, body] of [
			["GET", undefined],
			["POST", { content: "x" }],
		] as const)
			expectSame(
				(await t.rest(method, path, signed, body)).status,
				403,
				`status for ${method} messages`,
			);
		await t.rest("GET", `/conversations/${room}`, alice);
	}),
];

const ROUTES = (userId: string) =>
	[
		["GET", "", undefined],
		["GET", "/messages", undefined],
		["GET", "/receipts", undefined],
		["GET", "/presence", undefined],
		["POST", "/messages", { content: "x" }],
		["POST", "/participants", { participant_ids: [userId] }],
		["DELETE", `/participants/${userId}`, undefined],
	] as const;

/** Sorts a page's entries. A different rule covers their order. */
function inOrder(messages: readonly Frame[]): Frame[] {
	return messages.toSorted((a, b) => Number(a.seq) - Number(b.seq));
}

async function pageOf(
	t: Trial,
	user: User,
	room: string,
	query: string,
): Promise<MessagePage> {
	const answer = await t.rest(
		"GET",
		`/conversations/${room}/messages${query}`,
		user,
	);
	expectShape(answer, 200, Rest.messagePage);
	return answer.body as MessagePage;
}
