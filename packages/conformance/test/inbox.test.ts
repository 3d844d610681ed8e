/** The inbox: a server without faults, and faults of the inbox. A separate process, as for the other faults. */
import { RULES, type RuleId } from "@secureconnect/conformance";
import { test } from "vitest";
import { INBOX_FAULTS } from "./servers/inbox-faults.ts";
import { SmallInboxServer } from "./servers/small-inbox.ts";
import {
	broken,
	check,
	details,
	HEARTBEAT,
	LONG_MS,
	namesEach,
	SECRET,
} from "./support.ts";

const INBOX_RULES = (Object.keys(RULES) as RuleId[]).filter((rule) =>
	rule.startsWith("IN-"),
);

namesEach(INBOX_FAULTS);

test.concurrent.for(["members", "open"] as const)(
	"no rule of the inbox is broken in a second implementation, policy %s",
	{ timeout: LONG_MS },
	async (policy, { expect, onTestFinished }) => {
		const server = await new SmallInboxServer({
			secret: SECRET,
			policy,
			...HEARTBEAT,
		}).start();
		onTestFinished(() => server.close());
		const report = await check(server, HEARTBEAT, INBOX_RULES);
		expect(broken(report), details(report)).toEqual([]);
		expect(report.outcomes).toHaveLength(INBOX_RULES.length);
		for (const { rule, verdict } of report.outcomes)
			expect(`${rule} ${verdict.kind}`).toBe(`${rule} passed`);
	},
);
