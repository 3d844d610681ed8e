import {
	type Conversation,
	type ConversationTimeline,
	timelineOf,
} from "@secureconnect/client";
import type { TimelineRow } from "@secureconnect/client/timeline";
import { patiently } from "./conversation.ts";
import type { TitleAndNames } from "./details.ts";
import { answeredBy, type ChatItem, itemOf } from "./items.ts";
import { Names, shortId } from "./names.ts";
import { printableLine } from "./printable.ts";
import { stateInWords } from "./status.ts";

/** Rows that the model keeps while the newest are on the screen. It can fetch older ones again. */
const MOST_ROWS = 1000;

/** A timeline and its own view, which ends with it. */
interface Source {
	readonly view: Conversation;
	readonly timeline: ConversationTimeline;
}

/** Item of a row, and what else it depends on. */
interface Made {
	readonly answered: TimelineRow | undefined;
	readonly isOpen: boolean;
	readonly item: ChatItem;
}

/** View of a conversation: entries, users online, state of the connection. */
export class ChatModel {
	readonly names = new Names();
	readonly #conversation: Conversation;
	readonly #view: () => Conversation;
	readonly #changed: () => void;
	#source: Source;
	/** Replaces the source to free memory, because a timeline keeps everything that it has loaded. */
	#next: Source | undefined;
	/** Messages that the server refused, of earlier sources. Only the outbox of waiting messages fills a new source. */
	#failed: readonly TimelineRow[] = [];
	#isRenewing = false;
	#most = MOST_ROWS;
	readonly #made = new WeakMap<TimelineRow, Made>();
	#rows: readonly TimelineRow[] = [];
	#items: readonly ChatItem[] = [];
	#title: string | undefined;
	#isLoading = true;
	/** Number of resets of the server. The end of a request from before a reset does not count. */
	#resets = 0;
	#notice = "";
	/** Key of the long message that is shown in full. At most one message is open. */
	#open: string | undefined;

	/**
	 * @param view opens one more view of the conversation
	 * @param changed called when the screen must be drawn again
	 */
	constructor(
		conversation: Conversation,
		view: () => Conversation,
		changed: () => void,
	) {
		this.#conversation = conversation;
		this.#view = view;
		this.#changed = changed;
		this.#source = this.#newSource();
		const { names } = this;
		conversation.on("presence", (users) => {
			names.know(users);
			changed();
		});
		conversation.on("typing", changed);
		conversation.on("state", changed);
		conversation.on("error", ({ message }) => this.say(message));
		conversation.on("reset", () => void this.#reset());
		conversation.on("missing", ({ from, to }) => {
			this.say(`the server has lost the entries ${from} to ${to}`);
			// The missing entries may have changed any message, so the timeline may start again.
			void this.loadOlder();
		});
	}

	/** Entries, oldest first. Messages that the server has not stored come last. */
	get entries(): readonly ChatItem[] {
		const rows = this.#source.timeline.rows();
		if (rows !== this.#rows) {
			this.#rows = rows;
			this.#items = [...rows, ...this.#failedBesides(rows)].map((row) =>
				this.#itemOf(row),
			);
		}
		return this.#items;
	}
	get title(): string {
		return this.#title ?? shortId(this.#conversation.id, 8);
	}
	get connection(): string {
		return stateInWords(this.#conversation.state);
	}
	get isConnected(): boolean {
		return this.#conversation.state.name === "open";
	}
	/** Names of the users online, the user of this terminal first. */
	get here(): readonly string[] {
		const { presence, userId } = this.#conversation;
		return presence
			.toSorted(
				(a, b) => Number(b.userId === userId) - Number(a.userId === userId),
			)
			.map((user) => this.names.of(user.userId));
	}
	get hereCount(): number {
		return this.#conversation.presenceCount;
	}
	get typing(): readonly string[] {
		return this.#conversation.typing.map((userId) => this.names.of(userId));
	}
	get isLoading(): boolean {
		return this.#isLoading;
	}
	/** A notice to show once. */
	get notice(): string {
		return this.#notice;
	}

	say(notice: string): void {
		this.#notice = printableLine(notice);
		this.#changed();
	}

	details({ title, names }: TitleAndNames): void {
		if (title !== undefined) this.#title = printableLine(title) || undefined;
		this.names.knowAll(names);
		this.#changed();
	}

	/**
	 * Loads the newest entries.
	 * @param history number of entries to load
	 * @throws {ConnectionEnded} if the server refuses to send history
	 */
	async start(history: number): Promise<void> {
		this.#most += history;
		const { timeline } = this.#source;
		await patiently(this.#conversation, async () => {
			while (timeline.hasOlder && timeline.rows().length < history)
				await timeline.loadOlder();
		});
		this.#isLoading = false;
		this.#changed();
	}

