import {
	encodeFrame,
	type InboxServerFrameOf,
	rfc3339,
} from "@secureconnect/protocol";
import type { MessageLog } from "../../log/contract.ts";

/** Connection that shows a user's list, as the inbox sees it. */
export interface InboxReceiver {
	readonly isOpen: boolean;
	readonly isFull: boolean;
	send(json: string): void;
	drained(): Promise<void>;
}

export interface OpenInbox {
	/** Sends the `inbox` frame with these fields of the socket, then changes as they come. */
	start(
		receiver: InboxReceiver,
		socket: Pick<
			InboxServerFrameOf["inbox"],
			"limits" | "intervals" | "expiresAt"
		>,
	): void;
	/** Ends the inbox; also valid before `start`. */
	close(): void;
}

/** Stand-in with an empty list. */
export class Inboxes {
	readonly #log: MessageLog;

	constructor(log: MessageLog) {
		this.#log = log;
	}

	async open(userId: string): Promise<OpenInbox> {
		return {
			start: (receiver, socket) =>
				receiver.send(
					encodeFrame({
						type: "inbox",
						userId,
						epoch: this.#log.epoch,
						conversations: [],
						more: false,
						totalUnread: 0,
						totalMentions: 0,
						...socket,
						timestamp: rfc3339(Date.now()),
					}),
				),
			close: () => {},
		};
	}
}
