const LONGEST = 160;

/** Returns the beginning of a message in one line, for quotes and lists. */
export function excerpt(message: {
	readonly content: string;
	readonly deleted: boolean;
}): string {
	if (message.deleted) return "Message deleted";
	const line = message.content
		.slice(0, 4 * LONGEST)
		.replace(/\s+/g, " ")
		.trim();
	return line.length > LONGEST
		? // Do not cut a character of two code units in the middle.
			`${line.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, "")}…`
		: line;
}
