/** Draft of a message with its cursor, and pure functions that edit it. */
import { printable } from "./printable.ts";
import { cellsOf } from "./wrap.ts";

export interface Draft {
	readonly text: string;
	/** Index into `text`, between two graphemes. */
	readonly cursor: number;
}

export const EMPTY: Draft = { text: "", cursor: 0 };
/** Bound, because every key lays out the whole draft again. Users send longer texts through a pipe. */
const MOST_CHARACTERS = 20_000;

/**
 * Inserts text at the cursor and removes control characters other than line breaks.
 * @returns undefined if the draft would become too long
 */
export function inserted(
	{ text, cursor }: Draft,
	more: string,
): Draft | undefined {
	const clean = more
		.replace(/\r\n?/g, "\n")
		.replaceAll("\t", "    ")
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern removes them.
		.replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, "")
		.toWellFormed();
	if (text.length + clean.length > MOST_CHARACTERS) return undefined;
	return {
		text: text.slice(0, cursor) + clean + text.slice(cursor),
		cursor: cursor + clean.length,
	};
}

export type Motion =
	| "left"
	| "right"
	| "home"
	| "end"
	| "wordLeft"
	| "wordRight";

export function moved(draft: Draft, motion: Motion): Draft {
	return { ...draft, cursor: target(draft, motion) };
}

/** Erases the text between the cursor and the target of the motion. */
export function erased(draft: Draft, motion: Motion): Draft {
	const to = target(draft, motion);
	const [from, end] = [Math.min(to, draft.cursor), Math.max(to, draft.cursor)];
	return {
		text: draft.text.slice(0, from) + draft.text.slice(end),
		cursor: from,
	};
}

function target({ text, cursor }: Draft, motion: Motion): number {
	const [left, right] = [text.slice(0, cursor), text.slice(cursor)];
	switch (motion) {
		case "left":
			return cursor - (cellsOf(left).at(-1)?.text.length ?? 0);
		case "right":
			return cursor + (cellsOf(right)[0]?.text.length ?? 0);
		case "home":
			return left.lastIndexOf("\n") + 1;
		case "end":
			return cursor + `${right}\n`.indexOf("\n");
		case "wordLeft":
			return left.replace(/\S+\s*$|\s+$/, "").length;
		case "wordRight":
			return cursor + (/^\s*\S*/.exec(right)?.[0].length ?? 0);
	}
}

/** Layout of a draft: its lines on the screen and the position of the cursor. */
export interface DraftLayout {
	readonly lines: readonly string[];
	readonly cursor: { readonly x: number; readonly y: number };
	/** Index into the text at which each line begins. */
	readonly starts: readonly number[];
}

export function laidOut({ text, cursor }: Draft, columns: number): DraftLayout {
	const width = Math.max(2, columns);
	const lines = [""];
	const starts = [0];
	let [at, used] = [0, 0];
	let place = { x: 0, y: 0 };
	const feed = (): void => {
		lines.push("");
		starts.push(at);
		used = 0;
	};
	for (const cell of cellsOf(text)) {
		const isBreak = cell.text === "\n";
		const shown = isBreak ? "" : printable(cell.text);
		const cells =
			shown === "" ? 0 : cellsOf(shown).reduce((n, c) => n + c.width, 0);
		if (used + cells > width) feed();
		if (at === cursor) place = { x: used, y: lines.length - 1 };
		lines[lines.length - 1] += shown;
		used += cells;
		at += cell.text.length;
		if (isBreak) feed();
	}
	// The cursor needs its own cell, even after a full line.
	if (used >= width) feed();
	if (at === cursor) place = { x: used, y: lines.length - 1 };
	return { lines, cursor: place, starts };
}

/** Moves the cursor one screen line up (-1) or down (1). Returns undefined if there is no such line. */
export function movedLine(
	draft: Draft,
	by: -1 | 1,
	columns: number,
): Draft | undefined {
	const { cursor, starts } = laidOut(draft, columns);
	const from = starts[cursor.y + by];
	if (from === undefined) return undefined;
	const to = starts[cursor.y + by + 1] ?? draft.text.length + 1;
	let [at, x] = [from, 0];
	for (const cell of cellsOf(draft.text.slice(from, to))) {
		if (x >= cursor.x || cell.text === "\n" || at + cell.text.length >= to)
			break;
		x += cell.width;
		at += cell.text.length;
	}
	return { ...draft, cursor: at };
}
