import type { Conversation, SentMessage } from "@secureconnect/client";
import type { WireServerFrame } from "@secureconnect/protocol";
import { follow, wireOf } from "./conversation.ts";
import type { TitleAndNames } from "./details.ts";
import {
	type ChatItem,
	opened,
	type Post,
	removalNote,
	storedPost,
	unstoredPost,
} from "./items.ts";
import { Names, shortId } from "./names.ts";
import { printableLine } from "./printable.ts";
import { stateInWords } from "./status.ts";

/** Entries that the model keeps while the newest are on the screen. It can fetch older ones again. */
const MOST_ENTRIES = 5000;
const DROPPED_AT_ONCE = 1000;
const PAGE = 50;

/** View of a conversation: entries, users online, state of the connection. */
export class ChatModel {
	readonly names = new Names();
	readonly #conversation: Conversation;
	readonly #changed: () => void;
	/** Stored entries in the order of `seq`. A failed message stands where it failed. */
	#entries: ChatItem[] = [];
	#unstored: ChatItem[] = [];
	#title: string | undefined;
	#isLoading = true;
	#isComplete = false;
	/** Number of resets of the server. The model discards a page that it requested before a reset. */
	#resets = 0;
	#notice = "";
	/** Long message that is shown in full, and its short form. At most one message is open. */
	#open: { readonly whole: Post; readonly short: Post } | undefined;

	/** @param changed called when the view must be drawn again */
	constructor(conversation: Conversation, changed: () => void) {
		this.#conversation = conversation;
		this.#changed = changed;
		const { names } = this;
		conversation.on("presence", (users) => {
			names.know(users);
			changed();
		});
		conversation.on("typing", changed);
		conversation.on("state", changed);
		conversation.on("outbox", (message) => this.#outbox(message));
		conversation.on("error", ({ message }) => this.say(message));
		conversation.on("reset", () => void this.#reset());
		conversation.on("missing", ({ from, to }) =>
			this.say(`the server has lost the entries ${from} to ${to}`),
		);
	}

	/** Entries, oldest first. Messages that the server has not stored yet come last. */
	get entries(): readonly ChatItem[] {
		return this.#unstored.length === 0
			? this.#entries
			: [...this.#entries, ...this.#unstored];
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

	/** Loads the newest entries, then follows the conversation. */
	async start(history: number): Promise<void> {
		await follow(this.#conversation, history, (frame) => this.#take(frame));
		this.#isLoading = false;
		this.#changed();
	}

	/** Fetches a page of older entries. Does nothing during another fetch, or if the beginning is loaded. */
	async loadOlder(): Promise<void> {
		if (this.#isLoading || this.#isComplete) return;
		this.#isLoading = true;
		this.#changed();
		const resets = this.#resets;
		try {
			const older: ChatItem[] = [];
			const seq = this.#entries.find((entry) => entry.seq !== undefined)?.seq;
			for await (const entry of this.#conversation.history({
				pageSize: PAGE,
				...(seq === undefined ? {} : { before: seq }),
			})) {
				const shown = this.#entryOf(wireOf(entry));
				if (shown) older.push(shown);
				if (older.length === PAGE) break;
			}
			if (resets !== this.#resets) return;
			this.#isComplete = older.length < PAGE;
			this.#entries.unshift(...older.reverse());
		} catch {
			if (resets !== this.#resets) return;
			this.#notice = "older messages could not be loaded";
		}
		this.#isLoading = false;
		this.#changed();
	}

	/**
	 * Shows a long message in full and closes the one that was open, so that long content is held only while it is read.
	 * @returns the post with its full content; undefined if it could not be loaded
	 */
	async open(post: Post): Promise<Post | undefined> {
		const content = await this.#contentOf(post);
		const at = this.#entries.indexOf(post);
		if (content === undefined || at === -1) return undefined;
		this.shorten();
		const whole = opened(post, content);
		this.#entries[at] = whole;
		this.#open = { whole, short: post };
		return whole;
	}

	/** Closes the open message and returns its short form. */
	shorten(): Post | undefined {
		if (!this.#open) return undefined;
		const { whole, short } = this.#open;
		this.#open = undefined;
		const at = this.#entries.indexOf(whole);
		if (at !== -1) this.#entries[at] = short;
		return short;
	}

	async #contentOf({ seq, messageId }: Post): Promise<string | undefined> {
		if (seq === undefined) return undefined;
		try {
			for await (const entry of this.#conversation.history({
				pageSize: 1,
				before: seq + 1,
			}))
				return entry.type === "chat" && entry.messageId === messageId
					? entry.content
					: undefined;
		} catch {
			this.say("the message could not be loaded");
		}
		return undefined;
	}

	/** Drops the oldest entries if there are many. The caller makes sure that they are not on the screen. */
	trim(): void {
		if (this.#entries.length <= MOST_ENTRIES) return;
		this.#entries.splice(0, DROPPED_AT_ONCE);
		this.#isComplete = false;
	}

	#take(frame: WireServerFrame): void {
		const entry = this.#entryOf(frame);
		if (!entry) return;
		this.#entries.push(entry);
		this.#refresh();
	}

	#entryOf(frame: WireServerFrame): ChatItem | undefined {
		if (frame.type === "chat")
			return storedPost(frame, this.#conversation.userId);
		if (frame.type === "participant_removed") return removalNote(frame);
		return undefined;
	}

	#outbox(message: SentMessage): void {
		if (message.status === "failed")
			this.#entries.push(
				unstoredPost(message, this.#conversation.userId ?? ""),
			);
		this.#refresh();
	}

	#refresh(): void {
		const { unacknowledged, userId = "" } = this.#conversation;
		this.#unstored = unacknowledged.map((message) =>
			unstoredPost(message, userId),
		);
		this.#changed();
	}

	async #reset(): Promise<void> {
		this.#entries = [];
		this.#isComplete = false;
		this.#isLoading = false;
		this.#resets++;
		this.say("the server was restored from a backup: this is its log");
		await this.loadOlder();
	}
}
