import { describe, test } from "vitest";
import { SETTINGS, type Setting } from "../src/settings.ts";
import { runToEnd } from "./support/program.ts";

describe.concurrent("--help", () => {
	const flags = (inDev: boolean): string[] =>
		Object.values(SETTINGS as Record<string, Setting<unknown>>)
			.filter((setting) => setting.inDev || !inDev)
			.flatMap(({ flag }) => flag?.split(" ")[0] ?? []);
	const CLIENT = [
		...["conversation", "--url", "--user", "--name", "--data"],
		...["--token-file", "--token", "--history", "--json"],
	];
	test.for([
		[
			"secureconnect",
			[],
			[
				...["dev", "serve", "token", "chat", "tail", "conform"],
				...["backup", "restore", "verify"],
			],
		],
		["backup", ["backup"], ["directory", "--data", "-h, --help"]],
		["restore", ["restore"], ["directory", "--data", "-h, --help"]],
		["verify", ["verify"], ["directory", "--data", "--json"]],
		["dev", ["dev"], flags(true)],
		["serve", ["serve"], [...flags(false), "SECURECONNECT_JWT_SECRET"]],
		[
			"conform",
			["conform"],
			[
				"--secret",
				"--token-command",
				"--ping-interval-ms",
				"--pong-timeout-ms",
				"--only",
				"--json",
			],
		],
		["chat", ["chat"], CLIENT],
		["tail", ["tail"], [...CLIENT, "--no-follow"]],
		["token", ["token"], ["--user", "--name", "--ttl", "--admin", "--data"]],
	] as const)(
		"%s exits with 0 and lists its arguments and flags",
		async ([, args, listed], { expect }) => {
			const { code, stdout, stderr } = await runToEnd([...args, "--help"], {
				COLUMNS: "200",
			});
			expect(code).toBe(0);
			expect(stderr).toBe("");
			expect(listed.length).toBeGreaterThan(2);
			for (const name of listed)
				expect(stdout).toMatch(new RegExp(`^\\s*${name}\\b`, "m"));
		},
	);

	test("serve names the variable and the default of every flag", async ({
		expect,
	}) => {
		const { stdout } = await runToEnd(["serve", "--help"]);
		const text = stdout.replaceAll(/\s+/g, " ");
		for (const { env, defaults } of Object.values(
			SETTINGS as Record<string, Setting<unknown>>,
		)) {
			expect(text).toContain(env);
			if (defaults.serve !== undefined)
				expect(text).toContain(`${env}; default ${defaults.serve}]`);
		}
	});

	test("--version prints the version and nothing else", async ({ expect }) => {
		const { code, stdout } = await runToEnd(["--version"]);
		expect(code).toBe(0);
		expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
	});
});
