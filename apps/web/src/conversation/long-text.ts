const MOST_CHARACTERS = 1000;
const MOST_LINES = 24;

/** Returns the beginning of a long text, which the page shows first. Returns undefined for a text that is not long. */
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
	// Do not cut a character of two code units in the middle.
	return content
		.slice(0, end)
		.replace(/[\uD800-\uDBFF]$/, "")
		.trimEnd();
}
