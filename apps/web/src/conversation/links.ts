export interface Part {
	readonly text: string;
	/** Target, if the part is a link. */
	readonly href?: string;
	/** Host of the target, if the text does not show it exactly. */
	readonly host?: string;
}

/**
 * Punctuation that no address contains. In Chinese, Japanese, Arabic and Hindi a sentence continues after it without a
 * space.
 */
const NEVER =
	"\\u3000-\\u3004\\u3008-\\u3020\\u3030\\uFF01-\\uFF0F\\uFF1A-\\uFF20\\uFF3B-\\uFF40\\uFF5B-\\uFF65\\u060C\\u061B\\u061F\\u06D4\\u0964\\u0965“”‘’«»…";
/** Excludes invisible characters and those that change the text direction: the user must read the real target. */
const ADDRESS = new RegExp(
	`https?://[^\\s<>"'\`\\p{Cc}\\p{Cf}${NEVER}]+`,
	"giu",
);
/** Characters that end a sentence and not an address. A closing bracket belongs to the address that opens it. */
const ENDING = /[.,;:!?*_]+$/;

/**
 * Splits a text into web addresses and the text between them. Only `http:` and `https:` URLs are addresses.
 * @param end where the text is cut. The function omits an address that continues after it, because the cut address
 *   leads elsewhere. If nothing else is left, it returns the cut address as text.
 */
export function parts(content: string, end = content.length): Part[] {
	const found: Part[] = [];
	let from = 0;
	for (const { 0: match, index } of content.matchAll(ADDRESS)) {
		if (index >= end) break;
		const address = trimmed(match);
		if (index + address.length > end) {
			const before = content.slice(from, index).trimEnd();
			if (before !== "") found.push({ text: before });
			return found.length > 0 ? found : [{ text: content.slice(0, end) }];
		}
		const url = urlOf(address);
		if (!url) continue;
		if (index > from) found.push({ text: content.slice(from, index) });
		found.push({
			text: address,
			href: url.href,
			...(isShown(url, address) ? {} : { host: url.host }),
		});
		from = index + address.length;
	}
	if (from < end) found.push({ text: content.slice(from, end) });
	return found;
}

/** Tells whether the address shows the host of its target. An address with look-alike letters does not. */
function isShown({ protocol, host }: URL, address: string): boolean {
	const origin = `${protocol}//${host}`;
	return (
		address.toLowerCase().startsWith(origin) &&
		!/^[^/?#:]/.test(address.slice(origin.length))
	);
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

/** Parses an address. Returns undefined if it is invalid or has a user name before an `@`, which looks like a host. */
function urlOf(address: string): URL | undefined {
	const url = URL.parse(address);
	if (!url || !/^https?:$/.test(url.protocol)) return undefined;
	if (url.username !== "" || url.password !== "") return undefined;
	return url;
}
