import type { ChatItem, Post, Status } from "./items.ts";
import type { Names } from "./names.ts";
import type { Colour, Row, Span } from "./row.ts";
import { dateOf, timeOf, weekdayOf } from "./time.ts";
import { fitted, wrapped } from "./wrap.ts";

/**
 * Width of `23:50 `. Every line of a message begins right of it, so that no content can look like a separate message.
 */
const MARGIN = 6;
const COLOURS: readonly Colour[] = ["cyan", "green", "yellow", "magenta"];
const STATUS: Readonly<Record<Status, Span>> = {
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
	const name = fitted(names.of(post.senderId), Math.floor(width / 2));
	const lines = wrapped(`${name}: ${post.text}`, width);
	const rows: Span[][] = lines.map((line, i) =>
		i === 0
			? [
					{ text: `${timeOf(post.at)} `, dim: true },
					{
						text: name,
						bold: true,
						colour: colourOf(post.senderId),
					},
					{ text: line.slice(name.length) },
				]
			: [{ text: " ".repeat(MARGIN) + line }],
	);
	if (post.more !== "")
		rows.push([
			{ text: " ".repeat(MARGIN) + fitted(post.more, width), dim: true },
		]);
	if (post.status)
		addStatus(rows, post, post.status, width, lines.at(-1) ?? "");
	return rows;
}

/** Adds the status after the last line if it fits, otherwise below it. */
function addStatus(
	rows: Span[][],
	{ more, why }: Post,
	status: Status,
	width: number,
	lastLine: string,
): void {
	const mark = STATUS[status];
	const text = fitted(
		why === undefined ? mark.text : `${mark.text}: ${why}`,
		width,
	);
	const last = rows.at(-1);
	const isRoom = more === "" && fits(`${lastLine} ${text}`, width);
	if (last && isRoom) last.push({ text: " " }, { ...mark, text });
	else rows.push([{ text: " ".repeat(MARGIN) }, { ...mark, text }]);
}

function fits(text: string, width: number): boolean {
	return fitted(text, width) === text;
}

function noteRows(
	entry: Extract<ChatItem, { kind: "note" }>,
	names: Names,
	columns: number,
): Row[] {
	const who = names.of(entry.userId);
	const text =
		entry.userId === entry.byId
			? `${who} left the conversation`
			: `${who} was removed by ${names.of(entry.byId)}`;
	return [
		[{ text: fitted(`${timeOf(entry.at)} ${text}`, columns), dim: true }],
	];
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
