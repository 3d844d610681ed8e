import { Limits } from "@secureconnect/protocol";
import type { Bus } from "../../bus/contract.ts";
import type { Turns } from "../../fair/turns.ts";
import type { MessageLog } from "../../log/contract.ts";
import { AfterPause, type Clock } from "./after-pause.ts";
import { ADDED, CHANGED, type Change } from "./changes.ts";
import { Feed, type FeedContext } from "./feed.ts";
import type { OpenInbox } from "./outlet.ts";
import { type Marks, Passes } from "./passes.ts";
import { rowsOf } from "./rows.ts";

export type { InboxReceiver, OpenInbox } from "./outlet.ts";

/** Milliseconds between two frames about the same conversation to the same user. */
const PAUSE_MS = 1000;
/** Users whose rows are read in one turn. */
const USERS_PER_TURN = 100;

type InboxLog = Pick<
	MessageLog,
	"epoch" | "recentOf" | "unreadOf" | "rowsOf" | "participantIds"
>;

interface OpenFeed {
	readonly feed: Feed;
	readonly ready: Promise<void>;
	unsubscribe: () => void;
}

/**
 * Lists of the users who are connected to this node. A change of a conversation costs one mark. A pass over it then
 * finds the participants with an open inbox, reads their rows together, and sends them.
 */
export class Inboxes {
	readonly #log: InboxLog;
	readonly #bus: Bus;
	readonly #turns: Turns;
	readonly #clock: Clock;
	readonly #onError: (error: unknown) => void;
	readonly #feeds = new Map<string, OpenFeed>();
	readonly #pause: AfterPause;
	readonly #passes: Passes;
	readonly #context: FeedContext;
	#watching: Promise<unknown> | undefined;
	#isLookingForMuted = false;

	/** @param onError receives errors of the log; what could not be read is read again */
	constructor(
		log: InboxLog,
		bus: Bus,
		turns: Turns,
		clock: Clock,
		onError: (error: unknown) => void,
	) {
		this.#log = log;
		this.#bus = bus;
		this.#turns = turns;
		this.#clock = clock;
		this.#pause = new AfterPause(PAUSE_MS, clock);
		this.#onError = onError;
		const passes = new Passes(
			(conversationId, marks) => this.#pass(conversationId, marks),
			turns,
			this.#pause,
			onError,
		);
		this.#passes = passes;
		this.#context = {
			log,
			turns,
			pause: this.#pause,
			now: () => clock.now(),
			onError,
			mark: (conversationId, userId) =>
				passes.markUser(conversationId, userId, CHANGED),
			empty: (feed) => this.#close(feed),
		};
	}

	/**
	 * Reads the user's list. Changes from this moment on are kept and reach the receiver after `start`.
	 * @throws errors of the log and the bus
	 */
	async open(userId: string): Promise<OpenInbox> {
		const { feed, ready } = this.#feed(userId);
		const outlet = feed.add();
		try {
			await ready;
			await feed.prepare(outlet, Limits.maxInboxRows);
			return outlet;
		} catch (error) {
			outlet.close();
			throw error;
		}
	}

	#feed(userId: string): OpenFeed {
		const known = this.#feeds.get(userId);
		if (known) return known;
		const feed = new Feed(userId, this.#context);
		const open: OpenFeed = {
			feed,
			// Begins in a microtask, when `open` is complete.
			ready: Promise.resolve().then(() => this.#start(open)),
			unsubscribe: () => {},
		};
		this.#feeds.set(userId, open);
		return open;
	}

	/** Subscribes before it reads: what changes in between is then not missed. */
	async #start(open: OpenFeed): Promise<void> {
		const { feed } = open;
		this.#watching ??= this.#bus.watch((conversationId, message) => {
			if (message.kind === "entries" && this.#feeds.size > 0)
				this.#passes.mark(conversationId);
		});
		try {
			await this.#watching;
		} catch (error) {
			this.#watching = undefined;
			throw error;
		}
		const unsubscribe = await this.#bus.subscribeUser(feed.userId, (message) =>
			this.#passes.markUser(
				message.conversationId,
				feed.userId,
				changeOf(message),
			),
		);
		if (this.#feeds.get(feed.userId) === open) open.unsubscribe = unsubscribe;
		else unsubscribe();
		await feed.readTotals();
		this.#lookForMuted();
	}

	#close(feed: Feed): void {
		const open = this.#feeds.get(feed.userId);
		if (open?.feed !== feed) return;
		this.#feeds.delete(feed.userId);
		open.unsubscribe();
	}

	async #pass(
		conversationId: string,
		{ ofAll, ofUsers }: Marks,
	): Promise<void> {
		const userIds = new Set(ofUsers.keys());
		if (ofAll)
			for (const userId of await this.#candidates(conversationId))
				if (this.#feeds.has(userId)) userIds.add(userId);
		const all = [...userIds];
		for (let from = 0; from < all.length; from += USERS_PER_TURN) {
			const part = all.slice(from, from + USERS_PER_TURN);
			await this.#turns.take(conversationId, () =>
				this.#tell(conversationId, part, ofUsers),
			);
		}
	}

	/** Returns users of whom some participate: those who do, or all with an open inbox if these are fewer. */
	async #candidates(conversationId: string): Promise<Iterable<string>> {
		const ids = await this.#log.participantIds(
			conversationId,
			this.#feeds.size,
		);
		return ids ?? this.#feeds.keys();
	}

	async #tell(
		conversationId: string,
		userIds: readonly string[],
		changes: ReadonlyMap<string, Change>,
	): Promise<void> {
		const rows = await this.#log.rowsOf(conversationId, userIds);
		const found = new Set<string>();
		if (rows) {
			const encode = rowsOf(rows.conversation);
			for (const own of rows.own) {
				found.add(own.userId);
				this.#feeds
					.get(own.userId)
					?.feed.changed(
						conversationId,
						own,
						changes.get(own.userId) ?? CHANGED,
						encode,
					);
			}
			this.#lookForMuted();
		}
		for (const userId of userIds) {
			const change = changes.get(userId);
			if (change && !found.has(userId))
				this.#feeds.get(userId)?.feed.removed(conversationId, change);
		}
	}

	/** Looks once per pause for totals that change because a conversation is no longer muted. */
	#lookForMuted(): void {
		if (this.#isLookingForMuted) return;
		this.#isLookingForMuted = true;
		this.#pause.add(() => {
			this.#isLookingForMuted = false;
			let isAnyMuted = false;
			for (const { feed } of this.#feeds.values()) {
				if (feed.mutedUntil === null) continue;
				isAnyMuted = true;
				if (feed.mutedUntil <= this.#clock.now())
					feed.readTotals().catch(this.#onError);
			}
			if (isAnyMuted) this.#lookForMuted();
		});
	}
}

function changeOf(
	message: Parameters<Parameters<Bus["subscribeUser"]>[1]>[0],
): Change {
	switch (message.kind) {
		case "added":
			return ADDED;
		case "removed":
			return { isAdded: false, removed: message.reason };
		case "changed":
			return CHANGED;
	}
}
