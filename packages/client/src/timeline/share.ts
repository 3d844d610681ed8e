/**
 * Returns `before` if it has the content of `after`; otherwise `after`, with the fields of `before` whose content is the
 * same. Frameworks compare objects by identity.
 */
export function share<T extends object>(before: T | undefined, after: T): T {
	if (!before) return after;
	let isSame = true;
	for (const field in after)
		if (isEqual(before[field], after[field])) after[field] = before[field];
		else isSame = false;
	return isSame ? before : after;
}

function isEqual(a: unknown, b: unknown): boolean {
	return (
		Object.is(a, b) ||
		(typeof a === "object" && JSON.stringify(a) === JSON.stringify(b))
	);
}
