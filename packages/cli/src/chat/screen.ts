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

/** Action of the user, independent of its key. */
export type ScreenCommand =
	| { readonly type: "insert"; readonly text: string }
	| { readonly type: "move"; readonly motion: Motion }
	| { readonly type: "erase"; readonly motion: Motion }
	| { readonly type: "line"; readonly by: -1 | 1 }
	| { readonly type: "scroll"; readonly by: number }
	| { readonly type: "page"; readonly by: -1 | 1 }
	| { readonly type: "bottom" }
	/** Opens the newest long message on the screen, or closes it. */
	| { readonly type: "open" }
	| { readonly type: "send" }
	/** Leaves the chat. If there is a draft, the user has to ask twice. */
	| { readonly type: "leave" }
	/** Redraws the screen, for example after another program has written to it. */
	| { readonly type: "redraw" }
	/** Report of the terminal about its focus. */
	| { readonly type: "focus"; readonly isFocused: boolean };

/** Functions of the terminal that the screen calls. */
export interface Surroundings {
	leave(): void;
	redraw(): void;
}

/** Cached rows of an entry, with the width, predecessor and names that they were laid out for. */
interface Laid {
	readonly columns: number;
	readonly previous: ChatItem | undefined;
	readonly label: string;
	readonly rows: readonly Row[];
}

/** State of the screen: the draft and the visible part of the conversation. */
export class ChatScreen {
	readonly #conversation: Conversation;
	readonly #model: ChatModel;
	readonly #changed: () => void;
	readonly #laid = new WeakMap<ChatItem, Laid>();
	readonly #around: () => Surroundings;
	#draft: Draft = EMPTY;
	/** Whether the user has asked to leave and was warned about the draft. */
	#isWarned = false;
	/** True until the terminal reports that it has lost the focus. Terminals without reports count as focused. */
	#isFocused = true;
	/** Last visible entry and row. Undefined at the end, where new entries move the window. */
	#bottom: { readonly entry: ChatItem; readonly row: number } | undefined;
	#columns = 80;
	#height = 1;
	/** `seq` of the newest entry that was on the screen. */
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
			// The redraw marks the visible messages as read.
			this.#isFocused = command.isFocused;
			this.#changed();
			return;
		}
		if (command.type !== "leave") this.#isWarned = false;
		// The next key dismisses the notice.
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
				// One row of the previous page stays visible for orientation.
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

	/** Returns the visible part of the conversation for a size of the window. */
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

	/** Number of messages from other users that have not been on the screen. */
	newBelow(): number {
		return this.#model.entries.filter(
			(entry) =>
				entry.kind === "post" &&
				entry.status === undefined &&
				(entry.seq ?? 0) > this.#seenSeq,
		).length;
	}

	/** Marks messages as read. The caller calls it when the result of {@link look} is on the screen. */
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
		this.#model.say("your draft would be lost: press Ctrl+C again to leave");
	}

	#insert(text: string): void {
		const draft = inserted(this.#draft, text);
		if (!draft) {
			this.#model.say(
				'too long for a draft: send it with "secureconnect chat --json"',
			);
			return;
		}
		this.#draft = draft;
		this.#conversation.sendTyping();
	}

	#line(by: -1 | 1): void {
		// The draft is laid out beside the prompt.
		const draft = movedLine(this.#draft, by, this.#columns - PROMPT.length);
		if (draft) this.#draft = draft;
		else this.#scroll(by);
	}

	#scroll(by: number): void {
		const { entries } = this.#model;
		const blocks = this.#blocks(entries);
		const from = this.#place(entries);
		this.#hold(entries, scrolled(blocks, from, by, this.#height));
		// Also if the window could not scroll because the entries do not fill it.
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
			// The window then shows the beginning of the message.
			if (whole) this.#bottom = { entry: whole, row: this.#height - 1 };
		} else if (post) {
			const short = this.#model.shorten();
			// If the window ended in the message, it now ends at the end of its short form; otherwise it stays.
			if (short && this.#bottom?.entry === post)
				this.#bottom = { entry: short, row: Number.POSITIVE_INFINITY };
		}
		this.#changed();
	}

	/** Returns the newest visible message that is cut or open. */
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

/** Text before the draft. */
export const PROMPT = "> ";
