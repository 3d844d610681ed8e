/**
 * Features that a server may lack without losing its level. They came after the level was defined, so that a server
 * which was complete before stays complete.
 */
import type { RuleId } from "./rules.ts";
import type { Traits } from "./trial.ts";

interface Feature {
	/** Families of the rules that need the feature: the letters of their numbers. */
	readonly families: readonly string[];
	readonly isOffered: (traits: Traits) => boolean;
	/** Reason in the report of a server without the feature. */
	readonly why: string;
}

const FEATURES: readonly Feature[] = [
	{
		families: ["IN"],
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
		({ families, isOffered }) =>
			families.includes(family) && !isOffered(traits),
	)?.why;
}
