import type {
	ChatClient,
	ChatError,
	ConnectionState,
	Conversation,
	Entry,
	SendOptions,
	SentMessage,
} from "@secureconnect/client";
import { asChatError } from "./errors.ts";
import { type MessageItem, MessageList } from "./message-list.ts";
import { Store } from "./store.ts";

/** What `useMessages` shows. */
export interface MessagesState {
	/** What is stored, oldest first, then what oneself has written and is not. */
	readonly items: readonly MessageItem[];
	/** The first item's number for lists that virtualise (`firstItemIndex` of react-virtuoso): smaller by one for each put before it. */
	readonly firstItemIndex: number;
	/** Whether the history goes on before the first item. */
	readonly hasOlder: boolean;
	/** The first page, or an older one, is waited for. */
	readonly isLoading: boolean;
	/** Why a page could not be had; gone with the next attempt. */
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

/** A conversation's messages while it is shown: history page by page, what comes live, and what oneself has written. */
export class MessageStore extends Store<MessagesState> {
	readonly #conversation: Conversation;
	readonly #list: MessageList;
	#isClosed = false;
	#isDue = false;
	/** Whether the newest page of the history is there. */
	#isLoaded = false;
	#hasOlder = true;
	#isLoading = true;
	#error: ChatError | undefined;
	/** The page under way. */
	#page: Promise<void> | undefined;
	/** How often all was forgotten: a page that was asked for before then is not wanted any more. */
	#reloads = 0;

	constructor(client: ChatClient, id: string) {
		super(NO_MESSAGES);
		const conversation = client.conversation(id);
		this.#conversation = conversation;
		this.#list = new MessageList(
			() => conversation.userId,
			() => conversation.unacknowledged,
		);
		const append = (entry: Entry): void => {
			this.#list.append(entry);
			this.#changed();
		};
		conversation.on("message", append);
		conversation.on("removed", append);
		conversation.on("outbox", (message) => {
			this.#list.moved(message);
			this.#changed();
			// By then its place is known, and whether it is still to come.
			if (message.status === "acknowledged")
				void message.acknowledged.then(() => this.#changed());
		});
		conversation.on("state", (state) => this.#connection(state));
		conversation.on("ready", () => this.#begin());
		conversation.on("reset", () => this.#reload());
		conversation.on("missing", ({ to }) => this.#reload(to + 1));
		this.#connection(conversation.state);
		// Not at once: React, in development, mounts everything twice, and closes this again before then.
		queueMicrotask(() => {
			if (conversation.state.name === "open") this.#begin();
		});
		this.#changed();
	}

	override close(): void {
		this.#isClosed = true;
		this.#conversation.close();
	}

	/** @throws {ChatError} `outbox_full`, `too_large`, `closed`: nothing was taken */
	send(content: string, options?: SendOptions): SentMessage {
		return this.#conversation.sendChat(content, options);
	}

	/** Sends a message that failed again, as a new one; where that is refused at once it stays as it was. */
	retry(message: SentMessage): void {
		// Asked twice, by two quick clicks say, it is sent once.
		if (!this.#list.hasFailed(message)) return;
		const { content, isEncrypted, messageType, metadata } = message;
		this.send(content, { isEncrypted, messageType, metadata });
		this.discard(message);
	}

	discard(message: SentMessage): void {
		if (this.#list.discard(message)) this.#changed();
	}

	/** Fetches the page before the first item, one at a time; never rejects, see `error`. */
	loadOlder(): Promise<void> {
		if (this.#isClosed || (this.#isLoaded && !this.#hasOlder))
			return Promise.resolve();
		this.#page ??= this.#fetch(this.#list.oldest);
		return this.#page;
	}

	/** The connection is ready: from here on nothing is missed, and history has what was before. */
	#begin(): void {
		if (!this.#isLoaded) void this.loadOlder();
	}

	/** @param before which `seq` history goes on; where what comes live begins, unless given */
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
		const entries: Entry[] = [];
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

	/** The first page is waited for as long as there may be a connection. */
	#connection(state: ConnectionState): void {
		if (this.#isLoaded || this.#page) return;
		this.#isLoading = !["failed", "closed", "given_up"].includes(state.name);
		this.#error = state.name === "failed" ? state.error : undefined;
		this.#changed();
	}

	/** Shown once per turn: an acknowledgement and the stored message that takes its place come in the same one. */
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
