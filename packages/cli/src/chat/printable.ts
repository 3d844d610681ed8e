/**
 * What others wrote, made fit for a terminal: nothing in it can move the cursor, colour, ask, copy, reorder or hide.
 * What is left has a width in every terminal that a layout which counts cells can hold to: see wrap.ts.
 */

/** Marks that are stacked on one letter beyond these would grow over the lines above and below. */
const MANY_MARKS = /(\p{M}{4})\p{M}+/gu;
/** Line breaks of all kinds; a `\r` alone is none, it would write over what stands there. */
const BREAKS = /\r\n|[\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const C0 = /[\0-\x09\x0b-\x1f]/g;
/** DEL, and the one-character forms of CSI, OSC, DCS and their like, which some terminals obey. */
const C1 = /[\x7f-\x9f]/g;
/**
 * What shows nothing: zero-width characters, bidirectional overrides and marks, fillers, tags, variation selectors.
 * Joiners too, also between emoji: tmux 3.3 has one cell for a rainbow flag where others have two, four for an
 * astronaut with a skin tone, and drops the last child of a family of four. Apart, all of them are seen everywhere.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const UNASSIGNED = /\p{Cn}/gu;

/**
 * Fit for a terminal; the only control character left is `\n`. Tabs are four spaces, other control characters their
 * pictures.
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

/** The same in one line: for names, titles and what a server says. */
export function printableLine(text: string): string {
	return printable(text).replace(/\s+/g, " ").trim();
}

/** Beginning of a text that fills no more than a screen, and what to say of the rest. */
export function shortened(text: string): { text: string; more: string } {
	const lines = text.slice(0, MOST_CHARACTERS).split("\n");
	const kept = lines.slice(0, MOST_LINES).join("\n").toWellFormed();
	const left = text.length - kept.length;
	return left <= 0
		? { text, more: "" }
		: { text: kept, more: `… ${left.toLocaleString("en")} characters more` };
}

const MOST_CHARACTERS = 2000;
const MOST_LINES = 20;

/**
 * JSON in one line that can be shown on a terminal: like `JSON.stringify`, and what that leaves as it is although
 * terminals act on it or hide it, as `\u` escapes. Any parser gets the same value.
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
