import type { ClientFrameOf, ServerFrameOf } from "@secureconnect/protocol";
import { ChatError } from "../errors.ts";
import type { Acknowledgement, SentMessage } from "../sent-message.ts";
import { type Queued, toQueue } from "./queued.ts";
import type { OutboxRecord, OutboxStore, Settled } from "./store.ts";

/** What the storage of unacknowledged messages has come to. */
export interface StorageProblem {
	/** `refused`: full, or not to be had. `evicted`: the browser or its user took the records away. */
	readonly kind: "refused" | "evicted";
	/** The storage's own, such as a `DOMException` named `QuotaExceededError`. */
	readonly error: unknown;
}

export interface OutboxHandlers {
	/** Sends a frame; false where there is no connection. @throws what the platform throws over it */
	send(frame: ClientFrameOf["chat"]): boolean;
	/** A message's status, or that it is there. */
	changed(message: SentMessage): void;
	storage(problem: StorageProblem): void;
	/** A message has been without an answer for so long, and is still waited for. */
	unanswered(ms: number): void;
}

const MAX_MESSAGES = 1000;
const MAX_BYTES = 16 * 1024 * 1024;
const UNANSWERED_MS = 10_000;
/** A tab that leads and settles nothing for this long may be blocked, by a dialog say. */
const OVERTAKE_MS = 3000;

/**
 * Messages without an acknowledgement, in the order in which they were written. One is on its way at a time: were there
 * two, and the first refused for now, the second would overtake it. What is on its way when a connection is lost is
 * sent again with the same `client_message_id`, of which the server makes one message.
 */
export class Outbox {
	readonly #store: OutboxStore;
	readonly #handlers: OutboxHandlers;
	/** Without deduplication on the other side, nothing is sent twice. */
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
	/** Sends what another tab should, until that settles something. */
	#overtakes = false;
	#overtaking: ReturnType<typeof setTimeout> | undefined;
	#pause: ReturnType<typeof setTimeout> | undefined;
	#patience: ReturnType<typeof setTimeout> | undefined;
	#unwatch: () => void = () => {};
	/** Why nothing will be taken. */
	#refusal: ChatError | undefined;
	#settledAll: (() => void)[] = [];
	/** Lately settled: a reading of the store that began before then still has them. */
	readonly #over = new Set<string>();

	constructor(store: OutboxStore, repeats: boolean, handlers: OutboxHandlers) {
		this.#store = store;
		this.#repeats = repeats;
		this.#handlers = handlers;
	}

	/** Unacknowledged, oldest first. */
	get messages(): readonly SentMessage[] {
		return Array.from(this.#queue.values(), ({ message }) => message);
	}

	/**
	 * Takes a message.
	 * @throws {ChatError} `outbox_full`, `too_large`
	 */
	add(record: OutboxRecord): SentMessage {
		const queued = toQueue(record);
		if (queued.bytes > this.#maxFrameBytes) throw this.#tooLarge(queued);
		if (
			this.#queue.size >= MAX_MESSAGES ||
			this.#bytes + queued.bytes > MAX_BYTES
		)
			throw new ChatError(
				"outbox_full",
				`${this.#queue.size} messages wait to be acknowledged`,
			);
		this.#enqueue(queued);
		if (this.#refusal) this.#fail(queued, this.#refusal);
		else if (this.#isLoaded) this.#keep(queued);
		this.#pump();
		return queued.message;
	}

	/** Whose outbox this is has become known: what was kept is sent before what was written since. */
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

	/** @param maxFrameBytes the server's limit, where it gave one */
	opened(maxFrameBytes: number | undefined): void {
		this.#maxFrameBytes = maxFrameBytes ?? this.#maxFrameBytes;
		this.#isOpen = true;
		if (this.#key !== undefined && this.#isLoaded)
			void this.#becomeLeader(this.#key);
		this.#pump();
	}

	/** @param culprit whether what was on its way is what the connection was closed for */
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
				new ChatError(
					"outcome_unknown",
					"the connection was lost before an answer",
				),
			);
		else this.#move(queued, "queued");
	}

	/** The server has shown that it makes one message of a `client_message_id`. */
	deduplicates(): void {
		this.#repeats = true;
	}

	/** One's own copy of a message. */
	arrived(frame: ServerFrameOf["chat"]): void {
		const { clientMessageId: id, content } = frame;
		const queued =
			id !== undefined
				? this.#queue.get(id)
				: // A server that knows only the document does not say which it is: the one on its way, if it is the same text.
					!this.#repeats && content === this.#onWay?.message.content
					? this.#onWay
					: undefined;
		if (queued) this.#acknowledge(queued, frame);
	}

	repeated(frame: ServerFrameOf["ack"]): void {
		const queued = this.#queue.get(frame.clientMessageId);
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
	 * Fails what waits, and what is written or found in the store from now on.
	 * @param refusal why nothing will be taken; undefined once that is open again
	 */
	refuse(refusal: ChatError | undefined): void {
		this.#refusal = refusal;
		if (refusal)
			for (const queued of [...this.#queue.values()])
				this.#fail(queued, refusal);
	}

	/** Resolves when nothing is on its way. */
	async settled(): Promise<void> {
		if (this.#onWay)
			await new Promise<void>((resolve) => this.#settledAll.push(resolve));
	}

	/** Ends it here. What the store keeps, it keeps. */
	close(): void {
		this.down(undefined);
		this.#unwatch();
		for (const { message } of this.#queue.values()) message.left();
	}

	#pump(): void {
		if (!this.#isOpen || !this.#isLoaded || this.#onWay || this.#pause) return;
		const [queued] = this.#queue.values();
		if (!queued) return;
		// Another tab sends what is shared, or this one once it leads: what was written after it must not overtake it.
		if (queued.isShared && !this.#isLeading && !this.#overtakes) {
			// The server makes one message of it, should both send it.
			this.#overtaking ??= setTimeout(() => {
				this.#overtakes = true;
				this.#pump();
			}, OVERTAKE_MS);
			return;
		}
		// After a failure it goes on with the next one.
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

	/** Leaves what is shared to the tab that leads. */
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

	/** @param since milliseconds since 1970: a machine that sleeps counts no turns of the timer */
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

	/** Another tab sent it, or was told that it will not do. */
	#settledElsewhere({ clientMessageId, stored, refused }: Settled): void {
		const queued = this.#queue.get(clientMessageId);
		this.#yield();
		// Also where it is not known yet: a reading of the store may be on its way here with it.
		this.#remember(clientMessageId);
		if (!queued) return;
		this.#forget(queued);
		if (stored) queued.message.arrived(stored);
		else if (refused)
			queued.message.failed(new ChatError(refused.code, refused.message));
		this.#handlers.changed(queued.message);
		this.#pump();
	}

	/** Takes over what the store keeps and this outbox does not know. */
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
				this.#enqueue({ ...toQueue(record), isShared: true });
	}

	#keep(queued: Queued): void {
		queued.isShared = this.#store.isDurable;
		void this.#inStore(async (store, key) => {
			try {
				await store.add(key, queued.record);
			} catch (error) {
				// It is sent all the same, by this tab alone, for as long as it lives.
				queued.isShared = false;
				this.#pump();
				throw error;
			}
		});
	}

	#evicted(): void {
		this.#handlers.storage({
			kind: "evicted",
			error: new Error("the browser's storage was cleared"),
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

	/** Of all tabs that are connected one sends what all of them keep. */
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
		// The one before may have sent some of it, and others may have added to it.
		await this.#adopt();
	}
}
