import { Limits } from "./limits.ts";

/** Checks whether objects and arrays nest more than `levels` deep. `value` itself is the first level. */
export function isDeeperThan(value: unknown, levels: number): boolean {
	if (typeof value !== "object" || value === null) return false;
	if (levels === 0) return true;
	if (Array.isArray(value)) {
		for (const item of value) if (isDeeperThan(item, levels - 1)) return true;
		return false;
	}
	// Parsed JSON inherits no enumerable keys. Copying the values would cost more than parsing.
	for (const key in value)
		if (isDeeperThan((value as Record<string, unknown>)[key], levels - 1))
			return true;
	return false;
}

/**
 * Returns why the server must not store and relay `value`, or undefined if it may. Some stores and clients could not
 * return such a value unchanged. The depth of `value` must be bounded.
 */
export function whyUnstorable(value: unknown): string | undefined {
	switch (typeof value) {
		case "string":
			// UTF-8 cannot encode lone surrogates, and Postgres text cannot hold U+0000.
			return value.isWellFormed() && !value.includes("\0")
				? undefined
				: "text must be well-formed Unicode without U+0000";
		case "number":
			// The parser turns 1e400 into Infinity, and the encoder would write it as null.
			return Number.isFinite(value)
				? undefined
				: "a number is too large for a double";
		case "object":
			if (value === null) return undefined;
			for (const [key, item] of Object.entries(value)) {
				// Careless code that copies keys would replace the prototype of its object.
				if (key === "__proto__") return "a key must not be __proto__";
				const why = whyUnstorable(key) ?? whyUnstorable(item);
				if (why) return why;
			}
	}
	return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * Checks whether JSON text has more than {@link Limits.maxStructureCharacters} outside its strings, quotes included.
 * Numbers, keys and brackets cost far more to parse and validate than characters of a string: 1 MiB of zeros occupies a
 * thread for 100 ms. Reads the text at most twice, at 2 ms per MiB. Does not read text that is shorter than the limit.
 */
export function hasTooMuchStructure(text: string): boolean {
	let left: number = Limits.maxStructureCharacters;
	if (text.length <= left) return false;
	for (let i = 0; i < text.length; i++) {
		if (--left < 0) return true;
		if (text.charCodeAt(i) !== QUOTE) continue;
		i = endOfString(text, i + 1);
		left--;
	}
	return left < 0;
}

/** Number in JSON, without its sign. */
const NUMBER = /\d[\d.eE+-]*/y;

/**
 * Returns why JSON text must not be stored: it contains a number that parsing would change. Parsing may round an
 * integer beyond 2^53 - 1, and may turn a small number into 0. Returns undefined if there is no such number. -0 counts
 * as the same number as 0. Reads the text once, and never throws for text that is not JSON.
 */
export function whyInexact(text: string): string | undefined {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code === QUOTE) i = endOfString(text, i + 1);
		else if (code >= DIGIT_0 && code <= DIGIT_9) {
			NUMBER.lastIndex = i;
			const number = NUMBER.exec(text)?.[0] ?? "";
			const why = whyChanged(number);
			if (why) return why;
			i += number.length - 1;
		}
	}
	return undefined;
}

function whyChanged(number: string): string | undefined {
	const value = Number(number);
	if (value === 0)
		return /^[0.]*(?:[eE]|$)/.test(number)
			? undefined
			: "a number is too small for a double";
	return value > Number.MAX_SAFE_INTEGER &&
		!/[eE]/.test(number) &&
		String(value) !== number
		? "an integer above 9007199254740991 would be rounded: send it as a string"
		: undefined;
}

/** Returns the index of the quote that ends a string, or the length of the text. */
function endOfString(text: string, start: number): number {
	const quote = text.indexOf('"', start);
	// Most strings have no escaped quote, and a search is many times as fast as a check of each character.
	if (quote >= 0 && text.charCodeAt(quote - 1) !== BACKSLASH) return quote;
	for (let i = start; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code === BACKSLASH) i++;
		else if (code === QUOTE) return i;
	}
	return text.length;
}
