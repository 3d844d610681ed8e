import type { RuleId } from "./rules.ts";
import type { Trial } from "./trial.ts";

/** Looks at one rule from outside. */
export interface Check {
	readonly rule: RuleId;
	/** @throws {Failed} where the server breaks the rule, {Skipped} where that cannot be seen here. */
	readonly run: (trial: Trial) => Promise<void>;
	/** It mostly waits: it starts first, and does not count among those that run at once. */
	readonly long?: true;
}

export function check(rule: RuleId, run: Check["run"]): Check {
	return { rule, run };
}

/** A check that mostly waits. */
export function longCheck(rule: RuleId, run: Check["run"]): Check {
	return { rule, run, long: true };
}
