/**
 * Features that a server may lack without losing its level. They came after the level was defined, so that a server
 * which was complete before stays complete.
 */
import type { RuleId } from "./rules.ts";
import type { Traits } from "./trial.ts";

interface Feature {
	/** Rules that need the feature: numbers, and families, which are the letters of their numbers. */
	readonly rules: readonly string[];
	readonly isOffered: (traits: Traits) => boolean;
	/** Reason in the report of a server without the feature. */
	readonly why: string;
}

const FEATURES: readonly Feature[] = [
	{
		rules: [
			...["AM", "CV", "DM", "ME", "UN"],
			...["CH-11", "CH-12", "RD-6", "RE-8", "RE-9", "RE-10"],
			...["RS-22", "RS-23", "RS-24", "RS-25", "RS-26", "RS-27"],
		],
		isOffered: ({ amendments }) => amendments,
		why: "the server does not have messages and conversations that change: it answers an edit with unknown_type",
	},
	{
		rules: ["IN"],
		isOffered: ({ inbox }) => inbox,
		why: "the server does not have the inbox: GET /v1/ws/inbox opens no WebSocket",
	},
];

/** Returns why a server does not offer the feature that a rule needs, or undefined if it offers it. */
export function whyNotOffered(
	rule: RuleId,
	traits: Traits,
): string | undefined {
	const family = rule.split("-")[0] ?? "";
	return FEATURES.find(
		({ rules, isOffered }) =>
			(rules.includes(rule) || rules.includes(family)) && !isOffered(traits),
	)?.why;
}
