import { expect, test } from "vitest";
import type { Subscriber } from "../../src/chat/ports.ts";
import { sendPage } from "../../src/chat/recovery.ts";
import type { Room } from "../../src/chat/room.ts";
import { Seat } from "../../src/chat/seat.ts";
import { processScheduler } from "../../src/fair/scheduler.ts";
import { Turns } from "../../src/fair/turns.ts";
import type { MessageLog } from "../../src/log/contract.ts";

test.each([
	["is saying goodbye", false],
	["has gone while it stood in line for its page", true],
])("the log is not read for a connection that %s", async (_, isThereFirst) => {
	let pages = 0;
	const log = {
		page: () => {
			pages++;
			return Promise.resolve({ entries: [], more: false });
		},
	} as unknown as MessageLog;
	const subscriber = {
		userId: "reader",
		isOpen: isThereFirst,
		drained: () => Promise.resolve(),
	};
	const room = { has: () => true, nextSeq: 1_000_000 } as unknown as Room;
	const seat = new Seat(room, subscriber as Subscriber, 1, true);
	const framing = {
		frame: () => Buffer.alloc(0),
		compact: (frame: Uint8Array) => frame,
	};
	const turns = new Turns(processScheduler);
	// Uses up the turn, so that the next work must wait.
	turns.run("another user", () => {
		const end = performance.now() + 2;
		while (performance.now() < end);
	});
	const ahead = turns.take("another user", async () => {
		subscriber.isOpen = false;
	});
	await Promise.all([ahead, sendPage(seat, log, framing, turns)]);
	expect(pages).toBe(0);
});
