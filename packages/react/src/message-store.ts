import type {
	ChatClient,
	ChatError,
	ConnectionState,
	Conversation,
	ConversationEntry,
	Metadata,
	SendOptions,
	SentMessage,
} from "@secureconnect/client";
import { asChatError } from "./errors.ts";
import { type MessageItem, MessageList } from "./message-list.ts";
import { Store } from "./store.ts";

/** State that `useMessages` returns. */
export interface MessagesState<M extends object = Metadata> {
	/** Stored entries, oldest first, then the user's own messages that are not stored yet. */
	readonly items: readonly MessageItem<M>[];
	/**
	 * Number of the first item, for lists that virtualise (`firstItemIndex` of react-virtuoso). Each item added
	 * before it reduces it by one.
	 */
	readonly firstItemIndex: number;
	/** Whether the history has entries before the first item. */
	readonly hasOlder: boolean;
	/** Whether the first page or an older page is loading. */
	readonly isLoading: boolean;
	/** Reason why a page could not be loaded. The next attempt clears it. */
	readonly error: ChatError | undefined;
}

export const NO_MESSAGES: MessagesState = {
	items: [],
	firstItemIndex: 1_000_000_000,
	hasOlder: true,
	isLoading: true,
	error: undefined,
};

const PAGE = 50;

/** A conversation's messages while it is shown: pages of the history, live entries, and the user's own messages. */
export class MessageStore extends Store<MessagesState> {
	readonly #conversation: Conversation;
	readonly #list: MessageList;
	#isClosed = false;
	#isDue = false;
	/** Whether the newest page of the history is loaded. */
	#isLoaded = false;
	#hasOlder = true;
	#isLoading = true;
	#error: ChatError | undefined;
	/** The page request in progress. */
	#page: Promise<void> | undefined;
	/** Number of resets. A page requested before the last reset is dropped. */
	#reloads = 0;

	constructor(client: ChatClient, id: string) {
		super(NO_MESSAGES);
		const conversation = client.conversation(id);
		this.#conversation = conversation;
		this.#list = new MessageList(
			() => conversation.userId,
			() => conversation.unacknowledged,
		);
		const append = (entry: ConversationEntry): void => {
			this.#list.append(entry);
			this.#changed();
		};
		conversation.on("message", append);
		conversation.on("removal", append);
		conversation.on("outbox", (message) => {
			this.#list.moved(message);
			this.#changed();
			// After `acknowledged` resolves, the message's place is known, and whether its entry is still to
			// arrive.
			if (message.status === "acknowledged")
				void message.acknowledged.then(() => this.#changed());
		});
		conversation.on("state", (state) => this.#connection(state));
		conversation.on("ready", () => this.#begin());
		conversation.on("reset", () => this.#reload());
		conversation.on("missing", ({ to }) => this.#reload(to + 1));
		this.#connection(conversation.state);
		// Deferred, because React mounts every component twice in development and closes this store before the
		// microtask runs.
		queueMicrotask(() => {
			if (conversation.state.name === "open") this.#begin();
		});
		this.#changed();
	}

	override close(): void {
		this.#isClosed = true;
		this.#conversation.close();
	}

	/** Sends a message. @throws {ChatError} `outbox_full`, `too_large`, `closed`: the message was not accepted */
	send(content: string, options?: SendOptions): SentMessage {
		return this.#conversation.send(content, options);
	}

	/** Sends a failed message again, as a new one. If `send` throws, the failed message stays. */
	retry(message: SentMessage): void {
		// Two quick clicks must not send the message twice.
		if (!this.#list.hasFailed(message)) return;
		const { content, isEncrypted, messageType, metadata } = message;
		const { replyTo, threadId, mentions } = message;
		this.send(content, {
			isEncrypted,
			messageType,
			metadata,
			...(replyTo !== undefined && { replyTo }),
			...(threadId !== undefined && { threadId }),
			...(mentions && { mentions }),
		});
		this.discard(message);
	}

	discard(message: SentMessage): void {
		if (this.#list.discard(message)) this.#changed();
	}

	/** Fetches the page before the first item. Concurrent calls share one request. Never rejects: see `error`. */
	loadOlder(): Promise<void> {
		if (this.#isClosed || (this.#isLoaded && !this.#hasOlder))
			return Promise.resolve();
		this.#page ??= this.#fetch(this.#list.oldest);
		return this.#page;
	}

	/**
	 * Loads the first page once the connection is ready: live entries cover all later ones, the history all earlier
	 * ones.
	 */
	#begin(): void {
		if (!this.#isLoaded) void this.loadOlder();
	}

	/**
	 * Clears the list and loads it again. @param before `seq` where the history starts; default: where live entries
	 * begin
	 */
	#reload(before?: number): void {
		this.#list.forget();
		this.#reloads++;
		this.#isLoaded = false;
		this.#hasOlder = true;
		this.#page = this.#fetch(before);
	}

	async #fetch(before: number | undefined): Promise<void> {
		const reloads = this.#reloads;
		this.#isLoading = true;
		this.#error = undefined;
		this.#changed();
		const entries: ConversationEntry[] = [];
		let error: ChatError | undefined;
		try {
			const history = this.#conversation.history({
				pageSize: PAGE,
				...(before === undefined ? {} : { before }),
			});
			for await (const entry of history) {
				entries.push(entry);
				if (entries.length === PAGE) break;
			}
		} catch (caught) {
			error = asChatError(caught);
		}
		if (reloads !== this.#reloads) return;
		this.#page = undefined;
		this.#isLoading = false;
		this.#error = error;
		if (!error) {
			this.#isLoaded = true;
			this.#list.prepend(entries);
			this.#hasOlder = entries.length === PAGE && (this.#list.oldest ?? 0) > 1;
		}
		this.#changed();
	}

	/** Shows the first page as loading while a connection is still possible. */
	#connection(state: ConnectionState): void {
		if (this.#isLoaded || this.#page) return;
		this.#isLoading = !["failed", "closed", "given_up"].includes(state.name);
		this.#error = state.name === "failed" ? state.error : undefined;
		this.#changed();
	}

	/**
	 * Renders at most once per turn: an acknowledgement and the stored message that replaces it arrive in the same
	 * turn.
	 */
	#changed(): void {
		if (this.#isDue) return;
		this.#isDue = true;
		queueMicrotask(() => {
			this.#isDue = false;
			if (this.#isClosed) return;
			this.show({
				items: this.#list.rows(this.#isLoaded),
				firstItemIndex: this.#list.firstIndex,
				hasOlder: this.#hasOlder,
				isLoading: this.#isLoading,
				error: this.#error,
			});
		});
	}
}
