import type { RuleId } from "./rules.ts";

/** Result of one rule's check. */
export type Verdict =
	| { readonly kind: "passed" }
	| {
			readonly kind: "failed";
			/** Behaviour that the rule requires. */
			readonly expected: string;
			/** Behaviour of the server. */
			readonly seen: string;
	  }
	| { readonly kind: "skipped"; readonly why: string }
	/** The server lacks the feature that the rule is about. Its level does not depend on the feature. */
	| { readonly kind: "not_offered"; readonly why: string };

export interface Outcome {
	readonly rule: RuleId;
	readonly verdict: Verdict;
}

/** Error for a server that breaks a rule. */
export class Failed extends Error {
	override readonly name = "Failed";
	readonly expected: string;
	readonly seen: string;

	constructor(expected: string, seen: unknown) {
		const text = show(seen);
		super(`expected ${expected}; saw ${text}`);
		this.expected = expected;
		this.seen = text;
	}
}

/** Error for a rule that cannot be checked on this server. The rule counts as neither kept nor broken. */
export class Skipped extends Error {
	override readonly name = "Skipped";
}

const MAX_SHOWN = 400;

/** Formats a value in one short line. */
export function show(value: unknown): string {
	const text =
		typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
	return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}

/** Checks a condition. @throws {Failed} if it is false */
export function expect(
	condition: boolean,
	expected: string,
	seen: unknown,
): asserts condition {
	if (!condition) throw new Failed(expected, seen);
}

/** Compares two values. @param what names the value @throws {Failed} if they are not the same JSON */
export function expectSame(
	seen: unknown,
	expected: unknown,
	what: string,
): void {
	if (!isSame(seen, expected))
		throw new Failed(`${what}: ${show(expected)}`, seen);
}

/** Whether two values are the same JSON. */
export function isSame(one: unknown, other: unknown): boolean {
	return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
	return (
		JSON.stringify(value, (_key, field: unknown) =>
			typeof field === "object" && field !== null && !Array.isArray(field)
				? Object.fromEntries(
						Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)),
					)
				: field,
		) ?? "undefined"
	);
}
