/** Extracts links, anchors and code blocks from Markdown. */

/** Forms of a link target: `[a](here)`, `[a](<here> "title")`, `[a]: here`, `<a href="here">`, `<img src=here>`. */
const LINKS = [
	/\]\(\s*<?([^)>\s]+)/g,
	/^ {0,3}\[[^\]]+\]:\s*<?([^>\s]+)/gm,
	/\b(?:href|src)\s*=\s*["']?([^"'>\s]+)/gi,
];
const FENCED = /^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^ *\2[^\n]*$/gm;

export interface Block {
	readonly language: string;
	readonly code: string;
	/** HTML comment on the line before the block, or an empty string. */
	readonly comment: string;
}

export function links(text: string): string[] {
	const prose = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "``");
	return LINKS.flatMap((form) =>
		Array.from(prose.matchAll(form), ([, target = ""]) => target),
	);
}

/** Returns the anchors of a document's headings. */
export function anchors(text: string): string[] {
	return Array.from(
		withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm),
		([, heading = ""]) => slug(heading),
	);
}

export function blocks(text: string): Block[] {
	return Array.from(
		text.matchAll(
			/(?:^(<!--.*-->)\n)?^ *(?:```+|~~~+) *(\w*)[^\n]*\n([\s\S]*?)^ *(?:```+|~~~+) *$/gm,
		),
		([, comment = "", language = "", code = ""]) => ({
			comment,
			language,
			code,
		}),
	);
}

function withoutBlocks(text: string): string {
	return text.replaceAll(FENCED, "");
}

/** Returns GitHub's anchor for a heading. */
export function slug(heading: string): string {
	return heading
		.toLowerCase()
		.replaceAll(/[^\p{L}\p{N} _-]/gu, "")
		.replaceAll(" ", "-");
}
