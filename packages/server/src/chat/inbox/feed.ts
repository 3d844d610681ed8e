import type { Turns } from "../../fair/turns.ts";
import type {
	ConversationSummary,
	InTurn,
	MessageLog,
	OwnRow,
} from "../../log/contract.ts";
import type { AfterPause } from "./after-pause.ts";
import type { Change } from "./changes.ts";
import {
	type InboxReceiver,
	type Missed,
	Outlet,
	type OutletPort,
} from "./outlet.ts";
import {
	addedFrame,
	changedFrame,
	changedRowFrame,
	removedFrame,
	rowsOf,
	type Totals,
} from "./rows.ts";
import { UnreadTotals } from "./unread-totals.ts";

/**
 * Maximum number of inboxes of one user whose list is read or waits to be sent. A list takes up to half a megabyte, so
 * a user who opens a thousand inboxes at once would use up the memory.
 */
const MAX_OPENING = 4;
/** Rows in one frame, and read in one turn, when a receiver catches up. */
const ROWS_PER_FRAME = 25;

/** What all feeds share. */
export interface FeedContext {
	readonly log: Pick<MessageLog, "epoch" | "recentOf" | "unreadOf" | "rowsOf">;
	readonly turns: Turns;
	readonly pause: AfterPause;
	now(): number;
	onError(error: unknown): void;
	/** Asks for another look at a row. */
	mark(conversationId: string, userId: string): void;
	/** Tells that the last inbox of the user was closed. */
	empty(feed: Feed): void;
}

/** List of one user, shared by all of the user's inboxes on this node. */
export class Feed implements OutletPort {
	readonly userId: string;
	readonly #context: FeedContext;
	readonly #outlets = new Set<Outlet>();
	readonly #unread = new UnreadTotals();
	/** Inboxes that may read their list and have not sent it. */
	readonly #opening = new Set<Outlet>();
	/** Inboxes that may not read their list yet, in their order. */
	readonly #waiting = new Map<Outlet, () => void>();
	#isReading = false;

	constructor(userId: string, context: FeedContext) {
		this.userId = userId;
		this.#context = context;
	}

	get pause(): AfterPause {
		return this.#context.pause;
	}
	now(): number {
		return this.#context.now();
	}
	onError(error: unknown): void {
		this.#context.onError(error);
	}
	get isEmpty(): boolean {
		return this.#outlets.size === 0;
	}
	/** Time at which the totals change by themselves; null if they do not. */
	get mutedUntil(): number | null {
		return this.#unread.mutedUntil;
	}

	/** Adds an inbox. It keeps changes from now on. */
	add(): Outlet {
		const outlet = new Outlet(this);
		this.#outlets.add(outlet);
		return outlet;
	}

