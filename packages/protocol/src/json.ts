/** Whether objects and arrays nest more than `levels` deep, `value` itself being the first. */
export function isDeeperThan(value: unknown, levels: number): boolean {
	if (typeof value !== "object" || value === null) return false;
	if (levels === 0) return true;
	for (const item of Object.values(value))
		if (isDeeperThan(item, levels - 1)) return true;
	return false;
}

/**
 * Why `value`, of bounded depth, must not be stored and relayed: not every store and client could give it back
 * unchanged. undefined if it may be.
 */
export function whyUnstorable(value: unknown): string | undefined {
	switch (typeof value) {
		case "string":
			// UTF-8 has no lone surrogates, Postgres text no U+0000.
			return value.isWellFormed() && !value.includes("\0")
				? undefined
				: "text must be well-formed Unicode without U+0000";
		case "number":
			// 1e400 is parsed as Infinity and would come out as null.
			return Number.isFinite(value)
				? undefined
				: "a number is too large for a double";
		case "object":
			if (value === null) return undefined;
			for (const [key, item] of Object.entries(value)) {
				// A careless reader that copies keys would have its prototype replaced.
				if (key === "__proto__") return "a key must not be __proto__";
				const why = whyUnstorable(key) ?? whyUnstorable(item);
				if (why) return why;
			}
	}
	return undefined;
}
