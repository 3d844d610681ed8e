/** Live list of the connection for all conversations: rows, totals, presence and devices. */
import { randomUUID } from "node:crypto";
import { InboxServerFrames } from "@secureconnect/protocol";
import { type Check, longCheck, restCheck } from "../check.ts";
import type { InboxClient } from "../inbox-client.ts";
import { expectValid } from "../shape.ts";
import { expectNone, type Frame } from "../test-client.ts";
import type { Trial, User } from "../trial.ts";
import { expect, expectSame, isSame } from "../verdict.ts";
import { ids } from "./amending.ts";
import { read } from "./answers.ts";
import {
	expectRestList,
	idsOf,
	restRow,
	untilRow,
	watched,
} from "./inbox-setup.ts";

/** A burst of messages, and the share of the time between two frames of a row that a busy machine may take away. */
const BURST = 12;
const BURST_EVERY_MS = 250;
const ROW_EVERY_MS = 1000;
const TOLERATED = 0.6;
const GRACE_MS = 3000;
const GRACE_AT_MOST_MS = 8000;
const PROVEN_MS = 2500;
const RACES = 4;
const ROOMS = 8;
const MEANWHILE = 160;

function own(room: string): string {
	return `/conversations/${room}/me`;
}

async function expectTotals(
	peer: InboxClient,
	total_unread: number,
	total_mentions: number,
	what: string,
): Promise<void> {
	const expected = { total_unread, total_mentions };
	try {
		await peer.until(what, () => isSame(peer.totals(), expected));
	} catch {
		expectSame(peer.totals(), expected, `totals ${what}`);
	}
}

async function isOnline(t: Trial, by: User, user: User, room: string) {
	const { users } = await read(t, by, room, "/presence");
	return (users as Frame[]).some(({ user_id }) => user_id === user.userId);
}

/** Records when a conversation comes in an `inbox_changed`. */
function timesOf(peer: InboxClient, room: string): number[] {
	const times: number[] = [];
	peer.ws.on("message", (data: Buffer) => {
		const text = data.toString();
		if (text.startsWith('{"type":"inbox_changed"') && text.includes(room))
			times.push(performance.now());
	});
	return times;
}

