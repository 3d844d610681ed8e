type CamelKey<S extends string> = S extends `${infer Head}_${infer Tail}`
	? `${Head}${Capitalize<CamelKey<Tail>>}`
	: S;

/** Type `T` with every snake_case key in camelCase. */
export type Camel<T> = T extends readonly (infer U)[]
	? Camel<U>[]
	: T extends object
		? { [K in keyof T as K extends string ? CamelKey<K> : K]: Camel<T[K]> }
		: T;

/** Converts the keys of `value` to snake_case. Leaves `metadata` unchanged, because its content belongs to users. */
export function toWire(value: unknown): unknown {
	return withKeys(value, knownWireKey);
}

/** Converts the keys of `value` from the wire's snake_case to camelCase. The reverse of {@link toWire}. */
export function fromWire<T>(value: T): Camel<T> {
	return withKeys(value, camelKey) as Camel<T>;
}

/** Converts one key to snake_case. */
export function wireKey(key: string): string {
	return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelKey(key: string): string {
	return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Caches the keys, which takes a third of the time on a server. The program defines all keys, so the cache stays small.
 */
function knownWireKey(key: string): string {
	let wire = wireKeys.get(key);
	if (wire === undefined) {
		wire = wireKey(key);
		wireKeys.set(key, wire);
	}
	return wire;
}

const wireKeys = new Map<string, string>();

/** Converts the keys of `value` with a given function. Leaves the keys under `metadata` unchanged. */
export function withKeys(
	value: unknown,
	rename: (key: string) => string,
): unknown {
	if (Array.isArray(value)) return value.map((item) => withKeys(item, rename));
	if (typeof value !== "object" || value === null) return value;
	const renamed: Record<string, unknown> = {};
	for (const [key, field] of Object.entries(value))
		renamed[rename(key)] = key === "metadata" ? field : withKeys(field, rename);
	return renamed;
}
