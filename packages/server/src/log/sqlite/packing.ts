/** Shortens outcomes for their way from the writer's thread: a stored message is what its write says, and its `seq`. */
import type { Outcome, Write } from "../contract.ts";

/** Message that was stored as it was written. */
interface StoredAsWritten {
	readonly kind: "stored_as_written";
	readonly seq: number;
}

export type ShortOutcome = Outcome | StoredAsWritten;

export function shortened(
	outcome: Outcome,
	write: Write | undefined,
): ShortOutcome {
	return outcome.kind === "stored" && write?.kind === "message"
		? { kind: "stored_as_written", seq: outcome.entry.seq }
		: outcome;
}

/** Reverses {@link shortened}. */
export function restored(
	outcome: ShortOutcome,
	write: Write | undefined,
): Outcome {
	if (outcome.kind !== "stored_as_written") return outcome;
	if (write?.kind !== "message")
		throw new Error("an outcome without its message");
	const { conversationId, senderId, messageId } = write;
	const { timestamp, clientMessageId, body } = write;
	return {
		kind: "stored",
		entry: {
			type: "chat",
			conversationId,
			seq: outcome.seq,
			messageId,
			senderId,
			timestamp,
			clientMessageId,
			body,
		},
	};
}
