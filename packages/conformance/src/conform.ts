import type { Check } from "./check.ts";
import { CHECKS } from "./checks/index.ts";
import { whyNotOffered } from "./features.ts";
import { probe } from "./probe.ts";
import { type Level, RULES, type RuleId } from "./rules.ts";
import { TokenSourceError } from "./tokens.ts";
import { createRateLimit, type Target, type Traits, Trial } from "./trial.ts";
import {
	Failed,
	type Outcome,
	Skipped,
	show,
	type Verdict,
} from "./verdict.ts";

export interface ConformOptions {
	/** Rules to check; the default is every rule that can be seen from outside. */
	readonly only?: readonly RuleId[];
	/** Receives each outcome when it is known, and the number of pending checks. */
	readonly onOutcome?: (outcome: Outcome, left: number) => void;
}

export interface Report {
	readonly url: string;
	/**
	 * The highest level for which no rule was broken, neither of the level itself nor of the levels below; null if
	 * a seed rule was broken. Rules that were skipped or that are about a feature the server does not offer do not
	 * count; `outcomes` contains them. Missing if only some rules were checked.
	 */
	readonly level?: Level | null;
	/** In the order of the specification. */
	readonly outcomes: readonly Outcome[];
}

const AT_ONCE = 8;
/** Rule: a connection that answers its pings stays open. */
const ALIVE: RuleId = "HB-3";
/** Rule: the sender gets a copy of its message. */
const COPIED: RuleId = "CH-1";
/** From lowest to highest. */
export const LEVELS: readonly Level[] = ["seed", "durable", "v1"];

/**
 * Checks a server against the protocol, from outside.
 * @throws {Unreachable} if no check can be set up; {TokenSourceError} if there are no tokens; {RangeError} if the
 * target's pong time-out is not longer than its ping interval: HB-7 forbids this setting, and no server could keep
 * HB-3 with it
 */
export async function conform(
	target: Target,
	options: ConformOptions = {},
): Promise<Report> {
	if (target.pongTimeoutMs <= target.pingIntervalMs)
		throw new RangeError(
			"pongTimeoutMs must be longer than pingIntervalMs, so that a client can answer a ping in time",
		);
	const rateLimit = createRateLimit();
	const traits = await probe(target, rateLimit);
	const { only, onOutcome } = options;
	const checks = CHECKS.filter(({ rule }) => only?.includes(rule) ?? true);
	const outcomes: Outcome[] = [];
	const follows = new Map<RuleId, RuleId>();
	const run = async ({ rule, run }: Check): Promise<void> => {
		const why = only ? undefined : beyond(RULES[rule].level, traits);
		const lacks = whyNotOffered(rule, traits);
		const trial = new Trial(target, traits, rateLimit);
		const verdict: Verdict = why
			? { kind: "skipped", why }
			: lacks
				? { kind: "not_offered", why: lacks }
				: await verdictOf(run(trial));
		if (verdict.kind === "failed") {
			if (trial.brokeOff) follows.set(rule, ALIVE);
			else if (trial.uncopied) follows.set(rule, COPIED);
		}
		trial.end();
		outcomes.push({ rule, verdict });
		onOutcome?.({ rule, verdict }, checks.length - outcomes.length);
	};
	const waiting = checks.filter(({ long }) => !long);
	const worker = async (): Promise<void> => {
		for (let next = waiting.shift(); next; next = waiting.shift())
			await run(next);
	};
	await Promise.all([
		...checks.filter(({ long }) => long).map(run),
		...Array.from({ length: AT_ONCE }, worker),
	]);
	const order = Object.keys(RULES);
	const judged = withoutConsequences(outcomes, follows).sort(
		(a, b) => order.indexOf(a.rule) - order.indexOf(b.rule),
	);
	return {
		url: target.url.href,
		...(only ? {} : { level: levelOf(judged, traits) }),
		outcomes: judged,
	};
}

/**
 * Returns the reason to skip the rules of a level. A server without the level would break all of them, which tells
 * nothing.
 */
function beyond(level: Level, traits: Traits): string | undefined {
	if (level === "seed") return undefined;
	if (!traits.seq)
		return "the server does not implement this level: its chat frames have no seq";
	if (level === "v1" && !traits.v1)
		return "the server does not implement this level: it does not select secureconnect.v1";
	return undefined;
}

/**
 * Skips the consequences of a broken rule. If a server cuts connections that answer their pings, or sends no copy to
 * the sender, every check that needs these fails. The report counts this as one broken rule.
 * @param follows the rule that may have caused this failure; the rule itself if it is one of the two causes
 */
function withoutConsequences(
	outcomes: readonly Outcome[],
	follows: ReadonlyMap<RuleId, RuleId>,
): Outcome[] {
	return outcomes.map((outcome) => {
		const cause = follows.get(outcome.rule);
		if (!cause || cause === outcome.rule || follows.get(cause) !== cause)
			return outcome;
		const why = `the server breaks ${cause}, so this rule could not be checked`;
		return { rule: outcome.rule, verdict: { kind: "skipped", why } };
	});
}

function levelOf(outcomes: readonly Outcome[], traits: Traits): Level | null {
	let reached: Level | null = null;
	for (const level of LEVELS) {
		const broken = outcomes.some(
			({ rule, verdict }) =>
				RULES[rule].level === level && verdict.kind === "failed",
		);
		if (broken || beyond(level, traits)) break;
		reached = level;
	}
	return reached;
}

async function verdictOf(run: Promise<void>): Promise<Verdict> {
	try {
		await run;
		return { kind: "passed" };
	} catch (error) {
		if (error instanceof Skipped)
			return { kind: "skipped", why: error.message };
		if (error instanceof Failed)
			return { kind: "failed", expected: error.expected, seen: error.seen };
		if (error instanceof TokenSourceError) throw error;
		// The answer has an unexpected shape.
		return {
			kind: "failed",
			expected: "answers of the specified shape",
			seen: show(String(error)),
		};
	}
}
