import stringWidth from "string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ASCII = /^[\x20-\x7e]*$/;

/** Grapheme, and the number of cells that it takes. */
interface Cell {
	readonly text: string;
	readonly width: number;
}

/** Caches a measurement: a long text repeats the same few characters. */
function remembered(
	measure: (text: string) => number,
): (text: string) => number {
	const known = new Map<string, number>();
	return (text) => {
		let value = known.get(text);
		if (value === undefined) {
			value = measure(text);
			known.set(text, value);
		}
		return value;
	};
}

/** Splits a text into graphemes. */
export function cellsOf(text: string): Cell[] {
	if (ASCII.test(text)) return Array.from(text, (text) => ({ text, width: 1 }));
	const width = remembered(stringWidth);
	return Array.from(segmenter.segment(text), ({ segment }) => ({
		text: segment,
		width: width(segment),
	}));
}

/**
 * Characters that no terminal shows in their own cell, but with the preceding letter: marks, and the later letters of a
 * Korean syllable.
 */
const UPON = /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/**
 * Returns the largest number of cells that a terminal uses for a character. Some terminals join a skin tone, or the
 * later letters of an Indian syllable, with the preceding character; others, such as tmux, put them beside it. With the
 * larger width a line may end early but is never cut.
 */
function roomOf(text: string): number {
	let apart = 0;
	if (text.length > 1)
		for (const character of text)
			if (!UPON.test(character)) apart += stringWidth(character);
	return Math.max(stringWidth(text), apart);
}

/**
 * Splits a line into characters. It splits a grapheme that begins with a space, so that the line can break at the
 * space, and a grapheme of more than {@link MOST_IN_ONE} code units, such as a hundred Thai vowels without a letter.
 */
function charactersOf(line: string): string[] {
	return Array.from(segmenter.segment(line), ({ segment }) =>
		segment.length > MOST_IN_ONE ||
		(segment.length > 1 && segment.startsWith(" "))
			? Array.from(segment)
			: [segment],
	).flat();
}

const MOST_IN_ONE = 16;

/** Wraps text into lines of at most `columns` cells, at spaces where possible. `text` is {@link printable}. */
export function wrapped(text: string, columns: number): string[] {
	const width = Math.max(2, columns);
	return text.split("\n").flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, columns: number): string[] {
	if (line.length <= columns && ASCII.test(line)) return [line];
	const room = remembered(roomOf);
	const cells = charactersOf(line).map((text) => ({
		text,
		width: Math.min(room(text), columns),
	}));
	const lines: string[] = [];
	let from = 0;
	let used = 0;
	/** Index at which the next line begins if this line breaks at its last space. */
	let breakAt = 0;
	for (let i = 0; i < cells.length; i++) {
		const { text, width } = cells[i] ?? { text: "", width: 0 };
		if (used + width > columns) {
			// A space at the end of a line is invisible and does not move to the next line.
			if (text === " ") {
				breakAt = i + 1;
				continue;
			}
			const end = breakAt > from ? breakAt : i;
			lines.push(joined(cells, from, end).trimEnd());
			from = end;
			used = 0;
			for (let j = from; j < i; j++) used += cells[j]?.width ?? 0;
		}
		used += width;
		if (text === " ") breakAt = i + 1;
	}
	lines.push(joined(cells, from, cells.length).trimEnd());
	return lines;
}

function joined(
	cells: readonly { readonly text: string }[],
	from: number,
	to: number,
): string {
	let text = "";
	for (let i = from; i < to; i++) text += cells[i]?.text ?? "";
	return text;
}

/** Cuts a line to `columns` cells. An ellipsis marks a cut. */
export function fitted(text: string, columns: number): string {
	if (text.length <= columns && ASCII.test(text)) return text;
	let kept = "";
	let used = 0;
	/** Beginning that leaves room for the ellipsis. */
	let short = "";
	for (const character of charactersOf(text)) {
		used += roomOf(character);
		if (used > columns) return columns > 0 ? `${short}…` : "";
		kept += character;
		if (used < columns) short = kept;
	}
	return kept;
}
