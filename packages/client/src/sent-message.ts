import { type ChatError, closed } from "./errors.ts";
import type { OutboxRecord } from "./outbox/store.ts";

/**
 * `queued`: waits for its turn. `sent`: is on its way, or its answer is. `acknowledged`: on the server's disk.
 * `failed`: refused; `error` says why.
 */
export type SendStatus = "queued" | "sent" | "acknowledged" | "failed";

/** Where the server stored a message. */
export interface Acknowledgement {
	readonly messageId: string;
	/** Undefined with protocol "seed" on a server that counts nothing. */
	readonly seq: number | undefined;
	/** RFC 3339, by the server's clock. */
	readonly timestamp: string;
}

/** A message that this user sends, and what has become of it. */
export class SentMessage {
	/** Made here; the message that comes back has it too. */
	declare readonly clientMessageId: string;
	declare readonly content: string;
	declare readonly isEncrypted: boolean;
	declare readonly messageType: string;
	declare readonly metadata: Readonly<Record<string, unknown>>;
	/** When it was written, milliseconds since 1970. */
	declare readonly createdAt: number;
	/**
	 * Settles once: with its place, or with a {@link ChatError}, which is `closed` where the conversation was closed before an
	 * answer. Nobody need listen: what is not caught is not reported as unhandled.
	 */
	readonly acknowledged: Promise<Acknowledgement>;
	#status: SendStatus = "queued";
	#error: ChatError | undefined;
	#resolve: (acknowledgement: Acknowledgement) => void = () => {};
	#reject: (error: ChatError) => void = () => {};

	/** @internal */
	constructor(record: OutboxRecord) {
		Object.assign(this, record);
		this.acknowledged = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.acknowledged.catch(() => {});
	}

	/** The conversation's event `outbox` tells of changes. */
	get status(): SendStatus {
		return this.#status;
	}
	/** Why it failed; undefined unless it has. */
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

	/** @internal The conversation was closed here; the message, where it is kept, is sent when it is opened again. */
	left(): void {
		this.#reject(closed());
	}
}
