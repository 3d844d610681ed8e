import type { RuleId } from "./rules.ts";

/** What became of one rule's check. */
export type Verdict =
	| { readonly kind: "passed" }
	| {
			readonly kind: "failed";
			/** What the rule asks for. */
			readonly expected: string;
			/** What the server did. */
			readonly seen: string;
	  }
	| { readonly kind: "skipped"; readonly why: string };

export interface Outcome {
	readonly rule: RuleId;
	readonly verdict: Verdict;
}

/** The server did something else than a rule asks for. */
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

/** The rule cannot be looked at here: neither kept nor broken. */
export class Skipped extends Error {
	override readonly name = "Skipped";
}

const MAX_SHOWN = 400;

/** A value in one short line. */
export function show(value: unknown): string {
	const text =
		typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
	return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}

/** @throws {Failed} unless the condition holds. */
export function expect(
	condition: boolean,
	expected: string,
	seen: unknown,
): asserts condition {
	if (!condition) throw new Failed(expected, seen);
}

/** @throws {Failed} unless both are the same JSON. */
export function expectSame(
	seen: unknown,
	expected: unknown,
	what: string,
): void {
	if (canonical(seen) !== canonical(expected))
		throw new Failed(`${what} ${show(expected)}`, seen);
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