	opened(outlet: Outlet): void {
		this.#opening.delete(outlet);
		for (const [next, start] of this.#waiting) {
			if (this.#opening.size >= MAX_OPENING) break;
			this.#waiting.delete(next);
			this.#opening.add(next);
			start();
		}
	}
	closed(outlet: Outlet): void {
		this.#outlets.delete(outlet);
		this.opened(outlet);
		if (this.isEmpty) this.#context.empty(this);
	}

	/** Reads the list for an inbox. Waits until few lists of the user are held for others. */
	async prepare(outlet: Outlet, limit: number): Promise<void> {
		if (this.#opening.size < MAX_OPENING) this.#opening.add(outlet);
		else
			await new Promise<void>((resolve) => this.#waiting.set(outlet, resolve));
		const { log } = this.#context;
		const { userId } = this;
		const page = await log.recentOf(userId, limit, this.#inTurn);
		const rows = page.conversations.map((summary) =>
			rowsOf(summary)(ownRow(summary, userId)),
		);
		outlet.prepare({
			userId,
			epoch: log.epoch,
			more: page.more,
			rows,
			...this.#unread.totals,
		});
	}

	/** Reads all counts, and sends the totals if they changed. */
	async readTotals(): Promise<void> {
		if (this.#isReading) return;
		this.#isReading = true;
		const { log, mark } = this.#context;
		const { totalUnread, totalMentions } = this.#unread.totals;
		try {
			const changed = await this.#unread.replace(() =>
				log.unreadOf(this.userId, this.now(), this.#inTurn),
			);
			for (const id of changed) mark(id, this.userId);
		} finally {
			this.#isReading = false;
		}
		this.#tellNewTotals({ totalUnread, totalMentions });
	}

	/** Sends the totals if they differ from those before. */
	#tellNewTotals({ totalUnread, totalMentions }: Totals): void {
		const now = this.#unread.totals;
		if (now.totalUnread === totalUnread && now.totalMentions === totalMentions)
			return;
		const frame = once(() => changedFrame([], now, this.now()));
		for (const outlet of this.#outlets) outlet.offerTotals(frame);
	}

	/** Takes the newest state of a row. */
	changed(
		conversationId: string,
		own: OwnRow,
		change: Change,
		encode: (own: OwnRow) => string,
	): void {
		this.#unread.count(conversationId, own, this.now());
		const frame = once(() => {
			const row = encode(own);
			return change.isAdded
				? addedFrame(row, this.#totals, this.now())
				: changedRowFrame(row, this.#totals, this.now());
		});
		for (const outlet of this.#outlets)
			outlet.offer(conversationId, change, frame);
	}

	/** Takes the end of a row. */
	removed(conversationId: string, change: Change): void {
		const { removed } = change;
		const before = this.#unread.totals;
		this.#unread.drop(conversationId);
		if (!removed) {
			// The removal was told before. A slow read of all counts then brought the conversation's counts back.
			this.#tellNewTotals(before);
			return;
		}
		const frame = once(() =>
			removedFrame(conversationId, removed, this.#totals, this.now()),
		);
		for (const outlet of this.#outlets)
			outlet.offer(conversationId, change, frame);
	}

	async send(missed: Missed, receiver: InboxReceiver): Promise<Missed> {
		let { totals } = missed;
		const left = new Map(missed.conversations);
		while (left.size > 0 && !receiver.isFull && receiver.isOpen) {
			const part = [...left].slice(0, ROWS_PER_FRAME);
			await this.#context.turns.take(this.userId, () =>
				this.#sendPart(part, receiver),
			);
			for (const [id] of part) left.delete(id);
			totals = false;
		}
		if (totals && !receiver.isFull) {
			receiver.send(changedFrame([], this.#totals, this.now()));
			totals = false;
		}
		return { conversations: left, totals };
	}

	/** Sends the state of some conversations. Changed rows share a frame. */
	async #sendPart(
		part: readonly (readonly [string, Change])[],
		receiver: InboxReceiver,
	): Promise<void> {
		const rows: string[] = [];
		const others: string[] = [];
		for (const [id, { isAdded, removed }] of part) {
			const found = await this.#context.log.rowsOf(id, [this.userId]);
			const [own] = found?.own ?? [];
			if (!found || !own) {
				if (removed)
					others.push(removedFrame(id, removed, this.#totals, this.now()));
				continue;
			}
			const row = rowsOf(found.conversation)(own);
			if (isAdded) others.push(addedFrame(row, this.#totals, this.now()));
			else rows.push(row);
		}
		if (rows.length > 0 || others.length === 0)
			receiver.send(changedFrame(rows, this.#totals, this.now()));
		for (const frame of others) receiver.send(frame);
	}

	get #totals(): Totals {
		return this.#unread.totals;
	}

	readonly #inTurn: InTurn = (part) =>
		this.#context.turns.take(this.userId, async () => part());
}

function ownRow(
	{
		role,
		readSeq,
		unread,
		mentions,
		mutedUntil,
		archived,
		favourite,
		markedUnread,
	}: ConversationSummary,
	userId: string,
): OwnRow {
	return {
		userId,
		role,
		readSeq,
		unread,
		mentions,
		mutedUntil,
		archived,
		favourite,
		markedUnread,
	};
}

/** Delays a computation until its result is needed, and then keeps it. */
function once(make: () => string): () => string {
	let made: string | undefined;
	return () => {
		made ??= make();
		return made;
	};
}
