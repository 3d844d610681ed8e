import type {
	ChatError,
	Entry,
	Message,
	Removal,
	SendStatus,
	SentMessage,
} from "@secureconnect/client";

/** A row. `key` is the same from the moment in which one's own message is written. */
export type MessageItem = { readonly key: string } & (
	| {
			/** On the server's disk. */
			readonly kind: "message";
			readonly message: Message;
			readonly isOwn: boolean;
	  }
	| {
			/** Somebody was removed, or left. */
			readonly kind: "removal";
			readonly removal: Removal;
	  }
	| {
			/** One's own, without a place in the order yet, or for ever where it failed. */
			readonly kind: "pending";
			readonly message: SentMessage;
			readonly status: SendStatus;
			readonly error: ChatError | undefined;
			readonly isOwn: true;
	  }
);
type PendingItem = Extract<MessageItem, { kind: "pending" }>;

/** Before anything was put in front; lists that virtualise want numbers above 0 that get smaller. */
const FIRST_INDEX = 1_000_000_000;

/** A conversation's rows: what is stored, each entry once and in order, then one's own messages that are not. */
export class MessageList {
	readonly #userId: () => string | undefined;
	readonly #unacknowledged: () => readonly SentMessage[];
	#stored: MessageItem[] = [];
	#oldest: number | undefined;
	#newest: number | undefined;
	#firstIndex = FIRST_INDEX;
	/** `clientMessageId` of one's own that are stored here. */
	readonly #arrived = new Set<string>();
	/** One's own that failed. */
	readonly #failed = new Map<string, SentMessage>();
	/** One's own that are acknowledged and whose entry is still to come, with its `seq`. */
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

	/** The oldest entry's `seq`; undefined where there is none. */
	get oldest(): number | undefined {
		return this.#oldest;
	}
	/** The number of the first row, smaller by one for each that was put before it. */
	get firstIndex(): number {
		return this.#firstIndex;
	}

	/** An entry came live. */
	append(entry: Entry): void {
		if (this.#newest !== undefined && entry.seq <= this.#newest) return;
		this.#stored.push(this.#rowOf(entry));
		this.#newest = entry.seq;
		this.#oldest ??= entry.seq;
	}

	/** Entries of the history, newest first. */
	prepend(entries: readonly Entry[]): void {
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

	/** What is stored is no longer known; what is not, is kept. */
	forget(): void {
		this.#stored = [];
		this.#oldest = undefined;
		this.#newest = undefined;
		this.#firstIndex = FIRST_INDEX;
		this.#arrived.clear();
		this.#settling.clear();
	}

	/** One's own message has another status. */
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

	/** Whether it is shown as one that failed. */
	hasFailed({ clientMessageId }: SentMessage): boolean {
		return this.#failed.has(clientMessageId);
	}

	/** Takes away one that failed; false where it is not there. */
	discard({ clientMessageId }: SentMessage): boolean {
		return this.#failed.delete(clientMessageId);
	}

	/** All rows, as they are now. @param isLoaded whether history is there as far as it goes on without a gap */
	rows(isLoaded: boolean): readonly MessageItem[] {
		const newest = this.#newest ?? -1;
		// Its place was passed: it is older than what is shown.
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

	#rowOf(entry: Entry): MessageItem {
		if (entry.type !== "chat")
			return { key: entry.messageId, kind: "removal", removal: entry };
		const { clientMessageId, messageId, senderId } = entry;
		const isOwn = senderId === this.#userId();
		// Others may have used the same id.
		const key = (isOwn && clientMessageId) || messageId;
		if (isOwn && clientMessageId !== undefined) {
			this.#arrived.add(clientMessageId);
			this.#settling.delete(clientMessageId);
			this.#failed.delete(clientMessageId);
		}
		return { key, kind: "message", message: entry, isOwn };
	}
}

/** The same object where nothing has changed: rows that are drawn stay as they are. */
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
