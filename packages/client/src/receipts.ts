/** The "send after 1 second delay" of the original protocol document. */
const DEBOUNCE_MS = 1000;
/** Number of messages whose order is remembered. Older messages count as older than all of these. */
const REMEMBERED = 1000;

/**
 * The user's read watermark: sends only the newest, after one second without a newer one, and again if it may have
 * been lost.
 */
export class ReadSender {
	/** Sends a watermark; returns false without a connection. */
	readonly #send: (messageId: string) => boolean;
	/** The `seq` of each message by id, or its order of arrival if the server does not number messages. */
	readonly #places = new Map<string, number>();
	#count = 0;
	#newest: string | undefined;
	#sent: string | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(send: (messageId: string) => boolean) {
		this.#send = send;
	}

	/** Records a message that was received, live or from the history. */
	saw(messageId: string, seq: number | undefined): void {
		this.#places.set(messageId, seq ?? this.#count++);
		if (this.#places.size <= REMEMBERED) return;
		const [oldest = ""] = this.#places.keys();
		this.#places.delete(oldest);
	}

	read(messageId: string): void {
		const place = this.place(messageId) ?? -1;
		const newest = this.#newest;
		if (
			newest !== undefined &&
			(newest === messageId || place < (this.place(newest) ?? -1))
		)
			return;
		this.#newest = messageId;
		this.#timer ??= setTimeout(() => this.flush(), DEBOUNCE_MS);
	}

	/** Returns the `seq` of a message, or its order of arrival; undefined if it was not received, or long ago. */
	place(messageId: string): number | undefined {
		return this.#places.get(messageId);
	}

	/** Forgets all messages: the log was replaced, and they may not be in the new one. */
	forget(): void {
		this.#places.clear();
		this.#newest = this.#sent = undefined;
	}

	/**
	 * Sends again after a reconnect: the server may not have received the last watermark. A repetition is harmless.
	 */
	opened(ownWatermark: string | undefined): void {
		if (ownWatermark === this.#newest) return;
		this.#sent = undefined;
		if (this.#timer === undefined) this.flush();
	}

	/** Sends an unsent watermark at once. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const newest = this.#newest;
		if (newest !== undefined && newest !== this.#sent && this.#send(newest))
			this.#sent = newest;
	}
}
