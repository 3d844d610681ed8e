const MOST_CHARACTERS = 1000;
const MOST_LINES = 24;

/** The beginning of a text that is too long to be shown whole unasked; undefined for one that is not. */
export function cut(content: string): string | undefined {
	let end = 0;
	for (let line = 0; line < MOST_LINES; line++) {
		const newline = content.indexOf("\n", end);
		if (newline === -1) {
			end = content.length;
			break;
		}
		end = newline + 1;
	}
	end = Math.min(end, MOST_CHARACTERS);
	if (end >= content.length) return undefined;
	// Not through the middle of a character that is two code units.
	return content
		.slice(0, end)
		.replace(/[\uD800-\uDBFF]$/, "")
		.trimEnd();
}
