/**
 * Returns `before` if it has the content of `after`. Otherwise returns `after`, with those fields of `before` that have
 * the same content. Frameworks compare objects by identity.
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
