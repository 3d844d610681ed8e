import { randomUUID } from "node:crypto";
import { type Check, check, longCheck } from "../check.ts";
import type { Frame, Ping, TestClient } from "../test-client.ts";
import {
	bearer,
	type ConnectOptions,
	type Trial,
	type User,
} from "../trial.ts";
import { expect, expectSame } from "../verdict.ts";
import { expectRefusal, withOutsider } from "./handshake.ts";

/**
 * Time during which a check sends messages to a device and counts the pings, and time limit for a ping that the
 * server may send once a second.
 */
const TALKED_MS = 3000;
const TALKED_EVERY_MS = 150;
const ASKED_MS = 1200;
const MAX_DEVICES = 16;
const NO_UUIDS = ["x", "", "00000000-0000-0000-0000-000000000000"];

interface DeviceOptions {
	readonly query?: ConnectOptions["query"];
	/** The heartbeat's pings are always answered: they have no payload that could prove a delivery. */
	readonly answers?: "every ping" | "the heartbeat's";
}

/** Connects as a device, by its name alone unless the options say more. */
async function openDevice(
	t: Trial,
	user: User,
	room: string,
	deviceId: string,
	{ query = {}, answers = "the heartbeat's" }: DeviceOptions = {},
): Promise<TestClient> {
	const peer = await t.connect(user, room, {
		query: { device_id: deviceId, ...query },
		autoPong: answers === "every ping",
	});
	if (answers === "the heartbeat's")
		peer.ws.on("ping", (payload) => {
			if (payload.length === 0) peer.ws.pong(payload);
		});
	// A different rule covers the change from replay to live frames.
	await t.settle();
	return peer;
}

/** Resolves with the first ping after an entry. Its pong proves the delivery of the entry. */
async function askedBehind(peer: TestClient, entry: Frame): Promise<Ping> {
	await peer.upTo(entry);
	return askedFrom(
		peer,
		peer.frames.findIndex(({ message_id }) => message_id === entry.message_id) +
			1,
		"an entry",
	);
}

/** Resolves with the first ping after a number of frames. */
async function askedFrom(
	peer: TestClient,
	behind: number,
	what: string,
): Promise<Ping> {
	const find = (): Ping | undefined =>
		peer.pings.find(
			({ mark, payload }) => mark >= behind && payload.length > 0,
		);
	await peer.until(
		`a ping with a payload after ${what}, on a connection with device_id`,
		() => find() !== undefined,
	);
	return find() as Ping;
}

/**
 * Proves the delivery of everything up to an entry. Resolves with a message that was sent after the proof and is
 * not proven.
 */
async function prove(peer: TestClient, entry: Frame): Promise<Frame> {
	const { payload } = await askedBehind(peer, entry);
	peer.ws.pong(payload);
	return peer.say();
}

function ids(entries: readonly Frame[]): unknown[] {
	return entries.map(({ message_id }) => message_id);
}

function has(peer: TestClient, entry: Frame): boolean {
	return ids(peer.entries()).includes(entry.message_id);
}

