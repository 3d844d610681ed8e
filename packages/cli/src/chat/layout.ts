import type { MessageRow } from "@secureconnect/client/timeline";
import { type ChatItem, DELETED, type Note, type Post } from "./items.ts";
import type { Names } from "./names.ts";
import { printableLine } from "./printable.ts";
import type { Colour, Row, Span } from "./row.ts";
import { dateOf, timeOf, weekdayOf } from "./time.ts";
import { fitted, wrapped } from "./wrap.ts";

/**
 * Width of `23:50 `. Every line of a message begins right of it, so that no content can look like a separate message.
 */
const MARGIN = 6;
const INDENT = " ".repeat(MARGIN);
/** Number of users whose names stand beside a reaction. */
const MOST_NAMES = 3;
const COLOURS: readonly Colour[] = ["cyan", "green", "yellow", "magenta"];
const STATUS: Readonly<Record<MessageRow["status"], Span>> = {
	queued: { text: "(queued)", dim: true },
	sent: { text: "(sent)", dim: true },
	stored: { text: "✓", colour: "green" },
	failed: { text: "✗ not sent", colour: "red" },
};

/** Lays out an entry. A row with the date precedes it if the previous entry has a different date. */
export function entryRows(
	entry: ChatItem,
	previous: ChatItem | undefined,
	names: Names,
	columns: number,
): Row[] {
	const rows =
		entry.kind === "post"
			? postRows(entry, names, columns)
			: noteRows(entry, names, columns);
	return previous && dateOf(previous.at) === dateOf(entry.at)
		? rows
		: [dayRow(entry.at, columns), ...rows];
}

function postRows(post: Post, names: Names, columns: number): Row[] {
	const width = columns - MARGIN;
	const { row, more, quote } = post;
	const rows: Span[][] = [];
	const below = (text: string): void =>
		void rows.push([{ text: INDENT + fitted(text, width), dim: true }]);
	if (quote) {
		const by =
			quote.senderId === undefined ? "" : `${names.of(quote.senderId)}: `;
		below(`╭ ${by}${quote.text}`);
	}
	const name = fitted(names.of(post.senderId), Math.floor(width / 2));
	const text = row.deleted ? DELETED : post.text;
	const lines = wrapped(`${name}: ${text}`, width);
	for (const [i, line] of lines.entries())
		rows.push(
			i === 0
				? [
						{ text: `${timeOf(post.at)} `, dim: true },
						{ text: name, bold: true, colour: colourOf(post.senderId) },
						{ text: line.slice(name.length), dim: row.deleted },
					]
				: [{ text: INDENT + line }],
		);
	if (more !== "") below(more);
	addMarks(rows, marksOf(post), width, more === "" ? lines.at(-1) : undefined);
	const reactions = reactionsOf(row, names);
	if (reactions !== "") below(reactions);
	return rows;
}

/** Returns the marks after a message. */
function marksOf({ row, status, why }: Post): Span[] {
	const marks: Span[] = [];
	if (row.editedAt !== undefined) marks.push({ text: "(edited)", dim: true });
	if (row.pinned) marks.push({ text: "(pinned)", colour: "yellow" });
	if (row.isPending) marks.push({ text: "(changing)", dim: true });
	if (status) {
		const mark = STATUS[status];
		marks.push(
			why === undefined ? mark : { ...mark, text: `${mark.text}: ${why}` },
		);
	}
	return marks;
}

/**
 * Adds each mark after the last line if it fits, otherwise below it.
 * @param lastLine text of the last line; undefined if nothing may follow it
 */
function addMarks(
	rows: Span[][],
	marks: readonly Span[],
	width: number,
	lastLine: string | undefined,
): void {
	let before = lastLine;
	for (const mark of marks) {
		const text = fitted(mark.text, width);
		const last = rows.at(-1);
		if (last && before !== undefined && fits(`${before} ${text}`, width)) {
			last.push({ text: " " }, { ...mark, text });
			before = `${before} ${text}`;
		} else {
			rows.push([{ text: INDENT }, { ...mark, text }]);
			before = text;
		}
	}
}

/** Lists the reactions: with names, or with a number if there are many. */
function reactionsOf({ reactions }: MessageRow, names: Names): string {
	return reactions
		.map(({ reaction, count, userIds }) => {
			const who =
				count === userIds.length && count <= MOST_NAMES
					? userIds.map((id) => names.of(id)).join(", ")
					: count.toLocaleString("en");
			return `${printableLine(reaction)} ${who}`;
		})
		.join(" · ");
}

/**
 * Shows the number of a message in place of its time.
 * @param isTarget whether the command of the draft is about the message
 */
export function numbered(
	rows: readonly Row[],
	at: Date,
	number: number,
	isTarget: boolean,
): readonly Row[] {
	const time = `${timeOf(at)} `;
	const index = rows.findIndex(([first]) => first?.text === time);
	return rows.map((row, i) =>
		i === index
			? [
					{
						text: `#${number}`.padEnd(MARGIN - 1),
						bold: true,
						inverse: isTarget,
					},
					{ text: " " },
					...row.slice(1),
				]
			: row,
	);
}

function fits(text: string, width: number): boolean {
	return fitted(text, width) === text;
}

function noteRows(note: Note, names: Names, columns: number): Row[] {
	const text = note.text(names) ?? "an entry of a later version";
	return [[{ text: fitted(`${timeOf(note.at)} ${text}`, columns), dim: true }]];
}

function dayRow(at: Date, columns: number): Row {
	const day = ` ${weekdayOf(at)} ${dateOf(at)} `;
	const left = Math.max(0, Math.floor((columns - day.length) / 2));
	const right = Math.max(0, columns - day.length - left);
	return [
		{
			text: fitted("─".repeat(left) + day + "─".repeat(right), columns),
			dim: true,
		},
	];
}

/** Returns the colour of a user, always the same for the same id. */
function colourOf(userId: string): Colour {
	let sum = 0;
	for (const character of userId)
		sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1009;
	return COLOURS[sum % COLOURS.length] ?? "cyan";
}