	/** Loads a page of older entries. Does nothing while a page is loading, or if the beginning is loaded. */
	async loadOlder(): Promise<void> {
		const { timeline } = this.#source;
		if (this.#isLoading || !timeline.hasOlder) return;
		this.#isLoading = true;
		this.#changed();
		const resets = this.#resets;
		try {
			await timeline.loadOlder();
		} catch {
			if (resets === this.#resets)
				this.#notice = "older messages could not be loaded";
		}
		if (resets !== this.#resets) return;
		this.#isLoading = false;
		this.#changed();
	}

	/** Shows a long message in full, and closes the one that was open. @param key undefined only closes it */
	open(key: string | undefined): void {
		this.#open = key;
		this.#rows = [];
		this.#changed();
	}

	/** Removes one of the user's messages that the server has not stored, or has refused. */
	async discard(clientMessageId: string): Promise<void> {
		const { view, timeline } = this.#source;
		const isWaiting = this.#conversation.unacknowledged.some(
			(message) => message.clientMessageId === clientMessageId,
		);
		if (isWaiting) await view.withdraw(clientMessageId);
		else {
			this.#failed = this.#failed.filter(({ key }) => key !== clientMessageId);
			this.#rows = [];
			timeline.discard(clientMessageId);
		}
	}

	/** Drops old entries if there are many. The caller makes sure that only the newest are on the screen. */
	trim(): void {
		if (this.#next) {
			const rows = this.#source.timeline.rows();
			this.#failed = [...this.#failedBesides(rows), ...rows.filter(hasFailed)];
			this.#source.view.close();
			this.#source = this.#next;
			this.#next = undefined;
			this.#changed();
		} else if (
			this.#source.timeline.rows().length > this.#most &&
			this.isConnected &&
			!this.#isRenewing
		)
			void this.#renew();
	}

	async #renew(): Promise<void> {
		this.#isRenewing = true;
		const source = this.#newSource();
		const resets = this.#resets;
		const isLoaded = await source.timeline.loadOlder().then(
			() => resets === this.#resets,
			() => false,
		);
		// A later redraw tries again.
		if (isLoaded) this.#next = source;
		else source.view.close();
		this.#isRenewing = false;
		this.#changed();
	}

	#newSource(): Source {
		const view = this.#view();
		const timeline = timelineOf(view);
		timeline.onChange(this.#changed);
		return { view, timeline };
	}

	/** Returns the refused messages of earlier sources that the rows do not have. */
	#failedBesides(rows: readonly TimelineRow[]): readonly TimelineRow[] {
		return this.#failed.filter(
			({ key }) => !rows.some((row) => row.key === key),
		);
	}

	#itemOf(row: TimelineRow): ChatItem {
		const id = answeredBy(row);
		const answered =
			id === undefined ? undefined : this.#source.timeline.get(id);
		const isOpen = row.key === this.#open;
		const made = this.#made.get(row);
		if (made && made.answered === answered && made.isOpen === isOpen)
			return made.item;
		const item = itemOf(row, answered, isOpen);
		this.#made.set(row, { answered, isOpen, item });
		return item;
	}

	async #reset(): Promise<void> {
		this.#isLoading = false;
		this.#resets++;
		this.#next?.view.close();
		this.#next = undefined;
		this.say("the server was restored from a backup: this is its log");
		await this.loadOlder();
	}
}

function hasFailed(row: TimelineRow): boolean {
	return row.kind === "message" && row.status === "failed";
}
