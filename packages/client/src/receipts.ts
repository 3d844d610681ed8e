/** The protocol document's "send after 1 second delay". */
const DEBOUNCE_MS = 1000;
/** Messages of which to know which is the newer; older ones count as older than these. */
const REMEMBERED = 1000;

/** The user's own read watermark: only the newest is sent, once it has rested, and again where it may have been lost. */
export class ReadSender {
	/** Sends; false where there is no connection. */
	readonly #send: (messageId: string) => boolean;
	/** Their `seq` by id, or the order in which they came where there is none. */
	readonly #places = new Map<string, number>();
	#count = 0;
	#newest: string | undefined;
	#sent: string | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(send: (messageId: string) => boolean) {
		this.#send = send;
	}

	/** A message was seen, live or in the history. */
	saw(messageId: string, seq: number | undefined): void {
		this.#places.set(messageId, seq ?? this.#count++);
		if (this.#places.size <= REMEMBERED) return;
		const [oldest = ""] = this.#places.keys();
		this.#places.delete(oldest);
	}

	read(messageId: string): void {
		const place = this.#place(messageId);
		const newest = this.#newest;
		if (
			newest !== undefined &&
			(newest === messageId || place < this.#place(newest))
		)
			return;
		this.#newest = messageId;
		this.#timer ??= setTimeout(() => this.#flush(), DEBOUNCE_MS);
	}

	/** The log is another one: what was seen may not be in it. */
	forget(): void {
		this.#places.clear();
		this.#newest = this.#sent = undefined;
	}

	/** A connection is there. Whether the last one's watermark arrived there is no telling; twice is harmless. */
	opened(ownWatermark: string | undefined): void {
		if (ownWatermark === this.#newest) return;
		this.#sent = undefined;
		if (this.#timer === undefined) this.#flush();
	}

	/** Sends what is still to be sent, at once. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#flush();
	}

	#flush(): void {
		this.#timer = undefined;
		const newest = this.#newest;
		if (newest !== undefined && newest !== this.#sent && this.#send(newest))
			this.#sent = newest;
	}

	#place(messageId: string): number {
		return this.#places.get(messageId) ?? -1;
	}
}
