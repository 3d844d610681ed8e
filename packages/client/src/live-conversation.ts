import type { ConnectionState } from "./connection-state.ts";
import type { Listener } from "./emitter.ts";
import { closed } from "./errors.ts";
import type {
	ConversationEntry,
	ConversationEvents,
	Metadata,
} from "./events.ts";
import { type HistoryOptions, history } from "./history.ts";
import type { PresentUser } from "./presence.ts";
import type { Mentions, SentMessage } from "./sent-message.ts";
import type { Subscription } from "./subscription.ts";
import { newUuid } from "./uuid.ts";

/** Options of {@link LiveConversation.send}. */
export interface SendOptions<M extends object = Metadata> {
	/**
	 * Marks content that the application encrypted. The server relays the mark unchanged (rule CH-2). The default
	 * is false.
	 */
	readonly isEncrypted?: boolean;
	/** Message type; the default is "text", the maximum 64 characters (rule FR-9). */
	readonly messageType?: string;
	/**
	 * Any JSON object, relayed unchanged: at most 16,384 bytes as JSON, nested at most 16 levels deep (rule FR-9).
	 */
	readonly metadata?: Readonly<M>;
	/** Id of the message that this message answers. */
	readonly replyTo?: string;
	/** Id of the first message of the thread to which this message belongs. */
	readonly threadId?: string;
	readonly mentions?: Mentions;
}

/**
 * One subscriber's view of a conversation over its WebSocket. Views of the same client share a connection, which closes
 * after the last view closes. Closing a view removes its listeners.
 */
export class LiveConversation<M extends object = Metadata> {
	readonly #subscription: Subscription;
	readonly #release: () => void;
	readonly #listening = new Set<() => void>();
	/** A view that joins an existing connection does not receive earlier entries. */
	#opensAt: number;
	#isClosed = false;

	/** @internal See {@link ChatClient.conversation}. */
	constructor(subscription: Subscription, release: () => void) {
		this.#subscription = subscription;
		this.#release = release;
		this.#opensAt = (subscription.sequence.last ?? 0) + 1;
		this.on("reset", () => {
			this.#opensAt = 0;
		});
	}

