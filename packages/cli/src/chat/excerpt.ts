import { printableLine } from "./printable.ts";

/**
 * Returns the beginning of a text in one line that is safe for a terminal. An ellipsis marks a cut.
 * @param most number of characters
 */
export function excerptOf(text: string, most: number): string {
	// Cutting comes first: printable() takes long for a megabyte.
	const [...characters] = printableLine(text.slice(0, 2 * most));
	return characters.length > most || text.length > 2 * most
		? `${characters.slice(0, most).join("")}…`
		: characters.join("");
}
