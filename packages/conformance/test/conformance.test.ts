import {
	type Level,
	RULES,
	type RuleId,
	reportText,
} from "@secureconnect/conformance";
import { describe, test } from "vitest";
import { AMENDMENT_FAULTS } from "./servers/amendment-faults.ts";
import { CONNECTION_FAULTS } from "./servers/connection-faults.ts";
import { CONVERSATION_FAULTS } from "./servers/conversation-faults.ts";
import { DEVICE_FAULTS } from "./servers/device-faults.ts";
import { INBOX_FAULTS } from "./servers/inbox-faults.ts";
import { MESSAGE_FAULTS } from "./servers/message-faults.ts";
import { REPLAY_FAULTS } from "./servers/replay-faults.ts";
import { SeedServer } from "./servers/seed-server.ts";
import {
	ClosesOnUnknownTypes,
	HangsUpOnHttp,
} from "./servers/seed-variants.ts";
import { SmallInboxServer } from "./servers/small-inbox.ts";
import { KnowsNoAmendments } from "./servers/small-older.ts";
import { SmallServer } from "./servers/small-server.ts";
import {
	broken,
	check,
	details,
	HEARTBEAT,
	LONG_MS,
	namesEach,
	SECRET,
} from "./support.ts";

const FAULTS = [
	...MESSAGE_FAULTS,
	...CONNECTION_FAULTS,
	...DEVICE_FAULTS,
	...AMENDMENT_FAULTS,
	...REPLAY_FAULTS,
	...CONVERSATION_FAULTS,
	...INBOX_FAULTS,
];

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
		"finds no broken rule in a second implementation, policy %s, v1 %s: level %s",
		async ([policy, v1, level, skips], { expect, onTestFinished }) => {
			const server = await new SmallInboxServer({
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
				open ? `Level: ${level}, with 1 rule skipped.` : `Level: ${level}.`,
			);
		},
	);

	test("finds the level v1 in a server of before messages could change, and reports what it does not have", async ({
		expect,
		onTestFinished,
	}) => {
		const server = await new KnowsNoAmendments({
			secret: SECRET,
			...HEARTBEAT,
		}).start();
		onTestFinished(() => server.close());
		const report = await check(server);
		expect(broken(report), details(report)).toEqual([]);
		expect(report.level).toBe("v1");
		const lacking = report.outcomes.filter(
			({ verdict }) => verdict.kind === "not_offered",
		);
		expect(lacking.length).toBe(45 + 17);
		for (const rule of ["AM-1", "CV-1", "CH-11", "IN-1"])
			expect(lacking.map((it) => it.rule)).toContain(rule);
	});

	test("finds the level v1 in a server without the inbox, and reports that it does not have it", async ({
		expect,
		onTestFinished,
	}) => {
		const server = await new SmallServer({
			secret: SECRET,
			...HEARTBEAT,
		}).start();
		onTestFinished(() => server.close());
		const report = await check(server);
		expect(broken(report), details(report)).toEqual([]);
		expect(report.level).toBe("v1");
		for (const { rule, verdict } of report.outcomes)
			expect(`${rule} ${verdict.kind}`).toBe(
				`${rule} ${rule.startsWith("IN-") ? "not_offered" : "passed"}`,
			);
		const lines = reportText(report).split("\n");
		expect(lines[0]).toBe(
			`none  ${Array.from({ length: 17 }, (_, i) => `IN-${i + 1}`).join(" ")}`,
		);
		expect(lines[1]?.trim()).toMatch(/^the server does not have the inbox/);
		expect(lines.at(-2)).toMatch(/ 0 failed, 0 skipped, 17 not offered\.$/);
		expect(lines.at(-1)).toBe("Level: v1.");
	});

	test.for([
		["implements only the original document", SeedServer],
		["closes the connection on a plain HTTP request", HangsUpOnHttp],
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
});

namesEach(MESSAGE_FAULTS);

test("intervals that leave no time for an answer are refused", async ({
	expect,
}) => {
	const none = { url: "ws://127.0.0.1:1" };
	const equal = { pingIntervalMs: 600, pongTimeoutMs: 600 };
	await expect(check(none, equal)).rejects.toThrow(RangeError);
});

test("116 faults are planted, each in its own server", ({ expect }) => {
	expect(FAULTS.length).toBe(116);
	expect(new Set(FAULTS.map(({ Server }) => Server)).size).toBe(FAULTS.length);
});
