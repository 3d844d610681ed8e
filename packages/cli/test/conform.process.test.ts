import { randomUUID } from "node:crypto";
import {
	CHECKS,
	type Level,
	RULES,
	type RuleId,
} from "@secureconnect/conformance";
import { describe, expect, test } from "vitest";
import { SeedServer } from "../../conformance/test/servers/seed-server.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { runToEnd, SECURECONNECT } from "./support/program.ts";
import { shareServe, startDev } from "./support/server-process.ts";

interface Report {
	readonly url: string;
	readonly level?: Level | null;
	readonly rules: readonly {
		readonly rule: RuleId;
		readonly level: Level;
		readonly text: string;
		readonly link: string;
		readonly verdict: "passed" | "failed" | "skipped";
		readonly expected?: string;
		readonly seen?: string;
		readonly why?: string;
	}[];
}

/**
 * Shorter than the defaults, and long enough for a busy machine: a server that notices a pause of its process gives
 * each connection the time between the two once more.
 */
const HEARTBEAT = ["--ping-interval-ms", "3000", "--pong-timeout-ms", "5000"];
const SEED_HEARTBEAT = { pingIntervalMs: 3000, pongTimeoutMs: 5000 };
const ONE_TOKEN = await token(randomUUID());

/** Time limit of a run of all checks. */
const LONG_MS = 150_000;

function verdicts(report: Report, verdict: string): RuleId[] {
	return report.rules.filter((r) => r.verdict === verdict).map((r) => r.rule);
}

/** Server of the tests that do not configure it. */
const server = shareServe(HEARTBEAT);

describe("secureconnect conform", () => {
	test("with a token command, dev passes the rules, except those that need other tokens", async () => {
		const data = temporaryDirectory();
		const { address } = await startDev(data);
		const program = `"${process.execPath}" "${SECURECONNECT}"`;
		// This command prints no expired tokens.
		const command = `${program} token --user "$CONFORM_USER" --name "$CONFORM_NAME" --ttl "\${CONFORM_TTL#-}s" --data "${data}"`;
		const { code, stdout } = await runToEnd(
			[
				"conform",
				`http://${address}/`,
				...HEARTBEAT,
				"--only",
				// Each user costs a process, so this checks one family, and the rules that need other tokens.
				"CH-1,ty,rd-1,TK-5,TK-6,HS-3,HS-9",
				"--token-command",
				command,
			],
			{},
			LONG_MS,
		);
		expect(stdout).toMatch(/^skip {2}HS-3\n.*CONFORM_TTL/m);
		expect(stdout).toMatch(/^skip {2}TK-5 TK-6\n.*needs --secret/m);
		expect(stdout).toMatch(/^skip {2}HS-9\n.*policy open/m);
		expect(stdout).toMatch(/ 0 failed, 4 skipped\.$/m);
		expect(code).toBe(0);
	});

	test("reports the broken rule, the expected and the actual behaviour and the source, and ends with 1", async () => {
		const args = ["conform", `ws://${server().address}`, "--secret", SECRET];
		// The heartbeat has different intervals than the flags say, which breaks a rule.
		const wrong = ["--ping-interval-ms", "150", "--only", "HB-1,CH-1"];
		const { code, stdout } = await runToEnd([...args, ...wrong]);
		expect(stdout).toMatch(
			/^FAIL {2}HB-1 \(seed\) The server sends the first ping .*\n {6}expected {2}a ping 150 ms after opening\n {6}seen .*\n {6}read {6}spec\/protocol\.md#heartbeat\n/,
		);
		expect(stdout).toMatch(/: 1 passed, 1 failed, 0 skipped\.\n$/);
		expect(code).toBe(1);
	});

	test.for<[why: string, args: string[], said: RegExp]>([
		[
			"no tokens",
			["ws://localhost:1"],
			/give --secret .* or a --token-command/,
		],
		[
			"an invalid URL",
			["localhost", "--secret", "x"],
			/"localhost" is not the URL of a server/,
		],
		[
			"an unreachable server",
			["ws://127.0.0.1:1", "--secret", "x"],
			/127\.0\.0\.1:1\/ cannot be checked: .*ECONNREFUSED/,
		],
		[
			"an unknown rule",
			["ws://localhost:1", "--secret", "x", "--only", "HS-3,XX-1"],
			/there is no rule "XX-1"/,
		],
		[
			"a rule that cannot be checked over the network",
			["ws://localhost:1", "--secret", "x", "--only", "OR-3"],
			/OR-3 cannot be checked over the network/,
		],
		[
			"a guarantee",
			["ws://localhost:1", "--secret", "x", "--only", "ga-1"],
			/ga-1 cannot be checked over the network/,
		],
		[
			"an unknown level",
			["ws://localhost:1", "--secret", "x", "--level", "plain"],
			/--level: "plain" is not a level; give seed, durable or v1/,
		],
		[
			"a level together with selected rules",
			["ws://localhost:1", "--secret", "x", "--level=v1", "--only=HS"],
			/--level covers all rules: leave out --only/,
		],
		[
			"a value that is not a number",
			["ws://localhost:1", "--secret", "x", "--pong-timeout-ms", "1m"],
			/--pong-timeout-ms: "1m" is not a whole number/,
		],
		[
			"intervals that leave no time for an answer",
			["ws://localhost:1", "--secret", "x", "--ping-interval-ms", "60000"],
			/--pong-timeout-ms 60000 must be longer than --ping-interval-ms 60000/,
		],
		[
			"a command that fails",
			["ws://127.0.0.1:1", "--token-command", "exit 7"],
			/the token command ended with status 7/,
		],
		[
			"a command that knows one user",
			["ws://127.0.0.1:1", "--token-command", `echo ${ONE_TOKEN}`],
			/one user's token for different CONFORM_USERs/,
		],
		[
			"a command that prints something else",
			["ws://127.0.0.1:1", "--token-command", "echo hello"],
			/printed something that is not a JWT/,
		],
	])("%s: one line, and status 1", async ([, args, said]) => {
		const { code, stdout, stderr } = await runToEnd(["conform", ...args]);
		expect(stdout).toBe("");
		expect(stderr).toMatch(said);
		expect(stderr.startsWith("secureconnect: ")).toBe(true);
		expect(stderr.trimEnd().split("\n")).toHaveLength(1);
		expect(code).toBe(1);
	});

	test("with the wrong secret, says that the server refuses the tokens", async () => {
		const { code, stderr } = await runToEnd([
			"conform",
			`ws://${server().address}`,
			"--secret",
			"another secret, also of 32 bytes or more",
		]);
		expect(stderr).toMatch(/cannot be checked: .* saw 401 .*unauthorized/);
		expect(code).toBe(1);
	});
});

