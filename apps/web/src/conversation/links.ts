export interface Part {
	readonly text: string;
	/** Where it leads, where it is a link. */
	readonly href?: string;
}

/** Nothing invisible and nothing that turns text around: what is read is where it leads. */
const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;
/** What ends a sentence does not belong to the address. A closing bracket does, if it was opened in it. */
const ENDING = /[.,;:!?…*_]+$/;

/** A text with its web addresses told apart. `javascript:` and the like never are any. */
export function parts(content: string): Part[] {
	const found: Part[] = [];
	let from = 0;
	for (const { 0: match, index } of content.matchAll(ADDRESS)) {
		const address = trimmed(match);
		const href = hrefOf(address);
		if (href === undefined) continue;
		if (index > from) found.push({ text: content.slice(from, index) });
		found.push({ text: address, href });
		from = index + address.length;
	}
	if (from < content.length) found.push({ text: content.slice(from) });
	return found;
}

function trimmed(match: string): string {
	let address = match.replace(ENDING, "");
	while (/[)\]}]$/.test(address) && isUnopened(address))
		address = address.slice(0, -1).replace(ENDING, "");
	return address;
}

function isUnopened(address: string): boolean {
	const close = address.at(-1) ?? "";
	const open = { ")": "(", "]": "[", "}": "{" }[close] ?? "";
	return address.split(open).length < address.split(close).length;
}

/** undefined where it is no address, or one with a name before an `@`, which looks like another host. */
function hrefOf(address: string): string | undefined {
	const url = URL.parse(address);
	if (!url || !/^https?:$/.test(url.protocol)) return undefined;
	if (url.username !== "" || url.password !== "") return undefined;
	return url.href;
}