/** Delivery cursors: the frames for a device that sends only its name. */
export const DEVICES: readonly Check[] = [
	longCheck("DC-1", async (t) => {
		const { a, bob, room } = await t.pair();
		const device = randomUUID();
		const first = await openDevice(t, bob, room, device);
		await a.say();
		const unproven = await prove(first, await a.say());
		first.cut();
		await a.upTo(unproven);
		const later = await a.say();
		const again = await openDevice(t, bob, room, device);
		const live = await a.say();
		await again.upTo(live);
		expectSame(
			ids(again.entries()),
			ids([unproven, later, live]),
			"entries for a device_id without a cursor, after the newest proven one",
		);
	}),

	check("DC-2", async (t) => {
		const { a, bob, room } = await t.pair();
		const [device, withCursor] = [randomUUID(), randomUUID()];
		const before = await a.say();
		(await openDevice(t, bob, room, device)).cut();
		const missed = [await a.say(), await a.say()];
		const again = await openDevice(t, bob, room, device);
		const live = await a.say();
		await again.upTo(live);
		expectSame(
			ids(again.entries()),
			ids([...missed, live]),
			"entries after the head at the device's first connection",
		);
		const query = { after_seq: String(Number(before.seq) - 1) };
		const first = await openDevice(t, bob, room, withCursor, { query });
		await first.upTo(live);
		first.cut();
		const back = await openDevice(t, bob, room, withCursor);
		const last = await a.say();
		await back.upTo(last);
		expectSame(
			ids(back.entries()),
			ids([before, ...missed, live, last]),
			"entries after the cursor of the device's first connection",
		);
	}),

	longCheck("DC-3", async (t) => {
		const { a, bob, room } = await t.pair();
		const device = randomUUID();
		const first = await openDevice(t, bob, room, device);
		const proof = await askedBehind(first, await a.say());
		first.ws.pong(proof.payload);
		await first.say();
		const sent = await a.say();
		await askedBehind(first, sent);
		// A payload that was answered before, that of the heartbeat, and one that answers no ping.
		for (const payload of [proof.payload, "", randomUUID().slice(0, 8)])
			first.ws.pong(payload);
		await first.say();
		first.cut();
		const again = await openDevice(t, bob, room, device);
		await again.upTo(await a.say());
		expect(
			has(again, sent),
			"a repeat of an entry that no pong with its ping's payload has proven",
			again.entries()[0],
		);
	}),

	longCheck("DC-4", async (t) => {
		const { a, b, bob, room } = await t.pair();
		const peer = await openDevice(t, bob, room, randomUUID(), {
			answers: "every ping",
		});
		const began = performance.now();
		while (performance.now() - began < TALKED_MS) {
			await a.send({ type: "chat", content: randomUUID() });
			await new Promise((resolve) => setTimeout(resolve, TALKED_EVERY_MS));
		}
		await askedBehind(peer, await a.say());
		for (const [{ pings, openedAt }, perSecond, what] of [
			[peer, 1, "at most one ping a second besides the heartbeat's"],
			[b, 0, "only the heartbeat's pings without device_id"],
		] as const) {
			const ms = performance.now() - openedAt;
			const most =
				Math.floor(ms / t.target.pingIntervalMs) +
				1 +
				Math.ceil((ms / 1000) * perSecond) +
				perSecond;
			expect(
				pings.length <= most,
				`${what}: at most ${most} in ${Math.round(ms)} ms`,
				`${pings.length}`,
			);
		}
	}),

	longCheck("DC-5", async (t) => {
		const { a, bob, room } = await t.pair();
		const device = randomUUID();
		const older = await openDevice(t, bob, room, device, {
			answers: "every ping",
		});
		const newer = await openDevice(t, bob, room, device);
		const message = await a.say();
		await askedBehind(newer, message);
		// If the server also pings the older connection, the pong has arrived by now.
		await older.watch(ASKED_MS);
		await older.say();
		older.cut();
		newer.cut();
		const again = await openDevice(t, bob, room, device);
		const live = await a.say();
		await again.upTo(live);
		expect(
			has(again, message),
			"a repeat of an entry that only an older connection of the device has proven",
			again.entries()[0],
		);
		const unproven = await prove(again, live);
		again.cut();
		const query = { after_seq: "0" };
		const further = await openDevice(t, bob, room, device, { query });
		await further.upTo(unproven);
		further.cut();
		const back = await openDevice(t, bob, room, device);
		await back.upTo(await a.say());
		expect(
			!has(back, message),
			"a cursor that does not move back when its device reads older entries",
			back.entries()[0],
		);
	}),

	longCheck("DC-6", async (t) => {
		const { a, alice, bob, room } = await t.pair();
		const elsewhere = await t.room(alice, bob);
		const there = await t.connect(alice, elsewhere);
		const earlierThere = await there.say();
		const devices = Array.from({ length: MAX_DEVICES + 1 }, () => randomUUID());
		const [quietest = "", second = "", ...others] = devices;
		// Sequential, so that each device connects at a different time.
		for (const device of [quietest, second, ...others.slice(0, -1)])
			(await openDevice(t, bob, room, device)).cut();
		const message = await a.say();
		(await openDevice(t, bob, room, others.at(-1) ?? "")).cut();
		const kept = await openDevice(t, bob, room, second);
		const another = await openDevice(t, alice, room, second);
		const stranger = await openDevice(t, bob, elsewhere, second);
		// The last device starts without a cursor, so it exceeds the limit again.
		const anew = await openDevice(t, bob, room, quietest);
		const [live, liveThere] = [await a.say(), await there.say()];
		for (const [peer, isTold, earlier, last, whose] of [
			[kept, true, message, live, "one of the 16 newest devices"],
			[anew, false, message, live, "the longest quiet of 17 devices"],
			[
				another,
				false,
				message,
				live,
				"a different user's device with the same id",
			],
			[
				stranger,
				false,
				earlierThere,
				liveThere,
				"a device in a different conversation",
			],
		] as const) {
			await peer.upTo(last);
			expect(
				has(peer, earlier) === isTold,
				`${isTold ? "the missed entries" : "no earlier entry"} for ${whose}`,
				peer.entries()[0],
			);
		}
	}),

	check("DC-7", async (t) => {
		const { outsider, room } = await withOutsider(t);
		const ask = (conversation_id: string, device_id: string, upgrade = true) =>
			t.handshake(
				{ conversation_id, device_id },
				bearer(outsider.token),
				upgrade,
			);
		for (const [i, device] of NO_UUIDS.entries())
			expectRefusal(
				await ask(room, device, i > 0),
				400,
				"invalid device_id",
				`device_id "${device}" of a user who is not a participant`,
			);
		expectRefusal(
			await ask("general", "x"),
			400,
			"invalid conversation_id",
			"a malformed device_id beside a malformed conversation_id",
		);
	}),

	longCheck("DC-8", async (t) => {
		const { a, bob, room } = await t.pair();
		const device = randomUUID();
		const query = { after: "head" };
		(await openDevice(t, bob, room, device)).cut();
		const missed = await a.say();
		const unproven = await openDevice(t, bob, room, device, { query });
		expectSame(
			ids(unproven.entries()),
			[],
			"missed entries with after=head and device_id",
		);
		unproven.cut();
		const back = await openDevice(t, bob, room, device);
		await back.upTo(await a.say());
		expect(
			has(back, missed),
			"the entries missed before an after=head that no pong has proven",
			back.entries()[0],
		);
		back.cut();
		const proven = await openDevice(t, bob, room, device, { query });
		const { payload } = await askedFrom(
			proven,
			0,
			"an opening with a known cursor",
		);
		proven.ws.pong(payload);
		await proven.say();
		proven.cut();
		const last = await openDevice(t, bob, room, device);
		await last.upTo(await a.say());
		expect(
			!has(last, missed),
			"no entry from before an after=head that a pong has proven",
			last.entries()[0],
		);
	}),
];
