import type { ClientFrameOf, ServerFrameOf } from "@secureconnect/protocol";
import { ChatError } from "../errors.ts";
import type { Acknowledgement, SentMessage } from "../sent-message.ts";
import { type Queued, toQueue } from "./queued.ts";
import type { OutboxRecord, OutboxStore, Settled } from "./store.ts";

/** A problem with the storage of unacknowledged messages. */
export interface StorageProblem {
	/** `refused`: the storage is full or not available. `evicted`: the browser or the user deleted the records. */
	readonly kind: "refused" | "evicted";
	/** The storage's own error, such as a `DOMException` named `QuotaExceededError`. */
	readonly error: unknown;
}

export interface OutboxHandlers {
	/** Sends a frame; returns false without a connection. @throws the platform's error about the frame */
	send(frame: ClientFrameOf["chat"]): boolean;
	/** A message was added, or its status changed. */
	changed(message: SentMessage): void;
	/** Returns the user's id, once known. */
	userId(): string | undefined;
	storage(problem: StorageProblem): void;
	/** A message has had no answer for `ms` milliseconds, and the outbox still waits for it. */
	unanswered(ms: number): void;
}

/** Entry of this user's message or command. */
interface StoredCopy extends Acknowledgement {
	readonly clientMessageId?: string;
	readonly content?: string;
}

const MAX_MESSAGES = 1000;
const MAX_BYTES = 16 * 1024 * 1024;
const UNANSWERED_MS = 10_000;
/** A leading tab that settles no message for this long may be blocked, for example by a dialog. */
const OVERTAKE_MS = 3000;

/**
 * Unacknowledged messages, in the order in which they were written. Only one message is in flight at a time: with
 * two, the second would overtake the first if the server asked for a retry of the first. After a reconnect, the
 * message in flight is sent again with the same `client_message_id`, and the server stores it once.
 */
export class Outbox {
	readonly #store: OutboxStore;
	readonly #handlers: OutboxHandlers;
	/** Whether messages may be repeated. Without deduplication on the server, no message is sent twice. */
	#repeats: boolean;
	readonly #queue = new Map<string, Queued>();
	#bytes = 0;
	#key: string | undefined;
	#isLoaded = false;
	#maxFrameBytes = 1024 * 1024;
	#isOpen = false;
	#onWay: Queued | undefined;
	#lead: AbortController | undefined;
	#isLeading = false;
	/** Whether this tab sends the leading tab's messages, until that tab settles a message. */
	#overtakes = false;
	#overtaking: ReturnType<typeof setTimeout> | undefined;
	#pause: ReturnType<typeof setTimeout> | undefined;
	#patience: ReturnType<typeof setTimeout> | undefined;
	#unwatch: () => void = () => {};
	/** Reason to reject all messages. */
	#refusal: ChatError | undefined;
	#settledAll: (() => void)[] = [];
	/** Recently settled messages. A read of the store that began earlier still returns them. */
	readonly #over = new Set<string>();

	constructor(store: OutboxStore, repeats: boolean, handlers: OutboxHandlers) {
		this.#store = store;
		this.#repeats = repeats;
		this.#handlers = handlers;
	}

