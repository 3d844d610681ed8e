/**
 * Packs batches and outcomes for their way between the threads. Most writes are messages, and copying an object costs
 * more than copying its fields.
 */
import type { Outcome, Write, Writes } from "../contract.ts";

/** Writes, and the fields of messages that have only these. */
export type PackedBatch = readonly (Write | string | number | null)[];

/** Outcome of a write, or the `seq` of a message that was stored as it was written. */
export type PackedOutcome = Outcome | number;

/** Number of fields that {@link packed} writes for a message. */
const FIELDS = 6;

export function packed(batch: readonly Write[]): PackedBatch {
	const fields: (Write | string | number | null)[] = [];
	for (const write of batch)
		if (write.kind === "message" && isPlain(write))
			fields.push(
				write.conversationId,
				write.senderId,
				write.messageId,
				write.timestamp,
				write.clientMessageId,
				write.body,
			);
		else fields.push(write);
	return fields;
}

function isPlain({ replyTo, threadId, mentions }: Writes["message"]): boolean {
	return (
		replyTo === undefined && threadId === undefined && mentions === undefined
	);
}

/** Reverses {@link packed}. */
export function unpacked(fields: PackedBatch): Write[] {
	const batch: Write[] = [];
	for (let i = 0; i < fields.length; ) {
		const first = fields[i];
		if (typeof first === "object" && first !== null) {
			batch.push(first);
			i++;
			continue;
		}
		const clientMessageId = fields[i + 4];
		batch.push({
			kind: "message",
			conversationId: String(first),
			senderId: String(fields[i + 1]),
			messageId: String(fields[i + 2]),
			timestamp: Number(fields[i + 3]),
			clientMessageId:
				typeof clientMessageId === "string" ? clientMessageId : null,
			body: String(fields[i + 5]),
		});
		i += FIELDS;
	}
	return batch;
}

export function packedOutcome(
	outcome: Outcome,
	write: Write | undefined,
): PackedOutcome {
	return outcome.kind === "stored" && write?.kind === "message"
		? outcome.entry.seq
		: outcome;
}

/** Returns the outcome of a message that was stored as it was written. */
export function storedAsWritten(
	seq: number,
	write: Write | undefined,
): Outcome {
	if (write?.kind !== "message")
		throw new Error("an outcome without its message");
	const { conversationId, senderId, messageId } = write;
	const { timestamp, clientMessageId, body } = write;
	return {
		kind: "stored",
		entry: {
			type: "chat",
			conversationId,
			seq,
			messageId,
			senderId,
			timestamp,
			clientMessageId,
			body,
		},
	};
}
