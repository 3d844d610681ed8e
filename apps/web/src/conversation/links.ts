export interface Part {
	readonly text: string;
	/** Where it leads, where it is a link. */
	readonly href?: string;
	/** The host that the link leads to, where the text does not show it as it is. */
	readonly host?: string;
}

/**
 * Punctuation that no address contains: in Chinese, Japanese, Arabic and Hindi a sentence goes on behind it without a
 * space.
 */
const NEVER =
	"\\u3000-\\u3004\\u3008-\\u3020\\u3030\\uFF01-\\uFF0F\\uFF1A-\\uFF20\\uFF3B-\\uFF40\\uFF5B-\\uFF65\\u060C\\u061B\\u061F\\u06D4\\u0964\\u0965“”‘’«»…";
/** Nothing invisible and nothing that turns text around: what is read is where it leads. */
const ADDRESS = new RegExp(
	`https?://[^\\s<>"'\`\\p{Cc}\\p{Cf}${NEVER}]+`,
	"giu",
);
/** What ends a sentence does not belong to the address. A closing bracket does, if it was opened in it. */
const ENDING = /[.,;:!?*_]+$/;

/**
 * Splits a text into web addresses and what is between them. `javascript:` and the like are never addresses.
 * @param end where the text is cut. An address that goes on behind it is left out, or is text where nothing else is
 *   left: what is left of it would lead elsewhere.
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

/** Whether the address is written with the host to which it leads. A look-alike from another script is not. */
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

/** undefined where it is no address, or one with a name before an `@`, which looks like another host. */
function urlOf(address: string): URL | undefined {
	const url = URL.parse(address);
	if (!url || !/^https?:$/.test(url.protocol)) return undefined;
	if (url.username !== "" || url.password !== "") return undefined;
	return url;
}
