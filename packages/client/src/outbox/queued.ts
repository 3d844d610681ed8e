import type { ClientFrameOf } from "@secureconnect/protocol";
import { writeFrame } from "../frames.ts";
import { SentMessage } from "../sent-message.ts";
import type { OutboxRecord } from "./store.ts";

/** A message of the outbox, as the application sees it and as it is sent. */
export interface Queued {
	readonly record: OutboxRecord;
	readonly message: SentMessage;
	readonly frame: ClientFrameOf["chat"];
	readonly bytes: number;
	/** Whether another tab could send it as well. */
	isShared: boolean;
}

/** Makes a message of what was written or kept. */
export function toQueue(record: OutboxRecord): Queued {
	const { createdAt: _, ...chat } = record;
	const frame: ClientFrameOf["chat"] = { type: "chat", ...chat };
	return {
		record,
		message: new SentMessage(record),
		frame,
		bytes: new TextEncoder().encode(writeFrame(frame)).length,
		isShared: false,
	};
}
