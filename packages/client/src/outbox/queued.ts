import type { ClientFrameOf } from "@secureconnect/protocol";
import { writeFrame } from "../frames.ts";
import { type Author, SentMessage } from "../sent-message.ts";
import type { OutboxRecord } from "./store.ts";

/** A message of the outbox: the application's view and the frame. */
export interface Queued {
	readonly record: OutboxRecord;
	readonly message: SentMessage;
	readonly frame: ClientFrameOf["chat"];
	readonly bytes: number;
	/** Whether a different tab could also send it. */
	isShared: boolean;
}

/** Creates a queued message from a new or stored record. */
export function toQueue(record: OutboxRecord, author: Author): Queued {
	const { createdAt: _, ...chat } = record;
	// A command has a type of its own.
	const frame = { type: "chat", ...chat } as ClientFrameOf["chat"];
	return {
		record,
		message: new SentMessage(record, author),
		frame,
		bytes: new TextEncoder().encode(writeFrame(frame)).length,
		isShared: false,
	};
}
