import {
	conform,
	type Level,
	type Report,
	RULES,
	type RuleId,
	reportText,
	secretTokens,
} from "@secureconnect/conformance";
import { describe, test } from "vitest";
import { FAULTS } from "./servers/faults.ts";
import { SeedServer } from "./servers/seed-server.ts";
import {
	ClosesOnUnknownTypes,
	HangsUpOnHttp,
} from "./servers/seed-variants.ts";
import { SmallServer } from "./servers/small-server.ts";

const SECRET = "a secret for tests, 32 bytes or more";
/** Many suites share this process: what is late here must not look like a dead connection. */
const HEARTBEAT = { pingIntervalMs: 2000, pongTimeoutMs: 5000 };
const HUNDREDTH = { pingIntervalMs: 540, pongTimeoutMs: 600 };
/** Dozens of servers take their longest message at the same moment: the few without a fault take the protocol's 1 MiB. */
const FEWER_BYTES = 128 * 1024;
/** A run mostly waits; many run at once. */
const LONG_MS = 180_000;

function check(
	server: { readonly url: string },
	heartbeat = HEARTBEAT,
): Promise<Report> {
	return conform({
		url: new URL(server.url),
		tokens: secretTokens(SECRET),
		...heartbeat,
	});
}

function broken(report: Report): RuleId[] {
	return report.outcomes
		.filter(({ verdict }) => verdict.kind === "failed")
		.map(({ rule }) => rule);
}

function details(report: Report): string {
	return JSON.stringify(
		report.outcomes.filter(({ verdict }) => verdict.kind === "failed"),
		null,
		1,
	);
}

/** The level of a server that breaks these rules. */
function levelBelow(rules: readonly RuleId[]): Level | null {
	const levels = rules.map((rule) => RULES[rule].level);
	if (levels.includes("seed")) return null;
	return levels.includes("durable") ? "seed" : "durable";
}

describe.concurrent("the suite", { timeout: LONG_MS }, () => {
	test.for<
		[
			policy: "members" | "open",
			v1: boolean,
			level: Level,
			skipped: readonly string[],
		]
	>([
		["members", true, "v1", []],
		["open", true, "v1", ["HS-9"]],
		[
			"members",
			false,
			"durable",
			Object.keys(RULES).filter((id) => RULES[id as RuleId].level === "v1"),
		],
	])(
		"finds nothing broken in a second implementation, policy %s, v1 %s: level %s",
		async ([policy, v1, level, skips], { expect, onTestFinished }) => {
			const server = await new SmallServer({
				secret: SECRET,
				policy,
				v1,
				...HEARTBEAT,
			}).start();
			onTestFinished(() => server.close());
			const report = await check(server);
			expect(broken(report), details(report)).toEqual([]);
			expect(report.level).toBe(level);
			const skipped = report.outcomes
				.filter(({ verdict }) => verdict.kind === "skipped")
				.map(({ rule }) => rule);
			expect(skipped.toSorted()).toEqual([...skips].toSorted());
			const open = skipped.some((rule) => RULES[rule].level !== "v1");
			expect(reportText(report).split("\n").at(-1)).toBe(
				open
					? `Level: ${level}, as far as was looked at: 1 of its rules was not.`
					: `Level: ${level}.`,
			);
		},
	);

	test.for([
		["knows the original document alone", SeedServer],
		["hangs up on what is no handshake", HangsUpOnHttp],
		["closes on types that it does not know", ClosesOnUnknownTypes],
	] as const)(
		"finds the level seed in a server that %s",
		async ([, Server], { expect, onTestFinished }) => {
			const server = await new Server(SECRET, HEARTBEAT).start();
			onTestFinished(() => server.close());
			const report = await check(server);
			expect(broken(report), details(report)).toEqual([]);
			expect(report.level).toBe("seed");
			for (const { rule, verdict } of report.outcomes)
				expect(`${rule} ${verdict.kind}`).toBe(
					`${rule} ${RULES[rule].level === "seed" ? "passed" : "skipped"}`,
				);
		},
	);

	test.for(FAULTS)(
		"names the fault $name, and nothing else",
		async ({ Server, rules, options }, { expect, onTestFinished }) => {
			const server = await new Server({
				secret: SECRET,
				...HEARTBEAT,
				maxBytes: FEWER_BYTES,
				...options,
			}).start();
			onTestFinished(() => server.close());
			const hurried = options?.pingIntervalMs !== undefined;
			const report = await check(server, hurried ? HUNDREDTH : HEARTBEAT);
			expect(broken(report), details(report)).toEqual(rules);
			expect(report.level).toBe(levelBelow(rules));
		},
	);
});

test("intervals that leave no time for an answer are refused", async ({
	expect,
}) => {
	const none = { url: "ws://127.0.0.1:1" };
	const equal = { pingIntervalMs: 600, pongTimeoutMs: 600 };
	await expect(check(none, equal)).rejects.toThrow(RangeError);
});

test("twelve faults and more are planted, each in a server of its own", ({
	expect,
}) => {
	expect(FAULTS.length).toBeGreaterThanOrEqual(12);
	expect(new Set(FAULTS.map(({ Server }) => Server)).size).toBe(FAULTS.length);
});
