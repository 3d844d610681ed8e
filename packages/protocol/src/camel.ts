type CamelKey<S extends string> = S extends `${infer Head}_${infer Tail}`
	? `${Head}${Capitalize<CamelKey<Tail>>}`
	: S;

/** The type `T` with every snake_case key in camelCase. */
export type Camel<T> = T extends readonly (infer U)[]
	? Camel<U>[]
	: T extends object
		? { [K in keyof T as K extends string ? CamelKey<K> : K]: Camel<T[K]> }
		: T;

const wireKeys = new Map<string, string>();

function wireKey(key: string): string {
	let wire = wireKeys.get(key);
	if (wire === undefined) {
		wire = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
		wireKeys.set(key, wire);
	}
	return wire;
}

/** `value` with its keys in snake_case. What is under `metadata` belongs to users and is left as it is. */
export function toWire(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(toWire);
	if (typeof value !== "object" || value === null) return value;
	const wire: Record<string, unknown> = {};
	for (const [key, field] of Object.entries(value))
		wire[wireKey(key)] = key === "metadata" ? field : toWire(field);
	return wire;
}
