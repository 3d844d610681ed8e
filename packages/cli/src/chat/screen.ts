import type { Conversation } from "@secureconnect/client";
import {
	type Draft,
	EMPTY,
	erased,
	inserted,
	type Motion,
	moved,
	movedLine,
} from "./editor.ts";
import type { ChatItem, Post } from "./items.ts";
import { entryRows } from "./layout.ts";
import type { ChatModel } from "./model.ts";
import type { Row } from "./row.ts";
import {
	type Blocks,
	type Place,
	scrolled,
	type VisibleRows,
	visible,
} from "./viewport.ts";

/** What the user may do, whatever key it is on. */
export type ScreenCommand =
	| { readonly type: "insert"; readonly text: string }
	| { readonly type: "move"; readonly motion: Motion }
	| { readonly type: "erase"; readonly motion: Motion }
	| { readonly type: "line"; readonly by: -1 | 1 }
	| { readonly type: "scroll"; readonly by: number }
	| { readonly type: "page"; readonly by: -1 | 1 }
	| { readonly type: "bottom" }
	/** Shows the newest long message on the screen whole, or short again. */
	| { readonly type: "open" }
	| { readonly type: "send" }
	/** Leaves the chat; with a draft only when it is asked for twice. */
	| { readonly type: "leave" }
	/** Draws everything anew, where another program has written over it. */
	| { readonly type: "redraw" }
	/** The terminal reports whether it has the focus. */
	| { readonly type: "focus"; readonly isFocused: boolean };

/** What the screen asks of the terminal around it. */
export interface Surroundings {
	leave(): void;
	redraw(): void;
}

/** Rows as they were laid out for a width, names and status. */
interface Laid {
	readonly columns: number;
	readonly previous: ChatItem | undefined;
	readonly label: string;
	readonly rows: readonly Row[];
}

/** What is written, and which part of the conversation is looked at. */
export class ChatScreen {
	readonly #conversation: Conversation;
	readonly #model: ChatModel;
	readonly #changed: () => void;
	readonly #laid = new WeakMap<ChatItem, Laid>();
	readonly #around: () => Surroundings;
	#draft: Draft = EMPTY;
	/** Asked to leave, and told that the draft would be lost. */
	#isWarned = false;
	/** Until a terminal that reports its focus says that it has lost it. */
	#isFocused = true;
	/** The entry and row that stands last in the window; undefined at the end, which then moves the window along. */
	#bottom: { readonly entry: ChatItem; readonly row: number } | undefined;
	#columns = 80;
	#height = 1;
	/** The newest entry that was on the screen. */
	#seenSeq = 0;

	constructor(
		conversation: Conversation,
		model: ChatModel,
		changed: () => void,
		around: () => Surroundings,
	) {
		this.#conversation = conversation;
		this.#model = model;
		this.#changed = changed;
		this.#around = around;
	}

	get draft(): Draft {
		return this.#draft;
	}

	run(command: ScreenCommand): void {
		if (command.type === "focus") {
			// Drawn again, what is on the screen counts as read.
			this.#isFocused = command.isFocused;
			this.#changed();
			return;
		}
		if (command.type !== "leave") this.#isWarned = false;
		// Whoever goes on has read it.
		if (this.#model.notice !== "") this.#model.say("");
		switch (command.type) {
			case "insert":
				this.#insert(command.text);
				break;
			case "move":
				this.#draft = moved(this.#draft, command.motion);
				break;
			case "erase":
				this.#draft = erased(this.#draft, command.motion);
				break;
			case "line":
				this.#line(command.by);
				break;
			case "scroll":
				this.#scroll(command.by);
				break;
			case "page":
				// A row of the last page stays, to go on from.
				this.#scroll(command.by * Math.max(1, this.#height - 1));
				break;
			case "bottom":
				this.#bottom = undefined;
				break;
			case "open":
				void this.#open();
				break;
			case "send":
				this.#send();
				break;
			case "redraw":
				this.#around().redraw();
				break;
			case "leave":
				this.#leave();
		}
		this.#changed();
	}

	/** The part of the conversation that fits; from then on it has been seen. */
	look(columns: number, height: number): VisibleRows {
		this.#columns = columns;
		this.#height = height;
		const { entries } = this.#model;
		const place = this.#place(entries);
		const seen = visible(this.#blocks(entries), place, height);
		// The window may have been moved down so that it is full.
		this.#hold(entries, seen.isAtEnd ? undefined : seen.bottom);
		return seen;
	}

	/** Messages of others that came since the end was last looked at. */
	newBelow(): number {
		return this.#model.entries.filter(
			(entry) =>
				entry.kind === "post" &&
				entry.status === undefined &&
				(entry.seq ?? 0) > this.#seenSeq,
		).length;
	}

	/** To be called when what {@link look} returned is on the screen. */
	shown({ bottom, isAtTop, isAtEnd }: VisibleRows): void {
		const { entries } = this.#model;
		if (isAtEnd) this.#model.trim();
		for (let i = this.#isFocused ? (bottom?.index ?? -1) : -1; i >= 0; i--) {
			const entry = entries[i];
			if (entry?.kind !== "post" || entry.seq === undefined) continue;
			if (entry.seq <= this.#seenSeq) break;
			this.#seenSeq = entry.seq;
			if (entry.messageId !== undefined)
				this.#conversation.markAsRead(entry.messageId);
			break;
		}
		if (isAtTop && this.#bottom) void this.#model.loadOlder();
	}

	#leave(): void {
		if (this.#draft.text.trim() === "" || this.#isWarned) {
			this.#around().leave();
			return;
		}
		this.#isWarned = true;
		this.#model.say(
			"what you are writing would be lost: Ctrl+C again to leave",
		);
	}

	#insert(text: string): void {
		const draft = inserted(this.#draft, text);
		if (!draft) {
			this.#model.say(
				'too long to be written here: send it with "secureconnect chat --json"',
			);
			return;
		}
		this.#draft = draft;
		this.#conversation.sendTyping();
	}

