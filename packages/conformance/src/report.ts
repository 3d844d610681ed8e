import { LEVELS, type Report } from "./conform.ts";
import { type Level, RULES } from "./rules.ts";
import type { Outcome } from "./verdict.ts";

/** Formats the report for a person: broken rules with links, rules that were not checked, and the level. */
export function reportText({ url, level, outcomes }: Report): string {
	const of = (kind: Outcome["verdict"]["kind"]): Outcome[] =>
		outcomes.filter(({ verdict }) => verdict.kind === kind);
	const failed = of("failed").map(failure);
	const skipped = of("skipped");
	const lacking = of("not_offered");
	const passed = of("passed").length;
	const lacks = lacking.length === 0 ? "" : `, ${lacking.length} not offered`;
	return [
		...failed,
		...reasons("skip  ", skipped),
		...reasons("none  ", lacking),
		`${url}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped${lacks}.`,
		...(level === undefined ? [] : [levelLine(level, skipped)]),
	].join("\n");
}

/** Lists rules that were not checked, grouped by the reason. */
function reasons(label: string, outcomes: readonly Outcome[]): string[] {
	const rules = new Map<string, string[]>();
	for (const { rule, verdict } of outcomes)
		if ("why" in verdict)
			rules.set(verdict.why, [...(rules.get(verdict.why) ?? []), rule]);
	return Array.from(
		rules,
		([why, found]) => `${label}${found.join(" ")}\n      ${why}`,
	);
}

/** Names the level together with the number of skipped rules, because a skipped rule may be broken. */
function levelLine(level: Level | null, skipped: readonly Outcome[]): string {
	if (level === null)
		return "Level: none. The server breaks a rule of the level seed.";
	const open = skipped.filter(
		({ rule }) => LEVELS.indexOf(RULES[rule].level) <= LEVELS.indexOf(level),
	).length;
	return open === 0
		? `Level: ${level}.`
		: `Level: ${level}, with ${open} ${open === 1 ? "rule" : "rules"} skipped.`;
}

function failure({ rule, verdict }: Outcome): string {
	const { level, text, link } = RULES[rule];
	if (verdict.kind !== "failed") return "";
	return `FAIL  ${rule} (${level}) ${text}
      expected  ${verdict.expected}
      seen      ${verdict.seen}
      read      ${link}`;
}
