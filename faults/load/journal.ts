/** Journal of a client: everything that it sends and receives, recorded at that moment. */

/** Entry of a conversation as a client received it, in a frame or over REST. */
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
 * Entries that a connection requested first: those after a message or a `seq`, those that its device has not proved, or
 * only new ones.
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
	/** The handshake succeeded. */
	| { readonly kind: "opened" }
	/** A ping arrived, and the client wrote its pong to the connection. The pong may have been lost. */
	| { readonly kind: "pinged" }
	/** First frame of a v1 client. */
	| { readonly kind: "welcomed"; readonly watermarks: readonly Watermark[] }
	/** The client wrote a message to the connection. It may have been lost. `id` is the `client_message_id`. */
	| {
			readonly kind: "sent";
			readonly content: string;
			readonly id: string | undefined;
	  }
	/** The server acknowledged the message, by the sender's own copy or by an `ack`. */
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
	/** The client received a user's read watermark. */
	| ({ readonly kind: "watermark" } & Watermark)
	| { readonly kind: "closed"; readonly code: number };

export type Event = Happening & {
	/** Number of this client's connection, from 0. */
	readonly connection: number;
	/** Counter over all clients of a room, which orders the events of different clients. */
	readonly n: number;
	/** Milliseconds on the common clock of all clients. */
	readonly at: number;
};

/** Numbers the events of one room. */
export class Ticker {
	#n = 0;
	next(): number {
		return this.#n++;
	}
}

/** Events of one client, in order. */
export class Journal {
	readonly events: Event[] = [];
	/** Newest acknowledged `seq`. */
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
