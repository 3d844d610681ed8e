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
	return withKeys(value, wireKey);
}

/** `value`, as it is on the wire, with its keys in camelCase; the reverse of {@link toWire}. */
export function fromWire<T>(value: T): Camel<T> {
	return withKeys(value, camelKey) as Camel<T>;
}

const wireKey = remembering((key) =>
	key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
);
const camelKey = remembering((key) =>
	key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
);

function withKeys(value: unknown, rename: (key: string) => string): unknown {
	if (Array.isArray(value)) return value.map((item) => withKeys(item, rename));
	if (typeof value !== "object" || value === null) return value;
	const renamed: Record<string, unknown> = {};
	for (const [key, field] of Object.entries(value))
		renamed[rename(key)] = key === "metadata" ? field : withKeys(field, rename);
	return renamed;
}

/** More names than the protocol has are no names of the protocol: what a peer makes up must not fill the memory. */
const MOST_NAMES = 500;

function remembering(rename: (key: string) => string): typeof rename {
	const known = new Map<string, string>();
	return (key) => {
		let renamed = known.get(key);
		if (renamed === undefined) {
			renamed = rename(key);
			if (known.size < MOST_NAMES) known.set(key, renamed);
		}
		return renamed;
	};
}
