/**
 * Returns `before` if it has the content of `after`. Otherwise returns `after`, with those fields of `before` that have
 * the same content. Frameworks compare objects by identity.
 */
export function share<T extends object>(before: T | undefined, after: T): T {
	if (!before) return after;
	let isSame = true;
	for (const field in after) {
		const known = before[field];
		const found = after[field];
		if (known === found || JSON.stringify(known) === JSON.stringify(found))
			after[field] = known;
		else isSame = false;
	}
	return isSame ? before : after;
}
