/** Returns `before` if it has the same elements as `after`: frameworks compare lists by identity. */
export function sameList<T>(
	before: readonly T[],
	after: readonly T[],
): readonly T[] {
	return before.length === after.length &&
		after.every((element, at) => element === before[at])
		? before
		: after;
}