	/** Unacknowledged messages, oldest first. */
	get messages(): readonly SentMessage[] {
		return Array.from(this.#queue.values(), ({ message }) => message);
	}

	/**
	 * Accepts a message.
	 * @throws {ChatError} `outbox_full`, `too_large`
	 */
	add(record: OutboxRecord): SentMessage {
		const queued = toQueue(record, this.#handlers);
		if (queued.bytes > this.#maxFrameBytes) throw this.#tooLarge(queued);
		if (
			this.#queue.size >= MAX_MESSAGES ||
			this.#bytes + queued.bytes > MAX_BYTES
		)
			throw new ChatError(
				"outbox_full",
				`${this.#queue.size} messages are waiting`,
			);
		this.#enqueue(queued);
		if (this.#refusal) this.#fail(queued, this.#refusal);
		else if (this.#isLoaded) this.#keep(queued);
		this.#pump();
		return queued.message;
	}

	/** Sets the owner of this outbox once known. Stored messages are sent before those written since the start. */
	async belongsTo(key: string): Promise<void> {
		if (this.#key !== undefined) return;
		this.#key = key;
		this.#unwatch = this.#store.watch(key, {
			added: () => void this.#adopt(),
			settled: (settled) => this.#settledElsewhere(settled),
			evicted: () => this.#evicted(),
		});
		const records = await this.#inStore((store) => store.load(key));
		const written = [...this.#queue.values()];
		this.#queue.clear();
		this.#take(records);
		for (const queued of written) {
			this.#queue.set(queued.message.clientMessageId, queued);
			this.#keep(queued);
		}
		this.#isLoaded = true;
		this.refuse(this.#refusal);
		if (this.#isOpen) void this.#becomeLeader(key);
		this.#pump();
	}

	/** Starts sending. @param maxFrameBytes the server's limit, if the server sent one */
	opened(maxFrameBytes: number | undefined): void {
		this.#maxFrameBytes = maxFrameBytes ?? this.#maxFrameBytes;
		this.#isOpen = true;
		if (this.#key !== undefined && this.#isLoaded)
			void this.#becomeLeader(this.#key);
		this.#pump();
	}

	/** Stops sending. @param culprit error for the message in flight, if it caused the close of the connection */
	down(culprit: ChatError | undefined): void {
		this.#isOpen = false;
		this.#lead?.abort();
		this.#isLeading = false;
		this.#yield();
		clearTimeout(this.#pause);
		this.#pause = undefined;
		const queued = this.#onWay;
		this.#setOnWay(undefined);
		if (!queued) return;
		if (culprit) this.#fail(queued, culprit);
		else if (!this.#repeats)
			this.#fail(
				queued,
				new ChatError("outcome_unknown", "no answer to the message"),
			);
		else this.#move(queued, "queued");
	}

	/** Records that the server deduplicates by `client_message_id`. */
	deduplicates(): void {
		this.#repeats = true;
	}

	/** Handles the stored copy of this user's message, or an `ack`. */
	arrived(frame: StoredCopy): void {
		const { clientMessageId: id, content } = frame;
		const queued =
			id !== undefined
				? this.#queue.get(id)
				: // A server that implements only the original protocol document sends no id: compare the text in flight.
					!this.#repeats && content === this.#onWay?.message.content
					? this.#onWay
					: undefined;
		if (queued) this.#acknowledge(queued, frame);
	}

	refused({
		clientMessageId,
		code,
		message,
		retryMs,
	}: ServerFrameOf["error"]): void {
		const queued = this.#queue.get(clientMessageId ?? "");
		if (!queued) return;
		if (retryMs === undefined) {
			this.#fail(queued, new ChatError(code, message));
			return;
		}
		if (queued !== this.#onWay) return;
		this.#setOnWay(undefined);
		this.#move(queued, "queued");
		this.#pause = setTimeout(() => {
			this.#pause = undefined;
			this.#pump();
		}, retryMs);
	}

	/**
	 * Fails all waiting messages, and those written or loaded later.
	 * @param refusal reason for the failures; undefined to accept messages again
	 */
	refuse(refusal: ChatError | undefined): void {
		this.#refusal = refusal;
		if (refusal)
			for (const queued of [...this.#queue.values()])
				this.#fail(queued, refusal);
	}

	/** Resolves when no message is in flight. */
	async settled(): Promise<void> {
		if (this.#onWay)
			await new Promise<void>((resolve) => this.#settledAll.push(resolve));
	}

	/** Ends this outbox. The store keeps its records. */
	close(): void {
		this.down(undefined);
		this.#unwatch();
		for (const { message } of this.#queue.values()) message.left();
	}

	#pump(): void {
		if (!this.#isOpen || !this.#isLoaded || this.#onWay || this.#pause) return;
		const [queued] = this.#queue.values();
		if (!queued) return;
		// A shared message is sent by the leading tab, which this tab may become. A later message must not overtake
		// it.
		if (queued.isShared && !this.#isLeading && !this.#overtakes) {
			// If both tabs send the message, the server stores it once.
			this.#overtaking ??= setTimeout(() => {
				this.#overtakes = true;
				this.#pump();
			}, OVERTAKE_MS);
			return;
		}
		// After a failure, `#fail` continues with the next message.
		if (queued.bytes > this.#maxFrameBytes)
			this.#fail(queued, this.#tooLarge(queued));
		else
			try {
				if (!this.#handlers.send(queued.frame)) return;
				this.#setOnWay(queued);
				this.#move(queued, "sent");
			} catch (error) {
				this.#fail(queued, new ChatError("request_failed", String(error)));
			}
	}

	/** Leaves shared messages to the leading tab. */
	#yield(): void {
		clearTimeout(this.#overtaking);
		this.#overtaking = undefined;
		this.#overtakes = false;
	}

	#tooLarge({ bytes }: Queued): ChatError {
		return new ChatError(
			"too_large",
			`the message is ${bytes} bytes, the server takes ${this.#maxFrameBytes}`,
		);
	}

	#setOnWay(queued: Queued | undefined): void {
		this.#onWay = queued;
		clearTimeout(this.#patience);
		if (queued) this.#wait(Date.now());
		else for (const resolve of this.#settledAll.splice(0)) resolve();
	}

	/**
	 * Starts the answer timer. @param since milliseconds since 1970: the timer does not count while the machine
	 * sleeps
	 */
	#wait(since: number): void {
		this.#patience = setTimeout(() => {
			this.#wait(since);
			this.#handlers.unanswered(Date.now() - since);
		}, UNANSWERED_MS);
	}

	#enqueue(queued: Queued): void {
		this.#queue.set(queued.message.clientMessageId, queued);
		this.#bytes += queued.bytes;
		this.#handlers.changed(queued.message);
	}

	#move({ message }: Queued, status: "queued" | "sent"): void {
		message.moved(status);
		this.#handlers.changed(message);
	}

	#acknowledge(
		queued: Queued,
		{ messageId, seq, timestamp }: Acknowledgement,
	): void {
		const at = { messageId, seq, timestamp };
		queued.message.arrived(at);
		this.#done(queued, { stored: at });
	}

	#fail(queued: Queued, error: ChatError): void {
		queued.message.failed(error);
		const { code, message } = error;
		this.#done(queued, { refused: { code, message } });
	}

	#done(queued: Queued, how: Omit<Settled, "clientMessageId">): void {
		const { clientMessageId } = queued.message;
		this.#forget(queued);
		if (queued.isShared)
			void this.#inStore((store, key) =>
				store.remove(key, { clientMessageId, ...how }),
			);
		this.#handlers.changed(queued.message);
		this.#pump();
	}

	#forget(queued: Queued): void {
		const { clientMessageId } = queued.message;
		if (this.#queue.delete(clientMessageId)) this.#bytes -= queued.bytes;
		this.#remember(clientMessageId);
		if (queued === this.#onWay) this.#setOnWay(undefined);
	}

	#remember(clientMessageId: string): void {
		this.#over.add(clientMessageId);
		const [oldest = ""] = this.#over;
		if (this.#over.size > MAX_MESSAGES) this.#over.delete(oldest);
	}

	/** A different tab sent the message or received its refusal. */
	#settledElsewhere({ clientMessageId, stored, refused }: Settled): void {
		const queued = this.#queue.get(clientMessageId);
		this.#yield();
		// Also for unknown messages: a pending read of the store may still return this one.
		this.#remember(clientMessageId);
		if (!queued) {
			// The wait for the leading tab begins anew.
			this.#pump();
			return;
		}
		this.#forget(queued);
		if (stored) queued.message.arrived(stored);
		else if (refused)
			queued.message.failed(new ChatError(refused.code, refused.message));
		this.#handlers.changed(queued.message);
		this.#pump();
	}

	/** Adds the stored messages that this outbox does not know. */
	async #adopt(): Promise<void> {
		if (!this.#isLoaded) return;
		this.#take(await this.#inStore((store, key) => store.load(key)));
		this.refuse(this.#refusal);
		this.#pump();
	}

	#take(records: readonly OutboxRecord[] = []): void {
		for (const record of records)
			if (
				!this.#queue.has(record.clientMessageId) &&
				!this.#over.has(record.clientMessageId)
			)
				this.#enqueue({ ...toQueue(record, this.#handlers), isShared: true });
	}

	#keep(queued: Queued): void {
		queued.isShared = this.#store.isDurable;
		void this.#inStore(async (store, key) => {
			try {
				await store.add(key, queued.record);
			} catch (error) {
				// This tab alone still sends the message, while the page is open.
				queued.isShared = false;
				this.#pump();
				throw error;
			}
		});
	}

	#evicted(): void {
		this.#handlers.storage({
			kind: "evicted",
			error: new Error("the storage was cleared"),
		});
		for (const queued of this.#queue.values()) this.#keep(queued);
	}

	#inStore<T>(
		work: (store: OutboxStore, key: string) => Promise<T>,
	): Promise<T | undefined> {
		const key = this.#key;
		if (key === undefined) return Promise.resolve(undefined);
		return work(this.#store, key).catch((error: unknown) => {
			this.#handlers.storage({ kind: "refused", error });
			return undefined;
		});
	}

	/** Makes one of all connected tabs send the messages that all of them store. */
	async #becomeLeader(key: string): Promise<void> {
		const lead = new AbortController();
		this.#lead = lead;
		try {
			await this.#store.lead(key, lead.signal);
		} catch {
			return;
		}
		if (lead.signal.aborted) return;
		this.#isLeading = true;
		this.#yield();
		// The previous leader may have sent some messages, and other tabs may have added some.
		await this.#adopt();
	}
}
