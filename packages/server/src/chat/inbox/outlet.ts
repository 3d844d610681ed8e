import { type InboxServerFrameOf, rfc3339 } from "@secureconnect/protocol";
import type { AfterPause } from "./after-pause.ts";
import { type Change, joined } from "./changes.ts";
import { frameWithRows, type Totals } from "./rows.ts";

/** Connection that shows a list. */
export interface InboxReceiver {
	readonly isOpen: boolean;
	/** Whether so many bytes wait for the peer that nothing more may be sent. */
	readonly isFull: boolean;
	send(json: string): void;
	/** Resolves when the peer has taken almost everything, or when the connection is closed. */
	drained(): Promise<void>;
}

export interface OpenInbox {
	/** Sends the `inbox` frame with these fields of the socket, then changes as they come. */
	start(
		receiver: InboxReceiver,
		socket: Pick<
			InboxServerFrameOf["inbox"],
			"limits" | "intervals" | "expiresAt"
		>,
	): void;
	/** Ends the inbox; also valid before {@link start}. */
	close(): void;
}

/** What a list looked like when it was read. */
export interface Snapshot extends Totals {
	readonly userId: string;
	readonly epoch: string;
	readonly rows: readonly string[];
	readonly more: boolean;
}

/** Changes that a receiver could not take. However many there are of a conversation, it is kept once. */
export interface Missed {
	readonly conversations: ReadonlyMap<string, Change>;
	readonly totals: boolean;
}

/**
 * One receiver of a user's list. While the receiver takes nothing, it keeps which conversations changed, and no frames.
 * Then their newest state follows.
 */
export class Outlet implements OpenInbox {
	#snapshot: Snapshot | undefined;
	#receiver: InboxReceiver | undefined;
	/** Whether changes are sent as they come. */
	#isLive = false;
	#isCatchingUp = false;
	#isClosed = false;
	/** Conversations whose newest state was sent less than a pause ago, apart from the passes over them. */
	#recent: ReadonlySet<string> = NONE;
	#conversations = new Map<string, Change>();
	#totals = false;
	readonly #port: OutletPort;

	constructor(port: OutletPort) {
		this.#port = port;
	}

	/** Sets the list that {@link start} sends. */
	prepare(snapshot: Snapshot): void {
		this.#snapshot = snapshot;
		this.#totals = false;
	}

	start(
		receiver: InboxReceiver,
		socket: Parameters<OpenInbox["start"]>[1],
	): void {
		const { rows, ...snapshot } = this.#snapshot ?? {};
		if (this.#isClosed || this.#receiver || !rows) return;
		this.#snapshot = undefined;
		this.#receiver = receiver;
		const timestamp = rfc3339(this.#port.now());
		receiver.send(
			frameWithRows({ type: "inbox", ...snapshot, ...socket, timestamp }, rows),
		);
		this.#port.opened(this);
		this.#isCatchingUp = true;
		void this.#catchUp(receiver);
	}

	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#port.closed(this);
	}

	/** Sends a change of a conversation now, or keeps that there was one. */
	offer(conversationId: string, change: Change, frame: () => string): void {
		if (this.#takes() && !this.#recent.has(conversationId))
			this.#receiver?.send(frame());
		else
			this.#conversations.set(
				conversationId,
				joined(this.#conversations.get(conversationId), change),
			);
	}

	/** Sends new totals now, or keeps that they changed. */
	offerTotals(frame: () => string): void {
		if (this.#takes()) this.#receiver?.send(frame());
		else this.#totals = true;
	}

	#takes(): boolean {
		const receiver = this.#receiver;
		if (!receiver || !this.#isLive) return false;
		if (!receiver.isFull) return receiver.isOpen;
		this.#isLive = false;
		if (!this.#isCatchingUp) {
			this.#isCatchingUp = true;
			this.#port.pause.add(() => void this.#catchUp(receiver));
		}
		return false;
	}

	/** Sends what was missed, at most once per pause, until nothing is. */
	async #catchUp(receiver: InboxReceiver): Promise<void> {
		for (;;) {
			await receiver.drained();
			if (this.#isClosed || !receiver.isOpen) return;
			if (!receiver.isFull) {
				this.#isLive = this.#hasAll;
				if (this.#isLive) {
					this.#isCatchingUp = false;
					return;
				}
				this.#recent = await this.#sendMissed(receiver);
				this.#isLive = this.#hasAll;
			}
			await new Promise<void>((resolve) => this.#port.pause.add(resolve));
			this.#recent = NONE;
		}
	}

	get #hasAll(): boolean {
		return this.#conversations.size === 0 && !this.#totals;
	}

	/** @returns the conversations of which something may have been sent */
	async #sendMissed(receiver: InboxReceiver): Promise<ReadonlySet<string>> {
		const missed = { conversations: this.#conversations, totals: this.#totals };
		this.#conversations = new Map();
		this.#totals = false;
		let left: Missed;
		try {
			left = await this.#port.send(missed, receiver);
		} catch (error) {
			this.#port.onError(error);
			left = missed;
		}
		this.#totals ||= left.totals;
		for (const [id, change] of left.conversations)
			this.#conversations.set(id, joined(this.#conversations.get(id), change));
		return new Set(missed.conversations.keys());
	}
}

const NONE: ReadonlySet<string> = new Set();

/** What an outlet needs from the list that it belongs to. */
export interface OutletPort {
	readonly pause: AfterPause;
	now(): number;
	/**
	 * Sends the newest state of conversations until the receiver is full.
	 * @returns what was not sent
	 */
	send(missed: Missed, receiver: InboxReceiver): Promise<Missed>;
	/** Tells that the outlet no longer holds a list. */
	opened(outlet: Outlet): void;
	closed(outlet: Outlet): void;
	onError(error: unknown): void;
}
