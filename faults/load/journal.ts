/** What a client writes down: everything it hands over, is told and is shown, at the moment when that happens. */

/** An entry of a conversation as somebody was shown it, in a frame or over REST. */
export interface Shown {
	readonly type: string;
	readonly seq: number;
	readonly message_id: string;
	readonly sender_id: string;
	readonly content?: string;
	readonly timestamp: string;
	readonly client_message_id?: string;
}

/**
 * What a connection asked to be shown first: what comes after a message or a `seq`, what its device has not proved to
 * have got, or only what is new.
 */
export type Cursor =
	| { readonly after: string }
	| { readonly afterSeq: number }
	| "device"
	| "none";

export interface Watermark {
	readonly userId: string;
	readonly messageId: string;
}

export type Happening =
	| { readonly kind: "connecting"; readonly cursor: Cursor }
	/** The handshake has succeeded. */
	| { readonly kind: "opened" }
	/** A ping came, and its pong was handed to the connection, whatever became of it. */
	| { readonly kind: "pinged" }
	/** The frame that a v1 client gets first. */
	| { readonly kind: "welcomed"; readonly watermarks: readonly Watermark[] }
	/** Handed to the connection, whatever became of it; `id` is the `client_message_id`. */
	| {
			readonly kind: "sent";
			readonly content: string;
			readonly id: string | undefined;
	  }
	/** Told that it is stored: by the sender's own copy, or by an `ack`. */
	| {
			readonly kind: "acknowledged";
			readonly content: string;
			readonly messageId: string;
			readonly seq: number;
	  }
	| {
			readonly kind: "refused";
			readonly code: string;
			readonly id: string | undefined;
	  }
	| { readonly kind: "delivered"; readonly entry: Shown }
	/** Told how far somebody has read. */
	| ({ readonly kind: "watermark" } & Watermark)
	| { readonly kind: "closed"; readonly code: number };

export type Event = Happening & {
	/** Which connection of this client, from 0. */
	readonly connection: number;
	/** Counts up over all clients of a room, so that what two of them saw can be put in order. */
	readonly n: number;
	/** Milliseconds on one clock for all clients. */
	readonly at: number;
};

/** Numbers the events of one room. */
export class Ticker {
	#n = 0;
	next(): number {
		return this.#n++;
	}
}

/** One client's events, in order. */
export class Journal {
	readonly events: Event[] = [];
	/** The newest `seq` of what was acknowledged. */
	acknowledgedSeq = 0;
	readonly #ticker: Ticker;
	readonly #onEvent: (event: Event) => void;

	constructor(ticker: Ticker, onEvent: (event: Event) => void) {
		this.#ticker = ticker;
		this.#onEvent = onEvent;
	}

	write(connection: number, happening: Happening): void {
		const event: Event = {
			...happening,
			connection,
			n: this.#ticker.next(),
			at: performance.now(),
		};
		this.events.push(event);
		if (event.kind === "acknowledged")
			this.acknowledgedSeq = Math.max(this.acknowledgedSeq, event.seq);
		this.#onEvent(event);
	}
}
