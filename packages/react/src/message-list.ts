import type {
	ChatError,
	ConversationEntry,
	Message,
	Metadata,
	Removal,
	SendStatus,
	SentMessage,
} from "@secureconnect/client";

/** A row. `key` stays the same from the moment at which the user writes the message. */
export type MessageItem<M extends object = Metadata> = {
	readonly key: string;
} & (
	| {
			/** Stored on the server's disk. */
			readonly kind: "message";
			readonly message: Message<M>;
			readonly isOwn: boolean;
	  }
	| {
			/** A participant was removed or left. */
			readonly kind: "removal";
			readonly removal: Removal;
	  }
	| {
			/** The user's own message without a place in the order: not acknowledged yet, or failed. */
			readonly kind: "pending";
			readonly message: SentMessage<M>;
			readonly status: SendStatus;
			readonly error: ChatError | undefined;
			readonly isOwn: true;
	  }
);
type PendingItem = Extract<MessageItem, { kind: "pending" }>;

/** Index of the first row before older rows are added. Lists that virtualise need decreasing numbers above 0. */
const FIRST_INDEX = 1_000_000_000;

/**
 * A conversation's rows: stored entries, each once and in order, then the user's own messages that are not stored
 * yet.
 */
export class MessageList {
	readonly #userId: () => string | undefined;
	readonly #unacknowledged: () => readonly SentMessage[];
	#stored: MessageItem[] = [];
	#oldest: number | undefined;
	#newest: number | undefined;
	#firstIndex = FIRST_INDEX;
	/** `clientMessageId` of the user's own messages that are stored here. */
	readonly #arrived = new Set<string>();
	/** The user's own messages that failed. */
	readonly #failed = new Map<string, SentMessage>();
	/** The user's own acknowledged messages whose entry has not arrived yet, with its `seq`. */
	readonly #settling = new Map<
		string,
		{ readonly message: SentMessage; seq: number }
	>();
	#pending = new Map<string, PendingItem>();

	constructor(
		userId: () => string | undefined,
		unacknowledged: () => readonly SentMessage[],
	) {
		this.#userId = userId;
		this.#unacknowledged = unacknowledged;
	}

	/** The oldest entry's `seq`; undefined without entries. */
	get oldest(): number | undefined {
		return this.#oldest;
	}
	/** Number of the first row. Each row added before it reduces it by one. */
	get firstIndex(): number {
		return this.#firstIndex;
	}

	/** Adds a live entry. */
	append(entry: ConversationEntry): void {
		if (this.#newest !== undefined && entry.seq <= this.#newest) return;
		this.#stored.push(this.#rowOf(entry));
		this.#newest = entry.seq;
		this.#oldest ??= entry.seq;
	}

	/** Adds entries of the history, newest first. */
	prepend(entries: readonly ConversationEntry[]): void {
		const { oldest = Number.POSITIVE_INFINITY } = this;
		const older = entries.filter(({ seq }) => seq < oldest);
		const [newest] = older;
		if (!newest) return;
		this.#stored = [
			...older.map((entry) => this.#rowOf(entry)).reverse(),
			...this.#stored,
		];
		this.#firstIndex -= older.length;
		this.#oldest = older.at(-1)?.seq;
		this.#newest ??= newest.seq;
	}

	/** Forgets the stored entries and keeps the messages that are not stored yet. */
	forget(): void {
		this.#stored = [];
		this.#oldest = undefined;
		this.#newest = undefined;
		this.#firstIndex = FIRST_INDEX;
		this.#arrived.clear();
		this.#settling.clear();
	}

	/** Updates one of the user's own messages after its status changed. */
	moved(message: SentMessage): void {
		const { clientMessageId, status } = message;
		if (status === "failed") this.#failed.set(clientMessageId, message);
		if (status !== "acknowledged" || this.#arrived.has(clientMessageId)) return;
		const settling = { message, seq: Number.POSITIVE_INFINITY };
		this.#settling.set(clientMessageId, settling);
		message.acknowledged.then(
			({ seq = 0 }) => {
				settling.seq = seq;
			},
			() => {},
		);
	}

	/** Whether the message is shown as failed. */
	hasFailed({ clientMessageId }: SentMessage): boolean {
		return this.#failed.has(clientMessageId);
	}

	/** Removes a failed message; returns false if there is none. */
	discard({ clientMessageId }: SentMessage): boolean {
		return this.#failed.delete(clientMessageId);
	}

	/** Returns all current rows. @param isLoaded whether the history is loaded without a gap */
	rows(isLoaded: boolean): readonly MessageItem[] {
		const newest = this.#newest ?? -1;
		// The entry's place is before the newest row, so it will not arrive live.
		for (const [id, { seq }] of this.#settling)
			if (isLoaded && seq <= newest) this.#settling.delete(id);
		const messages = [
			...Array.from(this.#settling.values(), ({ message }) => message),
			...this.#failed.values(),
			...this.#unacknowledged().filter(
				({ clientMessageId }) => !this.#arrived.has(clientMessageId),
			),
		];
		const before = this.#pending;
		this.#pending = new Map();
		for (const message of messages)
			this.#pending.set(
				message.clientMessageId,
				pendingItem(message, before.get(message.clientMessageId)),
			);
		return [...this.#stored, ...this.#pending.values()];
	}

	#rowOf(entry: ConversationEntry): MessageItem {
		if (entry.type !== "chat")
			return { key: entry.messageId, kind: "removal", removal: entry };
		const { clientMessageId, messageId, senderId } = entry;
		const isOwn = senderId === this.#userId();
		// Other users may have used the same id.
		const key = (isOwn && clientMessageId) || messageId;
		if (isOwn && clientMessageId !== undefined) {
			this.#arrived.add(clientMessageId);
			this.#settling.delete(clientMessageId);
			this.#failed.delete(clientMessageId);
		}
		return { key, kind: "message", message: entry, isOwn };
	}
}

/** Returns the same object if the message did not change, so that rendered rows keep their identity. */
function pendingItem(
	message: SentMessage,
	before: PendingItem | undefined,
): PendingItem {
	const { clientMessageId, status, error } = message;
	if (before?.message === message && before.status === status) return before;
	return {
		key: clientMessageId,
		kind: "pending",
		message,
		status,
		error,
		isOwn: true,
	};
}