export const INBOX_LIST: readonly Check[] = [
	longCheck("IN-11", async (t) => {
		t.needsRest();
		const { a, inbox, alice, bob, room } = await watched(t);
		const changed = async (
			what: string,
			holds: (row: Frame) => boolean,
		): Promise<void> => {
			await untilRow(inbox, room, what, holds);
			await expectRestList(t, inbox, bob);
		};
		const message = await a.say({ mentions: { user_ids: [bob.userId] } });
		await changed("a new message", (row) => row.unread === 1);
		const b = await t.connect(bob, room);
		await b.send({ type: "read", message_id: message.message_id });
		await changed("a read on another device", (row) => row.unread === 0);
		await t.rest("PUT", own(room), bob, { favourite: true });
		await changed("own settings", (row) => row.favourite === true);
		const title = randomUUID();
		await t.rest("PATCH", `/conversations/${room}`, alice, { title });
		await changed("a new title", (row) => row.title === title);
		await b.say();
		await changed("an own message", (row) => row.unread === 0);
		await a.send({
			type: "delete",
			target_id: message.message_id,
			client_message_id: randomUUID(),
		});
		await changed("a deletion", (row) => Number(row.head_seq) >= 4);
		await inbox.subscribe(room);
		await a.say();
		await changed("a message in a subscription", (row) => row.unread === 1);
		await t.settle();
		const times = timesOf(inbox, room);
		for (let i = 0; i < BURST; i++) {
			await a.send({ type: "chat", content: randomUUID() });
			await new Promise((resolve) => setTimeout(resolve, BURST_EVERY_MS));
		}
		await a.say();
		await changed("a burst", (row) => row.unread === BURST + 2);
		const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
		expect(
			took >= (times.length - 1) * ROW_EVERY_MS * TOLERATED,
			"at most one inbox_changed per second with a conversation",
			`${times.length} in ${Math.round(took)} ms`,
		);
		for (const frame of inbox.of("inbox_changed"))
			expectValid(frame, InboxServerFrames.inbox_changed, "inbox_changed");
	}),

	restCheck("IN-12", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const late = await t.room(alice);
		const inbox = await t.inbox(bob);
		const users = `/conversations/${late}/participants`;
		const add = { participant_ids: [bob.userId] };
		const leave = `${users}/${bob.userId}`;
		const added = async (room: string, what: string): Promise<void> => {
			const frame = await inbox.find(
				`conversation_added for ${what}`,
				({ type, conversation }) =>
					type === "conversation_added" &&
					(conversation as Frame).conversation_id === room,
			);
			expectValid(
				frame,
				InboxServerFrames.conversation_added,
				"conversation_added",
			);
			expectSame(
				frame.conversation,
				await restRow(t, bob, room),
				`conversation of conversation_added for ${what}`,
			);
		};
		const gone = async (
			room: string,
			reason: string,
			from: number,
		): Promise<void> => {
			const frame = await inbox.answer(room, "conversation_removed", from);
			expectValid(
				frame,
				InboxServerFrames.conversation_removed,
				"conversation_removed",
			);
			expectSame(frame.reason, reason, "reason of conversation_removed");
		};
		await added(await t.room(bob), "a conversation that the user creates");
		const invited = await t.room(alice, bob);
		await added(invited, "a conversation created with the user");
		await t.rest("POST", users, alice, add);
		await added(late, "a conversation that the user is added to");
		let from = inbox.mark;
		await t.rest("DELETE", leave, alice);
		await gone(late, "removed", from);
		from = inbox.mark;
		await t.rest("DELETE", `/conversations/${invited}`, alice);
		await gone(invited, "deleted", from);
		from = inbox.mark;
		await t.rest("POST", users, alice, add);
		await inbox.find(
			"conversation_added for a user who is added again",
			({ type }) => type === "conversation_added",
			from,
		);
		await t.rest("DELETE", leave, bob);
		await gone(late, "removed", from);
		await expectRestList(t, inbox, bob);
	}),

	restCheck("IN-13", async (t) => {
		const { a, inbox, alice, bob, room } = await watched(t);
		const other = await t.room(alice, bob);
		const there = await t.connect(alice, other);
		await a.say({ mentions: { user_ids: [bob.userId] } });
		for (let i = 0; i < 2; i++) await there.say();
		await expectTotals(inbox, 3, 1, "of two conversations");
		const [past, future] = [-1, 1].map((years) => {
			const time = new Date();
			time.setUTCFullYear(time.getUTCFullYear() + years);
			return time.toISOString();
		});
		for (const [id, settings, unread, mentions, what] of [
			[room, { archived: true }, 2, 0, "without an archived conversation"],
			[other, { muted_until: future }, 0, 0, "without a muted conversation"],
			[other, { muted_until: past }, 2, 0, "after the end of a mute"],
			[room, { archived: false }, 3, 1, "of two conversations again"],
		] as const) {
			await t.rest("PUT", own(id), bob, settings);
			await expectTotals(inbox, unread, mentions, what);
			const opened = await t.inbox(bob);
			await expectTotals(opened, unread, mentions, `${what}, in an inbox`);
			opened.cut();
		}
	}),

	longCheck("IN-14", async (t) => {
		t.needsRest();
		const [alice, bob, carol] = [
			await t.user(),
			await t.user(),
			await t.user(),
		];
		const room = await t.room(alice, bob, carol);
		const a = await t.connect(alice, room);
		const inbox = await t.inbox(bob);
		const expectOffline = async (what: string): Promise<void> => {
			await a.say();
			expectNone(
				a.frames.filter(({ sender_id }) => sender_id === bob.userId),
				"user_joined",
				`no user_joined for ${what}`,
			);
			expect(
				!(await isOnline(t, alice, bob, room)),
				`a user who is offline with ${what}`,
				"online",
			);
		};
		const hear = (type: string, { userId }: User, from: number) =>
			a.find(
				`${type} of a user with a subscription`,
				(frame) => frame.type === type && frame.sender_id === userId,
				from,
				GRACE_AT_MOST_MS,
			);
		await expectOffline("an inbox without a subscription");
		await inbox.subscribe(room, { presence: false });
		await expectOffline("presence: false");
		await inbox.ask(room, { type: "unsubscribe" }, "unsubscribed");
		await expectOffline("the end of a subscription with presence: false");
		for (const end of ["unsubscribe", "a close with 1000"]) {
			const since = a.mark;
			const other = await t.connect(carol, room);
			await inbox.subscribe(room);
			for (const user of [bob, carol]) await hear("user_joined", user, since);
			expect(await isOnline(t, alice, bob, room), "a user online", "offline");
			// The other user leaves after the grace period, which shows that the first leaves without it.
			const from = a.mark;
			other.cut();
			if (end === "unsubscribe") await inbox.tell(room, { type: end });
			else inbox.ws.close(1000);
			await hear("user_left", carol, from);
			expectSame(
				a.of("user_left", from).map(({ sender_id }) => sender_id),
				[bob.userId, carol.userId],
				`user_left after ${end}, before that of a connection that broke earlier`,
			);
		}
		const again = await t.inbox(bob);
		const from = a.mark;
		await again.subscribe(room);
		await hear("user_joined", bob, from);
		const cut = performance.now();
		again.cut();
		await hear("user_left", bob, from);
		const ms = Math.round(performance.now() - cut);
		expect(
			ms > GRACE_MS / 2,
			`user_left ${GRACE_MS} ms after an inbox connection broke`,
			`after ${ms} ms`,
		);
	}),

	longCheck("IN-15", async (t) => {
		t.needsRest();
		const { a, alice, bob, room } = await watched(t);
		const elsewhere = await t.room(alice, bob);
		const there = await t.connect(alice, elsewhere);
		const device_id = randomUUID();
		let proves = true;
		const open = async (): Promise<InboxClient> => {
			const peer = await t.inbox(bob, { autoPong: false });
			peer.ws.on("ping", (payload) => {
				if (payload.length === 0 || proves) peer.ws.pong(payload);
			});
			for (const id of [room, elsewhere])
				await peer.subscribe(id, { device_id });
			await t.settle();
			return peer;
		};
		const first = await open();
		await first.upTo(await there.say());
		await first.upTo(await a.say());
		// The server asks at most once a second, about one subscription or about all.
		await first.watch(PROVEN_MS);
		proves = false;
		// The answer proves that the server has read the pongs before it.
		const unproven = await first.talk(room);
		first.cut();
		const missed = [await a.say(), await there.say()];
		const again = await open();
		const live = [await a.say(), await there.say()];
		for (const [i, id] of [room, elsewhere].entries()) {
			await again.upTo(live[i] ?? {});
			expectSame(
				idsOf(again.about(id)),
				ids([
					...(id === room ? [unproven] : []),
					missed[i],
					live[i],
				] as Frame[]),
				"entries of a subscription with device_id, after the newest proven one",
			);
		}
		const malformed = { type: "subscribe", device_id: "x" };
		await again.ask(room, { type: "unsubscribe" }, "unsubscribed");
		expectSame(
			(await again.ask(room, malformed, "error")).code,
			"invalid_frame",
			"code for a malformed device_id",
		);
	}),

	restCheck("IN-16", async (t) => {
		const [alice, bob] = [await t.user(), await t.user()];
		const writers = [];
		for (let i = 0; i < ROOMS; i++)
			writers.push(await t.connect(alice, await t.room(alice, bob)));
		let isOpen = false;
		const made: Promise<unknown>[] = [];
		const sent = writers.map(() => 0);
		const writing = (async () => {
			for (let i = 0; !isOpen && i < MEANWHILE; i++) {
				const at = i % ROOMS;
				await writers[at]?.send({ type: "chat", content: randomUUID() });
				sent[at] = (sent[at] ?? 0) + 1;
				await new Promise((resolve) => setTimeout(resolve, 2));
			}
		})();
		const opened: InboxClient[] = [];
		for (let i = 0; i < RACES; i++) {
			made.push(t.room(alice, bob));
			opened.push(await t.inbox(bob));
		}
		isOpen = true;
		await Promise.all([writing, ...made]);
		// Each message that was sent is stored now. No later change of a conversation hides one that was missed.
		for (const [i, peer] of writers.entries())
			await peer.until(
				"the writer's own copies",
				() => peer.of("chat").length === sent[i],
			);
		for (const peer of opened) await expectRestList(t, peer, bob);
	}),
];
