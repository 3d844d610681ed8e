/** Runs the suite against small servers. */
import {
	conform,
	type Level,
	type Report,
	RULES,
	type RuleId,
	secretTokens,
} from "@secureconnect/conformance";
import { describe, test } from "vitest";
import { LONG } from "../../server/test/support/long.ts";
import type { Fault } from "./servers/fault.ts";
import { SeedServer } from "./servers/seed-server.ts";

export const SECRET = "a secret for tests, 32 bytes or more";
/** Long intervals, because many suites share this process: a delay here must not look like a dead connection. */
export const HEARTBEAT = { pingIntervalMs: 2000, pongTimeoutMs: 5000 };
const HUNDREDTH = { pingIntervalMs: 540, pongTimeoutMs: 600 };
/**
 * Dozens of servers receive their longest message at the same time, so only those without a fault use the
 * protocol's 1 MiB.
 */
const FEWER_BYTES = 128 * 1024;
/** Time limit of a run. A run mostly waits, and many run at once. */
export const LONG_MS = 180_000;

export function check(
	server: { readonly url: string },
	heartbeat = HEARTBEAT,
	only?: readonly RuleId[],
): Promise<Report> {
	return conform(
		{
			url: new URL(server.url),
			tokens: secretTokens(SECRET),
			...heartbeat,
		},
		{ ...(only ? { only } : {}) },
	);
}

export function broken(report: Report): RuleId[] {
	return report.outcomes
		.filter(({ verdict }) => verdict.kind === "failed")
		.map(({ rule }) => rule);
}

export function details(report: Report): string {
	return JSON.stringify(
		report.outcomes.filter(({ verdict }) => verdict.kind === "failed"),
		null,
		1,
	);
}

/** Returns the level of a server that breaks these rules. */
function levelBelow(rules: readonly RuleId[]): Level | null {
	const levels = rules.map((rule) => RULES[rule].level);
	if (levels.includes("seed")) return null;
	return levels.includes("durable") ? "seed" : "durable";
}

/** Rules whose checks need hundreds of requests or frames. */
const COSTLY: readonly RuleId[] = ["IN-2", "IN-7", "IN-17"];

/**
 * Returns the rules that `npm test` checks for a fault: the families of the rules that the fault breaks, without costly
 * rules of other faults, because the whole suite takes 25 s. `npm run test:long` checks all rules.
 */
function familiesOf({ rules, Server }: Fault): RuleId[] | undefined {
	if (LONG) return undefined;
	const family = (rule: RuleId): string => rule.split("-")[0] ?? "";
	const families = new Set(rules.map(family));
	// Without a selection, the suite itself skips the rules above a server's level.
	const isSeed = Server.prototype instanceof SeedServer;
	return (Object.keys(RULES) as RuleId[]).filter(
		(rule) =>
			families.has(family(rule)) &&
			(!isSeed || RULES[rule].level === "seed") &&
			(!COSTLY.includes(rule) || rules.includes(rule)),
	);
}

/** Number of concurrent suites. With more whole suites, a busy machine cannot accept their connections in time. */
const AT_ONCE = LONG ? 14 : 20;

/**
 * Adds a test for each fault: the suite names the rules that the fault breaks, and no others, of those that it checks.
 */
export function namesEach(faults: readonly Fault[]): void {
	for (let i = 0; i < faults.length; i += AT_ONCE)
		describe("the suite", { timeout: LONG_MS }, () => {
			test.concurrent.for(faults.slice(i, i + AT_ONCE))(
				"names exactly the broken rules: $name",
				async (fault, { expect, onTestFinished }) => {
					const { Server, rules, options } = fault;
					const server = await new Server({
						secret: SECRET,
						...HEARTBEAT,
						maxBytes: FEWER_BYTES,
						...options,
					}).start();
					onTestFinished(() => server.close());
					const hurried = options?.pingIntervalMs !== undefined;
					const only = familiesOf(fault);
					const report = await check(
						server,
						hurried ? HUNDREDTH : HEARTBEAT,
						only,
					);
					expect(broken(report), details(report)).toEqual(rules);
					expect(report.level).toBe(only ? undefined : levelBelow(rules));
				},
			);
		});
}