test("with --json, says in JSON why a server cannot be checked", async () => {
	const { code, stdout, stderr } = await runToEnd([
		"conform",
		"ws://127.0.0.1:1",
		"--secret",
		"x",
		"--json",
	]);
	expect(JSON.parse(stdout)).toEqual({
		url: "ws://127.0.0.1:1/",
		error: expect.stringMatching(/cannot be checked: .*ECONNREFUSED/) as string,
	});
	expect(stderr).toMatch(/^secureconnect: .*ECONNREFUSED/);
	expect(code).toBe(1);
});

test("every check belongs to a rule, and no rule has two checks", () => {
	const rules = CHECKS.map(({ rule }) => rule);
	expect(new Set(rules).size).toBe(rules.length);
	expect(Object.keys(RULES)).toEqual(expect.arrayContaining(rules));
	expect(rules.length).toBeGreaterThan(100);
});

// The tests are concurrent, because a run of all checks mostly waits for tokens to expire and for heartbeats.
describe.concurrent("secureconnect conform, all rules", () => {
	test("serve keeps every rule that can be checked over the network, at every level", async ({
		expect,
	}) => {
		const { code, stdout, stderr } = await runToEnd(
			["conform", `ws://${server().address}`, "--json", ...HEARTBEAT],
			{ SECURECONNECT_JWT_SECRET: SECRET },
			LONG_MS,
		);
		const report = JSON.parse(stdout) as Report;
		expect(verdicts(report, "failed"), stdout).toEqual([]);
		expect(verdicts(report, "skipped")).toEqual([]);
		expect(verdicts(report, "passed").toSorted()).toEqual(
			CHECKS.map(({ rule }) => rule).toSorted(),
		);
		expect(report.level).toBe("v1");
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	});

	test.for<[level: string, status: number]>([
		["seed", 0],
		["Durable", 1],
	])(
		"with --level %s a server of the level seed ends with %i",
		async ([level, status], { expect, onTestFinished }) => {
			const server = await new SeedServer(SECRET, SEED_HEARTBEAT).start();
			onTestFinished(() => server.close());
			const args = [
				"conform",
				server.url,
				"--secret",
				SECRET,
				"--level",
				level,
			];
			const { code, stdout } = await runToEnd(
				[...args, ...HEARTBEAT],
				{},
				LONG_MS,
			);
			expect(stdout).toMatch(/ 0 failed, .*\nLevel: seed\.\n/);
			expect(/does not reach the level durable/.test(stdout)).toBe(
				status === 1,
			);
			expect(code).toBe(status);
		},
	);
});
