import { expect, test } from "vitest";
import type { Subscriber } from "../../src/chat/ports.ts";
import { catchUp } from "../../src/chat/recovery.ts";
import type { Attachment, Room } from "../../src/chat/room.ts";
import { Turns } from "../../src/chat/turns.ts";
import type { MessageLog } from "../../src/log/contract.ts";

test("nothing is read for a connection that is saying goodbye", async () => {
	let pages = 0;
	const log = {
		page: () => {
			pages++;
			return Promise.resolve({ entries: [], more: false });
		},
	} as unknown as MessageLog;
	const subscriber = {
		isOpen: false,
		drained: () => Promise.resolve(),
	} as Subscriber;
	const attachment: Attachment = {
		subscriber,
		nextSeq: 1,
		deferred: new Map(),
	};
	const room = { has: () => true, nextSeq: 1_000_000 } as unknown as Room;
	const framing = {
		frame: () => Buffer.alloc(0),
		compact: (frame: Uint8Array) => frame,
	};
	await catchUp(room, attachment, log, framing, new Turns());
	expect(pages).toBe(0);
});
