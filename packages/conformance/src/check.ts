import type { RuleId } from "./rules.ts";
import type { Trial } from "./trial.ts";

/** Check of one rule from outside the server. */
export interface Check {
	readonly rule: RuleId;
	/**
	 * Runs the check. Throws {@link Failed} if the server breaks the rule, {@link Skipped} if this cannot be seen
	 * here.
	 */
	readonly run: (trial: Trial) => Promise<void>;
	/**
	 * Set for a check that mostly waits: it starts first, and does not count towards the checks that run at once.
	 */
	readonly long?: true;
}

export function check(rule: RuleId, run: Check["run"]): Check {
	return { rule, run };
}

/** Creates a check that mostly waits. */
export function longCheck(rule: RuleId, run: Check["run"]): Check {
	return { rule, run, long: true };
}

/** Creates a check that needs the REST API. A server without a REST API neither passes nor breaks it. */
export function restCheck(rule: RuleId, run: Check["run"]): Check {
	return check(rule, async (trial) => {
		trial.needsRest();
		await run(trial);
	});
}