	/** The conversation's id, in lower case. */
	get id(): string {
		return this.#subscription.conversationId;
	}
	/** The user's id; undefined until a token has named it. */
	get userId(): string | undefined {
		return this.#subscription.userId;
	}
	/** Current state of the connection. The event `state` reports changes. */
	get state(): ConnectionState {
		return this.#subscription.channel.state;
	}
	/**
	 * Users who are online, including this user, as far as the server lists them: at most 100 when a connection
	 * opens, plus each user who joins later.
	 */
	get presence(): readonly PresentUser[] {
		return this.#subscription.presence.users;
	}
	/** Number of users online; may exceed the number listed. */
	get presenceCount(): number {
		return this.#subscription.presence.count;
	}
	/** Ids of the users who are typing, without this user. */
	get typing(): readonly string[] {
		return this.#subscription.typing.users;
	}
	/** For each user, the id of the message up to which that user has read. */
	get receipts(): ReadonlyMap<string, string> {
		return this.#subscription.receipts;
	}
	/**
	 * This user's messages without an acknowledgement, oldest first. A durable outbox adds those of earlier runs.
	 */
	get unacknowledged(): readonly SentMessage<M>[] {
		return this.#subscription.outbox.messages.filter(
			({ type }) => !type,
		) as SentMessage<M>[];
	}

	/**
	 * Calls `listener` on each future `event`, until the returned function is called or this view closes. If a
	 * listener throws, the other listeners still run; the error is reported as uncaught.
	 * @returns a function that removes the listener
	 */
	on<K extends keyof ConversationEvents<M>>(
		event: K,
		listener: Listener<ConversationEvents<M>[K]>,
	): () => void {
		if (this.#isClosed) return () => {};
		const off = this.#subscription.events.on(
			event,
			listener as unknown as Listener<ConversationEvents[K]>,
		);
		this.#listening.add(off);
		return () => {
			off();
			this.#listening.delete(off);
		};
	}

	/**
	 * Sends a message at once, or when a connection opens. The client repeats it until the server acknowledges it;
	 * the server stores it once (rule OR-4). This user's messages are stored in the order of the calls.
	 * @param content may be empty; the whole frame is at most the server's limit, by default 1 MiB (rule FR-6)
	 * @throws {ChatError} `outbox_full` (1,000 messages or 16 MiB are unacknowledged), `too_large`, `closed`: the
	 * message was not accepted
	 * @throws {TypeError} if metadata cannot be converted to JSON
	 */
	send(content: string, options: SendOptions<M> = {}): SentMessage<M> {
		this.open();
		const {
			isEncrypted = false,
			messageType = "text",
			metadata = {},
			...references
		} = options;
		const message = this.#subscription.outbox.add({
			...references,
			clientMessageId: newUuid(),
			content,
			isEncrypted,
			messageType,
			metadata: metadata as Metadata,
			createdAt: Date.now(),
		}) as SentMessage<M>;
		this.#subscription.typist.sent();
		return message;
	}

	/** @deprecated Use {@link send}. */
	sendChat(content: string, options?: SendOptions<M>): SentMessage<M> {
		return this.send(content, options);
	}

	/**
	 * Reports that the user is typing. Call it at every keystroke: the client sends at most one frame every 3 s,
	 * and others infer the end from silence. Dropped without a connection.
	 * @throws {ChatError} `closed`
	 */
	sendTyping(): void {
		this.open();
		this.#subscription.typist.typed();
	}

	/**
	 * Advances the user's read watermark to a message. It never moves back (rule RD-4). The client sends only the
	 * newest watermark of each second, and sends it again after a reconnect.
	 * @param messageId id of a message that this view received, live or from the history
	 * @throws {ChatError} `closed`
	 */
	markAsRead(messageId: string): void {
		this.open();
		this.#subscription.reads.read(messageId.toLowerCase());
	}

	/**
	 * Yields stored entries, newest first, from the point where live entries begin or from the point in `options`.
	 * Without options it waits for the first connection; together with the event `message` it then neither misses
	 * nor repeats an entry. It fetches pages on demand: `break` stops it.
	 * @throws {ChatError} `unauthorized`, `forbidden`, `request_failed` (with the HTTP status), `closed`, or the
	 * error that ended the connection; `epoch_changed` if the server was restored from a backup: the event `reset`
	 * follows or has already occurred
	 * @throws {TypeError} if the server cannot be reached
	 */
	async *history(
		options: HistoryOptions = {},
	): AsyncGenerator<ConversationEntry<M>, void, undefined> {
		this.open();
		let from = options;
		if (from.before === undefined && from.after === undefined)
			from = { ...from, ...(await this.liveFrom()) };
		for await (const entry of history(
			this.#subscription.http,
			this.id,
			from,
			this.#subscription.epoch,
		)) {
			if (entry.type === "chat")
				this.#subscription.reads.saw(entry.messageId, entry.seq);
			yield entry as ConversationEntry<M>;
		}
	}

	/**
	 * Retries at once: after the client gave up, after it failed (with a new token), or while it waits for a delay
	 * or a token. Has no effect on a connection that is open or opening.
	 * @throws {ChatError} `closed`
	 */
	reconnect(): void {
		this.open();
		this.#subscription.channel.reconnect();
	}

	/**
	 * Closes this view. The last view also closes the connection. A durable outbox keeps the unacknowledged
	 * messages.
	 */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const off of this.#listening) off();
		this.#listening.clear();
		this.#release();
	}

	/** @internal Checks that this view is not closed. @throws {ChatError} `closed` */
	protected open(): void {
		if (this.#isClosed || this.#subscription.isClosed) throw closed();
	}

	/** @internal Returns the start of a history without options: empty if the server does not number entries. */
	protected async liveFrom(): Promise<HistoryOptions> {
		const { sequence, channel, events } = this.#subscription;
		if (sequence.last === undefined)
			await new Promise<void>((resolve, reject) => {
				const end = (state: ConnectionState): void => {
					if (state.name !== "failed" && state.name !== "closed") return;
					done();
					reject("error" in state ? state.error : closed());
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
				end(channel.state);
			});
		return sequence.last === undefined
			? {}
			: { before: Math.max(sequence.first, this.#opensAt) };
	}
}
