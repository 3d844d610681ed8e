import stringWidth from "string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ASCII = /^[\x20-\x7e]*$/;

/** Characters as a person counts them, each with the cells it takes. */
export function cellsOf(text: string): { text: string; width: number }[] {
	if (ASCII.test(text)) return Array.from(text, (text) => ({ text, width: 1 }));
	return Array.from(segmenter.segment(text), ({ segment }) => ({
		text: segment,
		width: stringWidth(segment),
	}));
}

/** Lines of at most `columns` cells, broken at spaces where there are any. `text` is {@link printable}. */
export function wrapped(text: string, columns: number): string[] {
	const width = Math.max(2, columns);
	return text.split("\n").flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, columns: number): string[] {
	if (line.length <= columns && ASCII.test(line)) return [line];
	const cells = cellsOf(line);
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
	if (stringWidth(text) <= columns) return text;
	let kept = "";
	let used = 0;
	for (const cell of cellsOf(text)) {
		if (used + cell.width > columns - 1) break;
		kept += cell.text;
		used += cell.width;
	}
	return columns > 0 ? `${kept}…` : "";
}
