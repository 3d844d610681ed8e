import type { Entry } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import type { Subscriber } from "../../src/chat/ports.ts";
import { Room } from "../../src/chat/room.ts";
import type { Seat } from "../../src/chat/seat.ts";
import { processScheduler } from "../../src/fair/scheduler.ts";

/** Connection whose peer reads when the test says so. */
class FakeConnection implements Subscriber {
	readonly name = undefined;
	readonly isOpen = true;
	readonly isV1: boolean;
	readonly takesCompact = false;
	readonly id: string;
	readonly pageBytes = 1000;
	isFull = false;
	got = "";

	constructor(id: string, isV1 = true) {
		this.id = id;
		this.isV1 = isV1;
	}
	get userId(): string {
		return `user of ${this.id}`;
	}
	write(parts: readonly Uint8Array[]): void {
		this.got += Buffer.concat(parts).toString();
	}
	drained(): Promise<void> {
		return Promise.resolve();
	}
	end(): void {}
}

function openRoom(): { room: Room; behind: Seat[] } {
	const behind: Seat[] = [];
	const room = new Room(
		"c",
		{
			presenceGraceMs: 0,
			presenceBroadcastUsers: 1000,
		},
		{ frame: (json) => Buffer.from(json), compact: (frame) => frame },
		processScheduler,
		{
			dirty: () => {},
			behind: (seat) => behind.push(seat),
			empty: () => {},
		},
	);
	room.start(0);
	return { room, behind };
}

test("a connection that falls behind later gets the presence and read events of that flush", () => {
	const { room, behind } = openRoom();
	const [slow, other] = [
		new FakeConnection("slow"),
		new FakeConnection("other"),
	];
	room.attach(slow, 1, [], []);
	const leaving = room.attach(other, 1, [], []);
	slow.isFull = true;
	slow.got = "";
	room.detach(leaving, "left");
	room.relay({
		kind: "read",
		userId: "reader",
		messageId: "m",
		seq: 1,
		timestamp: 0,
		origin: "elsewhere",
	});
	room.flush();
	expect([slow.got, behind.length]).toEqual(["", 1]);
	slow.isFull = false;
	const [seat] = behind;
	if (seat) room.goLive(seat);
	expect(slow.got).toMatch(/"user_left".*"user of other"/);
	expect(slow.got).toMatch(/"read".*"reader"/);
});

test("going live writes to no other connection", () => {
	const { room, behind } = openRoom();
	const [slow, other] = [
		new FakeConnection("slow"),
		new FakeConnection("other"),
	];
	room.attach(slow, 1, [], []);
	room.attach(other, 1, [], []);
	slow.isFull = true;
	room.relay({
		kind: "typing",
		userId: "typist",
		timestamp: 0,
		origin: "elsewhere",
	});
	room.flush();
	slow.isFull = false;
	const before = other.got;
	const [seat] = behind;
	if (seat) room.goLive(seat);
	expect(other.got).toBe(before);
	expect(slow.got).not.toContain("typist");
});

test("[RD-4] a room relays the newest of a watermark's moves in a turn, so a new connection sees no move back", () => {
	const { room } = openRoom();
	const [reader, other] = [
		new FakeConnection("reader"),
		new FakeConnection("other"),
	];
	const read = (userId: string, seq: number, origin: string): void =>
		room.relay({
			kind: "read",
			userId,
			messageId: `m${seq}`,
			seq,
			timestamp: 0,
			origin,
		});
	room.attach(reader, 1, [], []);
	read("u", 1, "elsewhere");
	read("u", 2, "elsewhere");
	read("u", 3, reader.id);
	read("v", 1, "elsewhere");
	// A connection that joins in between does not receive events relayed before it joined.
	room.attach(other, 1, ["welcome with u at 3"], []);
	room.flush();
	const reads = ({ got }: FakeConnection): string[] =>
		[...got.matchAll(/"message_id":"(\w+)"/g)].map(([, id = ""]) => id);
	expect([reads(reader), reads(other)]).toEqual([["m1"], []]);
	read("u", 4, "elsewhere");
	read("u", 5, "elsewhere");
	room.flush();
	expect([reads(reader), reads(other)]).toEqual([["m1", "m5"], ["m5"]]);
});

test("a new connection gets only frames queued after it joined, and its own user_joined once", () => {
	const { room } = openRoom();
	const [first, second] = [
		new FakeConnection("first"),
		new FakeConnection("second"),
	];
	room.attach(first, 1, [], []);
	room.append(entry(1));
	const seat = room.attach(second, 2, [], []);
	room.append(entry(2));
	room.flush();
	expect(seqsIn(first.got)).toEqual([1, 2]);
	expect(seqsIn(second.got)).toEqual([2]);
	expect(seat.nextSeq).toBe(3);
	for (const { got } of [first, second])
		expect(got.match(/"user_joined"[^}]*user of second/g)).toHaveLength(1);
});

function entry(seq: number): Entry {
	return {
		type: "chat",
		conversationId: "c",
		seq,
		messageId: `m${seq}`,
		senderId: "s",
		timestamp: 0,
		clientMessageId: null,
		body: "{}",
	};
}

function seqsIn(got: string): number[] {
	return Array.from(got.matchAll(/"seq":(\d+)/g), ([, seq]) => Number(seq));
}

test("[RE-9] a deleted message that the room reads to fill a gap reaches v1 clients and no plain client", () => {
	const { room, behind } = openRoom();
	const plain = new FakeConnection("plain", false);
	const v1 = new FakeConnection("v1");
	for (const connection of [plain, v1]) room.attach(connection, 1, [], []);
	for (const connection of [plain, v1]) connection.got = "";
	const about = {
		conversationId: "c",
		senderId: "s",
		timestamp: 0,
		clientMessageId: null,
	};
	const entries: Entry[] = [
		{ type: "chat", seq: 1, messageId: "m1", body: '{"content":"before"}' },
		{
			type: "chat",
			seq: 2,
			messageId: "m2",
			body: '{"content":"","deleted":true}',
			isErased: true as const,
		},
		{ type: "delete", seq: 3, messageId: "m3", body: '{"target_id":"m2"}' },
	].map((entry) => ({ ...about, ...entry }) as Entry);
	for (const entry of entries) room.append(entry);
	const late = new FakeConnection("late", false);
	room.attach(late, 4, [], []);
	room.append({
		...about,
		type: "chat",
		seq: 4,
		messageId: "m4",
		body: '{"content":"after"}',
	});
	room.flush();
	const ids = ({ got }: FakeConnection): string[] =>
		[...got.matchAll(/"message_id":"(m\d)"/g)].map(([, id = ""]) => id);
	expect([plain, v1, late].map(ids)).toEqual([
		["m1", "m3", "m4"],
		["m1", "m2", "m3", "m4"],
		["m4"],
	]);
	expect(behind).toEqual([]);
});
