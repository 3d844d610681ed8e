/**
 * Makes text of other users safe for a terminal: the result cannot move the cursor, set colours, send queries, copy,
 * reorder or hide text. wrap.ts can measure its width in the cells of every terminal.
 */

/** More than four marks on a letter. They would cover the lines above and below. */
const MANY_MARKS = /(\p{M}{4})\p{M}+/gu;
/** Line breaks. A single `\r` is not one: a terminal would overwrite the line. */
const BREAKS = /\r\n|[\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds them.
const C0 = /[\0-\x09\x0b-\x1f]/g;
/** DEL, and the one-character forms of CSI, OSC, DCS and similar sequences, which some terminals execute. */
const C1 = /[\x7f-\x9f]/g;
/**
 * Invisible characters: zero-width characters, bidirectional overrides and marks, fillers, tags, variation selectors.
 * Joiners between emoji are included, because terminals disagree: tmux 3.3 uses one cell for a rainbow flag where
 * others use two, four for an astronaut with a skin tone, and drops the last child of a family of four. Without the
 * joiner every terminal shows the emoji side by side.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const UNASSIGNED = /\p{Cn}/gu;

/**
 * Makes a text safe for a terminal. The only remaining control character is `\n`. Four spaces replace a tab, and
 * control pictures replace other control characters.
 */
export function printable(text: string): string {
	return text
		.toWellFormed()
		.replace(BREAKS, "\n")
		.replaceAll("\t", "    ")
		.replace(C0, (control) =>
			String.fromCharCode(0x2400 + control.charCodeAt(0)),
		)
		.replace(C1, (control) => (control === "\x7f" ? "\u2421" : "\ufffd"))
		.replace(INVISIBLE, "")
		.replace(UNASSIGNED, "\ufffd")
		.replace(MANY_MARKS, "$1");
}

/** Does the same in one line, for names, titles and messages of a server. */
export function printableLine(text: string): string {
	return printable(text).replace(/\s+/g, " ").trim();
}

/** Cuts a text to at most a screen, and returns a line about the rest. */
export function shortened(text: string): { text: string; more: string } {
	const lines = text.slice(0, MOST_CHARACTERS).split("\n");
	const kept = lines.slice(0, MOST_LINES).join("\n").toWellFormed();
	const left = text.length - kept.length;
	return left <= 0
		? { text, more: "" }
		: { text: kept, more: `… ${left.toLocaleString("en")} more characters` };
}

const MOST_CHARACTERS = 2000;
const MOST_LINES = 20;

/**
 * Formats a value as one line of JSON that is safe for a terminal. Characters that `JSON.stringify` keeps although
 * terminals execute or hide them become `\u` escapes. Every parser reads the same value.
 */
export function jsonLine(value: unknown): string {
	return JSON.stringify(value).replace(
		/[\x7f-\x9f\u2028\u2029\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu,
		(character) =>
			Array.from(
				{ length: character.length },
				(_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
			).join(""),
	);
}
