type CamelKey<S extends string> = S extends `${infer Head}_${infer Tail}`
	? `${Head}${Capitalize<CamelKey<Tail>>}`
	: S;

/** The type `T` with every snake_case key in camelCase. */
export type Camel<T> = T extends readonly (infer U)[]
	? Camel<U>[]
	: T extends object
		? { [K in keyof T as K extends string ? CamelKey<K> : K]: Camel<T[K]> }
		: T;

/** `value` with its keys in snake_case. What is under `metadata` belongs to users and is left as it is. */
export function toWire(value: unknown): unknown {
	return withKeys(value, knownWireKey);
}

/** `value`, as it is on the wire, with its keys in camelCase; the reverse of {@link toWire}. */
export function fromWire<T>(value: T): Camel<T> {
	return withKeys(value, camelKey) as Camel<T>;
}

/** A key in snake_case. */
export function wireKey(key: string): string {
	return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelKey(key: string): string {
	return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A server does it for everybody: remembered, it takes a third of the time. Its names are the program's own, so they are few. */
function knownWireKey(key: string): string {
	let wire = wireKeys.get(key);
	if (wire === undefined) {
		wire = wireKey(key);
		wireKeys.set(key, wire);
	}
	return wire;
}

const wireKeys = new Map<string, string>();

/** `value` with other keys, other than those under `metadata`. */
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
