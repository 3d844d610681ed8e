import type { ConnectionState } from "./connection-state.ts";
import type { Listener } from "./emitter.ts";
import { closed } from "./errors.ts";
import type { ConversationEvents, Entry } from "./events.ts";
import { type HistoryOptions, history } from "./history.ts";
import type { PresentUser } from "./presence.ts";
import type { Rest } from "./rest.ts";
import type { SentMessage } from "./sent-message.ts";
import type { Session } from "./session.ts";

export interface SendOptions {
	/** A mark for the application's own encryption, relayed as it is (rule CH-2); false unless given. */
	readonly isEncrypted?: boolean;
	/** "text" unless given; at most 64 characters (rule FR-9). */
	readonly messageType?: string;
	/** Anything that JSON has, relayed as it is; at most 16,384 bytes as JSON, nested 16 deep (rule FR-9). */
	readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * One subscriber's view of a conversation. Subscribers of the same client share a connection, which is closed after the
 * last of them has closed its view. Listeners end with the view.
 */
export class Conversation {
	readonly #session: Session;
	readonly #rest: Rest;
	readonly #release: () => void;
	readonly #listening = new Set<() => void>();
	/** A view that joins an existing connection does not receive earlier entries. */
	#opensAt: number;
	#isClosed = false;

	/** @internal See {@link ChatClient.conversation}. */
	constructor(session: Session, rest: Rest, release: () => void) {
		this.#session = session;
		this.#rest = rest;
		this.#release = release;
		this.#opensAt = (session.sequence.last ?? 0) + 1;
		this.on("reset", () => {
			this.#opensAt = 0;
		});
	}

	/** The conversation's, in lower case. */
	get id(): string {
		return this.#session.conversationId;
	}
	/** One's own id; undefined until a token has said it. */
	get userId(): string | undefined {
		return this.#session.userId;
	}
	/** What the connection is now; the event `state` tells of changes. */
	get state(): ConnectionState {
		return this.#session.connection.state;
	}
	/** Who is on line, oneself too, as far as the server lists them: at most 100 when a connection opens, and who comes after. */
	get presence(): readonly PresentUser[] {
		return this.#session.presence.users;
	}
	/** How many are on line; may be more than are listed. */
	get presenceCount(): number {
		return this.#session.presence.count;
	}
	/** Ids of who is typing, without oneself. */
	get typing(): readonly string[] {
		return this.#session.typing.users;
	}
	/** By user, the id of the message up to which they have read. */
	get receipts(): ReadonlyMap<string, string> {
		return this.#session.receipts;
	}
	/** One's own messages without an acknowledgement, oldest first; of earlier runs too, where the outbox is kept. */
	get unacknowledged(): readonly SentMessage[] {
		return this.#session.outbox.messages;
	}

	/**
	 * Calls `listener` at every `event` from now on, until what is returned is called or this is closed. One that throws disturbs
	 * nothing: its error is reported as uncaught.
	 */
	on<K extends keyof ConversationEvents>(
		event: K,
		listener: Listener<ConversationEvents[K]>,
	): () => void {
		if (this.#isClosed) return () => {};
		const off = this.#session.events.on(event, listener);
		this.#listening.add(off);
		return () => {
			off();
			this.#listening.delete(off);
		};
	}

	/**
	 * Sends a message: at once, or as soon as there is a connection, and again until it is acknowledged; the server makes
	 * one message of it (rule OR-4). What this user sends is stored in the order of the calls.
	 * @param content may be empty; up to the server's limit, 1 MiB for the whole frame unless it was set otherwise (rule FR-6)
	 * @throws {ChatError} `outbox_full` (1,000 messages or 16 MiB are unacknowledged), `too_large`, `closed`: nothing was taken
	 * @throws {TypeError} for metadata that cannot be JSON
	 */
	sendChat(content: string, options: SendOptions = {}): SentMessage {
		this.#open();
		const {
			isEncrypted = false,
			messageType = "text",
			metadata = {},
		} = options;
		const message = this.#session.outbox.add({
			clientMessageId: newUuid(),
			content,
			isEncrypted,
			messageType,
			metadata,
			createdAt: Date.now(),
		});
		this.#session.typist.sent();
		return message;
	}

	/**
	 * To be called at every keystroke: others are told at most every 3 s, and that it stopped by silence. Dropped without a connection.
	 * @throws {ChatError} `closed`
	 */
	sendTyping(): void {
		this.#open();
		this.#session.typist.typed();
	}

	/**
	 * Moves one's own read watermark up to a message, never back (rule RD-4); the newest of a second is sent, and again after a
	 * connection was lost.
	 * @param messageId of a message that was seen here, live or in the history
	 * @throws {ChatError} `closed`
	 */
	markAsRead(messageId: string): void {
		this.#open();
		this.#session.reads.read(messageId.toLowerCase());
	}

	/**
	 * What was stored: the newest first, beginning where what arrives live begins, or from where `options` say. Without
	 * options it waits for the first connection, and then neither misses nor repeats what `message` tells. Pages are fetched as they
	 * are taken: `break` when there is enough.
	 * @throws {ChatError} `unauthorized`, `forbidden`, `request_failed` (with the HTTP status), `closed`, or why the connection failed;
	 * `epoch_changed` where the server was set back to a backup since: the event `reset` follows, or has come
	 * @throws {TypeError} where the server cannot be reached
	 */
	async *history(
		options: HistoryOptions = {},
	): AsyncGenerator<Entry, void, undefined> {
		this.#open();
		let from = options;
		if (from.before === undefined && from.after === undefined)
			from = { ...from, ...(await this.#liveFrom()) };
		for await (const entry of history(
			this.#rest,
			this.id,
			from,
			this.#session.epoch,
		)) {
			if (entry.type === "chat")
				this.#session.reads.saw(entry.messageId, entry.seq);
			yield entry;
		}
	}

	/**
	 * Tries again at once: after it gave up, after it failed (with a new token), or while it waits, also for a token. Does nothing to a connection that is
	 * there or being made.
	 * @throws {ChatError} `closed`
	 */
	reconnect(): void {
		this.#open();
		this.#session.connection.dispatch({ type: "reconnect" });
	}

	/** Ends this view, and the connection where it was the last one. What is unacknowledged stays in a kept outbox. */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const off of this.#listening) off();
		this.#listening.clear();
		this.#release();
	}

	#open(): void {
		if (this.#isClosed || this.#session.isClosed) throw closed();
	}

	/** Where history without options begins: nowhere in particular where the server numbers nothing. */
	async #liveFrom(): Promise<HistoryOptions> {
		const { sequence, connection, events } = this.#session;
		if (sequence.last === undefined)
			await new Promise<void>((resolve, reject) => {
				const end = (state: ConnectionState): void => {
					if (state.name !== "failed" && state.name !== "closed") return;
					done();
					reject(state.name === "failed" ? state.error : closed());
				};
				const offState = events.on("state", end);
				const offReady = events.on("ready", () => {
					done();
					resolve();
				});
				const done = (): void => {
					offState();
					offReady();
				};
				end(connection.state);
			});
		return sequence.last === undefined
			? {}
			: { before: Math.max(sequence.first, this.#opensAt) };
	}
}

/** A UUID of version 4. `crypto.randomUUID` is there only where a page is secure; random numbers are there always. */
function newUuid(): string {
	return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
		const [random = 0] = crypto.getRandomValues(new Uint8Array(1));
		// The 8 keeps its upper two bits, which are the variant.
		return (Number(digit) ^ (random & (15 >> (Number(digit) / 4)))).toString(
			16,
		);
	});
}
