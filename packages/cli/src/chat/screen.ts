import type { Conversation } from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import {
	CommandError,
	commandIn,
	draftOf,
	isMessage,
	plainText,
	run,
	type TypedCommand,
	targetOf,
	usageOf,
} from "./commands.ts";
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
import { LaidRows } from "./laid.ts";
import { numbered } from "./layout.ts";
import type { ChatModel } from "./model.ts";
import { Numbers } from "./numbers.ts";
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

/** State of the screen: the draft and the visible part of the conversation. */
export class ChatScreen {
	readonly #conversation: Conversation;
	readonly #model: ChatModel;
	readonly #changed: () => void;
	readonly #laid: LaidRows;
	readonly #around: () => Surroundings;
	#draft: Draft = EMPTY;
	/** Whether the user has asked to leave and was warned about the draft. */
	#isWarned = false;
	/** True until the terminal reports that it has lost the focus. Terminals without reports count as focused. */
	#isFocused = true;
	/** Last visible entry and row. Undefined at the end, where new entries move the window. */
	#bottom: { readonly key: string; readonly row: number } | undefined;
	/** Numbers of the messages, while the draft is a command about a message. */
	readonly #numbers = new Numbers();
	readonly #unanswered = new Set<Promise<unknown>>();
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
		this.#laid = new LaidRows(model.names);
		this.#changed = changed;
		this.#around = around;
	}

	get draft(): Draft {
		return this.#draft;
	}

	/** How to use the commands that the draft may begin; empty if it is text. */
	get usage(): string {
		return usageOf(this.#draft.text);
	}

	/** For each change that the server has not answered, a promise that resolves with the answer. */
	get unanswered(): ReadonlySet<Promise<unknown>> {
		return this.#unanswered;
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
				this.#open();
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
		if (this.usage === "") {
			this.#numbers.clear();
			return seen;
		}
		for (let i = seen.bottom?.index ?? -1; i >= (seen.top?.index ?? 0); i--) {
			const entry = entries[i];
			if (entry?.kind === "post" && !entry.row.deleted)
				this.#numbers.give(entry.key);
		}
		const target = this.#targeted();
		return visible(
			{
				count: entries.length,
				rows: (index) => this.#numberedRows(entries, index, target),
			},
			place,
			height,
		);
	}

	/** Number of messages from other users that have not been on the screen. */
	newBelow(): number {
		return this.#model.entries.filter(
			(entry) =>
				entry.kind === "post" &&
				!entry.row.isOwn &&
				!entry.row.deleted &&
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
			if (entry.row.messageId !== undefined)
				this.#conversation.markAsRead(entry.row.messageId);
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
			this.#tooLong();
			return;
		}
		this.#draft = draft;
		if (this.usage === "") this.#conversation.sendTyping();
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
			const command = commandIn(text);
			if (command) this.#command(command);
			else {
				this.#conversation.send(plainText(text));
				this.#draft = EMPTY;
				this.#bottom = undefined;
			}
		} catch (error) {
			const why = error instanceof Error ? error.message : "";
			this.#model.say(error instanceof CommandError ? why : `not sent: ${why}`);
		}
	}

	/** @throws {CommandError} */
	#command(command: TypedCommand): void {
		const row = this.#targetOf(command);
		const draft = draftOf(command, row, this.#numbers.give(row.key));
		if (draft !== undefined) {
			const changed = inserted(EMPTY, draft);
			if (changed) this.#draft = changed;
			else this.#tooLong();
			return;
		}
		const sent = run(command, row, this.#conversation, (clientMessageId) =>
			this.#model.discard(clientMessageId),
		);
		this.#draft = EMPTY;
		if (isMessage(command)) this.#bottom = undefined;
		for (const change of sent) {
			const answer = change.catch((error: Error) =>
				this.#model.say(`not changed: ${error.message}`),
			);
			this.#unanswered.add(answer);
			void answer.then(() => this.#unanswered.delete(answer));
		}
	}

	/** Returns the message that a command is about. @throws {CommandError} */
	#targetOf(command: TypedCommand): MessageRow {
		const rows = this.#model.entries.flatMap((entry) =>
			entry.kind === "post" ? [entry.row] : [],
		);
		return targetOf(command, rows, (number) => {
			const key = this.#numbers.keyOf(number);
			return rows.findLast((row) => row.key === key);
		});
	}

	/** Returns the key of the message that the command of the draft is about; undefined if there is none. */
	#targeted(): string | undefined {
		try {
			const command = commandIn(this.#draft.text);
			return command && this.#targetOf(command).key;
		} catch {
			return undefined;
		}
	}

	#tooLong(): void {
		this.#model.say(
			'too long for a draft: send it with "secureconnect chat --json"',
		);
	}

	#open(): void {
		const post = this.#longOnScreen();
		if (post?.length === "cut") {
			this.#model.open(post.key);
			// The window then shows the beginning of the message.
			this.#bottom = { key: post.key, row: this.#height - 1 };
		} else if (post) {
			this.#model.open(undefined);
			// If the window ended in the message, it now ends at the end of its short form; otherwise it stays.
			if (this.#bottom?.key === post.key)
				this.#bottom = { key: post.key, row: Number.POSITIVE_INFINITY };
		}
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
		const { key } = this.#bottom;
		const index = entries.findLastIndex((entry) => entry.key === key);
		if (index === -1) return undefined;
		const last = this.#rows(entries, index).length - 1;
		return { index, row: Math.min(this.#bottom.row, last) };
	}

	#hold(entries: readonly ChatItem[], place: Place | undefined): void {
		const entry = place && entries[place.index];
		this.#bottom = entry && { key: entry.key, row: place.row };
	}

	#blocks(entries: readonly ChatItem[]): Blocks {
		return {
			count: entries.length,
			rows: (index) => this.#rows(entries, index),
		};
	}

	#rows(entries: readonly ChatItem[], index: number): readonly Row[] {
		return this.#laid.of(entries, index, this.#columns);
	}

	#numberedRows(
		entries: readonly ChatItem[],
		index: number,
		target: string | undefined,
	): readonly Row[] {
		const rows = this.#rows(entries, index);
		const entry = entries[index];
		const number = entry && this.#numbers.of(entry.key);
		return entry && number !== undefined
			? numbered(rows, entry.at, number, entry.key === target)
			: rows;
	}
}

/** Text before the draft. */
export const PROMPT = "> ";
