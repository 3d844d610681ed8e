import { type ChatError, closed } from "./errors.ts";
import type { Metadata } from "./events.ts";
import type { OutboxRecord } from "./outbox/store.ts";

/**
 * Status of a message. `queued`: waits to be sent. `sent`: waits for the server's answer. `acknowledged`: stored on
 * the server's disk. `failed`: rejected; `error` gives the reason.
 */
export type SendStatus = "queued" | "sent" | "acknowledged" | "failed";

/** Place of a stored message in the server's log. */
export interface Acknowledgement {
	readonly messageId: string;
	/** Undefined with protocol "seed" on a server that does not number entries. */
	readonly seq: number | undefined;
	/** RFC 3339, by the server's clock. */
	readonly timestamp: string;
}

/** Users whom a message mentions. */
export interface Mentions {
	/** At most 50. */
	readonly userIds?: string[];
	/** Whether it mentions all participants. Only owners and moderators may send it. */
	readonly all?: boolean;
}

/** A command of this user that amends a message: the client sends it as it sends messages, exactly once. */
export type SentCommand = Pick<
	SentMessage,
	"clientMessageId" | "createdAt" | "acknowledged" | "status" | "error"
>;

/** @internal The user who sends a message. */
export interface Author {
	/** Returns the user's id, once a token has named it. */
	userId(): string | undefined;
}

/** A message that this user sends, and its current status. It has the fields of a stored message. */
export class SentMessage<M extends object = Metadata> {
	/** Created on this device; the stored message carries the same id. */
	declare readonly clientMessageId: string;
	declare readonly content: string;
	declare readonly isEncrypted: boolean;
	declare readonly messageType: string;
	declare readonly metadata: Readonly<M>;
	/** Id of the message that this message answers. */
	declare readonly replyTo?: string;
	/** Id of the first message of the thread. */
	declare readonly threadId?: string;
	declare readonly mentions?: Mentions;
	/** @internal Type of a command; undefined for a message. */
	declare readonly type?: string;
	/** Time of the call to `send`, in milliseconds since 1970. */
	declare readonly createdAt: number;
	/**
	 * Resolves with the message's place, or rejects with a {@link ChatError}; code `closed` means that the
	 * conversation closed before an answer. A rejection without a handler is not reported as unhandled.
	 */
	readonly acknowledged: Promise<Acknowledgement>;
	readonly #author: Author;
	#status: SendStatus = "queued";
	#error: ChatError | undefined;
	#resolve: (acknowledgement: Acknowledgement) => void = () => {};
	#reject: (error: ChatError) => void = () => {};

	/** @internal */
	constructor(record: OutboxRecord, author: Author) {
		Object.assign(this, record);
		this.#author = author;
		this.acknowledged = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.acknowledged.catch(() => {});
	}

	/** This user's id; undefined until a token has named it. */
	get senderId(): string | undefined {
		return this.#author.userId();
	}
	/** Current status. The conversation's event `outbox` reports changes. */
	get status(): SendStatus {
		return this.#status;
	}
	/** Reason for the failure; undefined unless `status` is `failed`. */
	get error(): ChatError | undefined {
		return this.#error;
	}

	/** @internal */
	moved(status: "queued" | "sent"): void {
		this.#status = status;
	}

	/** @internal */
	arrived(at: Acknowledgement): void {
		this.#status = "acknowledged";
		this.#resolve(at);
	}

	/** @internal */
	failed(error: ChatError): void {
		this.#status = "failed";
		this.#error = error;
		this.#reject(error);
	}

	/** @internal The conversation was closed here. A stored message is sent when the conversation opens again. */
	left(): void {
		this.#reject(closed());
	}
}
