/** User who can be mentioned, by the name that the page shows. */
export interface Named {
	readonly userId: string;
	readonly name: string;
}

/** Mention in a text, from `from` up to, and not including, `to`. */
export interface Mention {
	readonly from: number;
	readonly to: number;
	readonly userId: string;
}

/** Stands for all participants, as the id of a user: `@all`. */
export const EVERYONE: Named = { userId: "", name: "all" };
/** Maximum number of users that a message can mention. */
const MOST = 50;
/** Longest text after an `@` that counts as the beginning of a name, in characters. */
const LONGEST = 40;
const IN_WORD = /[\p{L}\p{N}_]/u;

/** Finds the names of these users after an `@`. If a name is the beginning of another one, the longer one counts. */
export function mentionsIn(text: string, people: readonly Named[]): Mention[] {
	if (!text.includes("@")) return [];
	const plain = folded(text);
	const byLength = people
		.map(({ userId, name }) => ({ userId, sign: `@${folded(name)}` }))
		.sort((a, b) => b.sign.length - a.sign.length);
	const found: Mention[] = [];
	for (
		let from = plain.indexOf("@");
		from !== -1;
		from = plain.indexOf("@", from + 1)
	) {
		// An address such as a@example.org mentions nobody.
		if (IN_WORD.test(text.charAt(from - 1))) continue;
		const match = byLength.find(
			({ sign }) =>
				plain.startsWith(sign, from) &&
				!IN_WORD.test(text.charAt(from + sign.length)),
		);
		if (!match) continue;
		const to = from + match.sign.length;
		found.push({ from, to, userId: match.userId });
		from = to - 1;
	}
	return found;
}

/**
 * Converts a text to lower case and keeps its length: the places in it are places in the original text. `toLowerCase`
 * of the whole text makes "İ" longer, and the letters around a sigma decide its form.
 */
function folded(text: string): string {
	return text
		.replace(/./gsu, (letter) => {
			const lower = letter.toLowerCase();
			return lower.length === letter.length ? lower : letter;
		})
		.replaceAll("ς", "σ");
}

/** Returns what a message with this text mentions, as its field `mentions`; undefined if it mentions nobody. */
export function mentionsOf(
	text: string,
	people: readonly Named[],
): { userIds?: string[]; all?: boolean } | undefined {
	const ids = new Set(mentionsIn(text, people).map(({ userId }) => userId));
	const all = ids.delete(EVERYONE.userId);
	if (ids.size === 0 && !all) return undefined;
	return {
		...(ids.size > 0 && { userIds: [...ids].slice(0, MOST) }),
		...(all && { all }),
	};
}

/** Returns the `@` and the text between it and the cursor, if the user may be writing a name there. */
export function nameAt(
	text: string,
	cursor: number,
): { readonly from: number; readonly typed: string } | undefined {
	const before = text.slice(Math.max(0, cursor - LONGEST), cursor);
	const at = before.lastIndexOf("@");
	if (at === -1 || IN_WORD.test(before.charAt(at - 1))) return undefined;
	const typed = before.slice(at + 1);
	if (/\n|^\s|\s\s/.test(typed)) return undefined;
	return { from: cursor - typed.length - 1, typed };
}
