export { CHECKS } from "./checks/index.ts";
export {
	type ConformOptions,
	conform,
	LEVELS,
	type Report,
} from "./conform.ts";
export { Unreachable } from "./probe.ts";
export { reportText } from "./report.ts";
export { type Level, RULES, type Rule, type RuleId } from "./rules.ts";
export {
	commandTokens,
	secretTokens,
	type TokenSource,
	TokenSourceError,
} from "./tokens.ts";
export type { Target } from "./trial.ts";
export type { Outcome, Verdict } from "./verdict.ts";
