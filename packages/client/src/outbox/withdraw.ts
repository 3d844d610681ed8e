import type { ServerFrameOf } from "@secureconnect/protocol";
import type { ClientErrorCode } from "../errors.ts";
import type { SentMessage } from "../sent-message.ts";
import type { Subscription } from "../subscription.ts";

const WITHDRAWN: ClientErrorCode = "withdrawn";

/** Messages that this process wrote and never sent. */
const unsent = new WeakSet<SentMessage>();

/** Records the status of a message that this process wrote: call it for the new message, and after each change. */
export function noteStatus(message: SentMessage, isNew: boolean): void {
	if (message.status !== "queued") unsent.delete(message);
	else if (isNew) unsent.add(message);
}

/**
 * Removes a message from the outbox if this process never sent it. The message fails with `withdrawn`.
 * @param stored called with the message's id if a different tab, which shares the outbox, has sent it
 * @returns whether the message was removed
 */
export function withdraw(
	{ outbox, events, userId }: Subscription,
	message: SentMessage,
	stored: (messageId: string) => void,
): boolean {
	if (!unsent.delete(message)) return false;
	const { clientMessageId } = message;
	const off = events.on("entry", (entry) => {
		if (
			entry.clientMessageId === clientMessageId &&
			entry.senderId === userId
		) {
			off();
			// A stored message has an id.
			stored(entry.messageId as string);
		}
	});
	// The outbox reads only these fields of an `error` frame.
	outbox.refused({
		clientMessageId,
		code: WITHDRAWN as "forbidden",
		message: WITHDRAWN,
	} as ServerFrameOf["error"]);
	return true;
}
