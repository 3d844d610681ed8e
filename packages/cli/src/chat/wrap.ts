import stringWidth from "string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ASCII = /^[\x20-\x7e]*$/;

/** A character as a person counts them, and the cells it takes. */
interface Cell {
	readonly text: string;
	readonly width: number;
}

/** A long text has many characters and few that are different: each is measured once. */
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

/** The characters of a text. */
export function cellsOf(text: string): Cell[] {
	if (ASCII.test(text)) return Array.from(text, (text) => ({ text, width: 1 }));
	const width = remembered(stringWidth);
	return Array.from(segmenter.segment(text), ({ segment }) => ({
		text: segment,
		width: width(segment),
	}));
}

/**
 * What shows beside or upon the letter before it, in no terminal in a cell of its own: marks, and what follows in a
 * Korean syllable.
 */
const UPON = /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/**
 * The most cells that a terminal takes for a character: some join a skin tone, or what follows in an Indian syllable,
 * to what is before it, and others, tmux among them, put it beside. So a line may end early, and never loses its end.
 */
function roomOf(text: string): number {
	let apart = 0;
	if (text.length > 1)
		for (const character of text)
			if (!UPON.test(character)) apart += stringWidth(character);
	return Math.max(stringWidth(text), apart);
}

/**
 * A space that something hangs on is still one to break at; and a hundred Thai vowels are text, though no letter comes
 * between.
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

/** Lines of at most `columns` cells, broken at spaces where there are any. `text` is {@link printable}. */
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
	/** Where the next line would begin if it were broken at the last space. */
	let breakAt = 0;
	for (let i = 0; i < cells.length; i++) {
		const { text, width } = cells[i] ?? { text: "", width: 0 };
		if (used + width > columns) {
			// A space at the end of a line shows nothing, and takes no place in the next.
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

/** The beginning of a line that fits, with an ellipsis where something is left out. */
export function fitted(text: string, columns: number): string {
	if (text.length <= columns && ASCII.test(text)) return text;
	let kept = "";
	let used = 0;
	/** What of it leaves room for the ellipsis. */
	let short = "";
	for (const character of charactersOf(text)) {
		used += roomOf(character);
		if (used > columns) return columns > 0 ? `${short}…` : "";
		kept += character;
		if (used < columns) short = kept;
	}
	return kept;
}