	#line(by: -1 | 1): void {
		// As it is laid out beside the prompt.
		const draft = movedLine(this.#draft, by, this.#columns - PROMPT.length);
		if (draft) this.#draft = draft;
		else this.#scroll(by);
	}

	#scroll(by: number): void {
		const { entries } = this.#model;
		const blocks = this.#blocks(entries);
		const from = this.#place(entries);
		this.#hold(entries, scrolled(blocks, from, by, this.#height));
		// Also where it could not go up: less than a window is there.
		if (by < 0 && visible(blocks, this.#place(entries), this.#height).isAtTop)
			void this.#model.loadOlder();
	}

	#send(): void {
		const { text } = this.#draft;
		if (text.trim() === "") return;
		try {
			this.#conversation.send(text);
			this.#draft = EMPTY;
			this.#bottom = undefined;
		} catch (error) {
			this.#model.say(
				`not sent: ${error instanceof Error ? error.message : ""}`,
			);
		}
	}

	async #open(): Promise<void> {
		const post = this.#longOnScreen();
		if (post?.length === "cut") {
			const whole = await this.#model.open(post);
			// From its beginning on.
			if (whole) this.#bottom = { entry: whole, row: this.#height - 1 };
		} else if (post) {
			const short = this.#model.shorten();
			// Where the window ends in it, now at its end; else what stands last stays where it is.
			if (short && this.#bottom?.entry === post)
				this.#bottom = { entry: short, row: Number.POSITIVE_INFINITY };
		}
		this.#changed();
	}

	/** The newest message on the screen of which there is more to be read, or that is open. */
	#longOnScreen(): Post | undefined {
		const { entries } = this.#model;
		const { top, bottom } = visible(
			this.#blocks(entries),
			this.#place(entries),
			this.#height,
		);
		return entries
			.slice(top?.index ?? 0, (bottom?.index ?? -1) + 1)
			.findLast(
				(entry): entry is Post =>
					entry.kind === "post" &&
					entry.seq !== undefined &&
					entry.length !== "whole",
			);
	}

	#place(entries: readonly ChatItem[]): Place | undefined {
		if (!this.#bottom) return undefined;
		const index = entries.lastIndexOf(this.#bottom.entry);
		if (index === -1) return undefined;
		const last = this.#rows(entries, index).length - 1;
		return { index, row: Math.min(this.#bottom.row, last) };
	}

	#hold(entries: readonly ChatItem[], place: Place | undefined): void {
		const entry = place && entries[place.index];
		this.#bottom = entry && { entry, row: place.row };
	}

	#blocks(entries: readonly ChatItem[]): Blocks {
		return {
			count: entries.length,
			rows: (index) => this.#rows(entries, index),
		};
	}

	#rows(entries: readonly ChatItem[], index: number): readonly Row[] {
		const entry = entries[index];
		if (!entry) return [[]];
		const previous = entries[index - 1];
		const { names } = this.#model;
		const label =
			entry.kind === "post"
				? names.of(entry.senderId)
				: `${names.of(entry.userId)} ${names.of(entry.byId)}`;
		const laid = this.#laid.get(entry);
		if (
			laid?.columns === this.#columns &&
			laid.previous === previous &&
			laid.label === label
		)
			return laid.rows;
		const rows = entryRows(entry, previous, names, this.#columns);
		this.#laid.set(entry, { columns: this.#columns, previous, label, rows });
		return rows;
	}
}

/** Before what is written. */
export const PROMPT = "> ";
