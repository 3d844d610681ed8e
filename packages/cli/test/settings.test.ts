import { StartupError } from "@secureconnect/server";
import { describe, expect, test } from "vitest";
import {
	resolveSettings,
	SETTINGS,
	type ServerCommand,
	type Setting,
} from "../src/settings.ts";
import {
	duration,
	integer,
	oneOf,
	onOff,
	origins,
	text,
} from "../src/values.ts";
import { unreadable } from "./support/unreadable.ts";

const table = Object.entries(SETTINGS as Record<string, Setting<unknown>>);
const COMMANDS: readonly ServerCommand[] = ["dev", "serve"];

describe("the source of a setting", () => {
	test("a flag overrides a variable, and a variable overrides the default", () => {
		const port = (flags: Record<string, string>, env: Record<string, string>) =>
			resolveSettings("serve", flags, env).port;
		expect(port({ port: "1" }, { SECURECONNECT_PORT: "2" })).toBe(1);
		expect(port({}, { SECURECONNECT_PORT: "2" })).toBe(2);
		expect(port({}, {})).toBe(8082);
	});

	test("an absent flag does not hide the variable", () => {
		const env = { SECURECONNECT_DATA: "/from/env" };
		expect(resolveSettings("dev", { data: undefined }, env).data).toBe(
			"/from/env",
		);
	});

	test("a flag overrides a malformed variable", () => {
		const env = { SECURECONNECT_PORT: "eighty" };
		expect(resolveSettings("dev", { port: "80" }, env).port).toBe(80);
	});

	test("every setting accepts its default, and all settings resolve without flags and variables", () => {
		for (const command of COMMANDS) {
			const settings: Record<string, unknown> = resolveSettings(
				command,
				{},
				{},
			);
			for (const [key, { defaults, read }] of table) {
				const written = defaults[command];
				expect(settings[key], `${command}: ${key}`).toEqual(
					written === undefined ? undefined : read(written),
				);
			}
		}
	});

	test("dev has open conversations and no leeway; serve requires participants and has ten seconds of leeway", () => {
		expect(resolveSettings("dev", {}, {})).toMatchObject({
			conversations: "open",
			jwtLeewaySeconds: 0,
			data: ".secureconnect",
		});
		expect(resolveSettings("serve", {}, {})).toMatchObject({
			conversations: "members",
			jwtLeewaySeconds: 10,
			host: "127.0.0.1",
			pingIntervalMs: 54_000,
			pongTimeoutMs: 60_000,
			maxMessageBytes: 1024 * 1024,
			drainTimeoutMs: 10_000,
			behindProxy: false,
		});
	});

	test("names are unique, and a secret has no flag", () => {
		for (const names of [
			table.map(([, { env }]) => env),
			table.flatMap(([, { flag }]) => flag?.split(" ")[0] ?? []),
		])
			expect(new Set(names).size).toBe(names.length);
		expect(SETTINGS.jwtSecret).not.toHaveProperty("flag");
	});
});

describe("refused values", () => {
	const refusal = (
		flags: Record<string, string>,
		env: Record<string, string>,
	): string => {
		try {
			resolveSettings("serve", flags, env);
		} catch (error) {
			expect(error).toBeInstanceOf(StartupError);
			return (error as Error).message;
		}
		throw new Error("nothing was refused");
	};
	/** A malformed value for each setting. */
	const bad = table.map(([key, setting]) => ({
		key,
		env: setting.env,
		flag: setting.flag?.split(" ")[0],
		value: unreadable(setting),
	}));

	test.for(bad.map((one) => [one.env, one] as const))(
		"%s: the error for a malformed value names its variable or flag, and does not repeat the value",
		([env, { key, flag, value }]) => {
			const byVariable = refusal({}, { [env]: value });
			expect(byVariable).toMatch(
				new RegExp(`^${env} must be .+: correct it, or leave it out$`),
			);
			const messages = [byVariable];
			if (flag !== undefined) messages.push(refusal({ [key]: value }, {}));
			if (flag !== undefined) expect(messages[1]).toContain(`${flag} must be`);
			if (value.trim() !== "")
				for (const message of messages) expect(message).not.toContain(value);
		},
	);

	test("an empty variable is refused", () => {
		for (const [, { env }] of table)
			expect(refusal({}, { [env]: "" })).toContain(env);
	});

	test("a server ignores the variable with a token for chat and tail", () => {
		const env = { SECURECONNECT_TOKEN: "hunter2" };
		expect(resolveSettings("serve", {}, env)).toEqual(
			resolveSettings("serve", {}, {}),
		);
	});

	test("an unknown variable with the prefix is refused by name, without its value", () => {
		const message = refusal({}, { SECURECONNECT_JWT_SECERT: "hunter2" });
		expect(message).toContain("SECURECONNECT_JWT_SECERT is not a setting");
		expect(message).not.toContain("hunter2");
	});

	test("variables without the prefix are ignored", () => {
		const env = { PATH: "/bin", SECURECONNECTED: "1", PORT: "no number" };
		expect(resolveSettings("serve", {}, env).port).toBe(8082);
	});
});

describe("durations", () => {
	test.for([
		["250ms", 250],
		["10s", 10_000],
		["15m", 900_000],
		["24h", 86_400_000],
		["7d", 604_800_000],
		["0s", 0],
	] as const)("%s is %i ms", ([written, ms]) => {
		expect(duration(written)).toBe(ms);
	});

	test("the drain time-out is at most 24 hours", () => {
		const drain = (value: string): number =>
			resolveSettings("serve", { drainTimeoutMs: value }, {}).drainTimeoutMs;
		expect(drain("24h")).toBe(86_400_000);
		expect(() => drain("25h")).toThrow(
			"--drain-timeout must be a duration of at most 24h",
		);
	});

	test("a bare number is seconds", () => {
		expect(duration("30")).toBe(30_000);
	});

	test.for(["", " ", "10 s", "-1s", "1.5h", "1w", "s", "1h30m", "1e3", "0x10"])(
		'"%s" is refused',
		(written) => {
			expect(() => duration(written)).toThrow(
				"a duration such as 10s, 15m or 24h",
			);
		},
	);
});

describe("origins", () => {
	test("a list is split at commas, and blanks around entries are ignored", () => {
		expect(
			origins(
				"https://a.example, http://localhost:5173 ,https://b.example:8443",
			),
		).toEqual([
			"https://a.example",
			"http://localhost:5173",
			"https://b.example:8443",
		]);
	});

	test("* allows every origin, alone and in a list", () => {
		expect(origins("*")).toEqual(["*"]);
		expect(origins("https://a.example,*")).toEqual(["https://a.example", "*"]);
	});

	test("a custom scheme of a mobile app is an origin", () => {
		expect(origins("capacitor://localhost")).toEqual(["capacitor://localhost"]);
	});

	test.for([
		"",
		"app.example.com",
		"https://app.example.com/",
		"https://app.example.com/path",
		"https://a.example,",
		"https://*.example.com",
		"https://APP.example.com",
		"https://app.example.com:443",
		"https://user@app.example.com",
		"null",
	])('"%s" is refused, because no browser sends it', (written) => {
		expect(() => origins(written)).toThrow("origins separated by commas");
	});
});

describe("other values", () => {
	test("on and off, and nothing else", () => {
		expect(onOff("on")).toBe(true);
		expect(onOff("off")).toBe(false);
		for (const written of ["", "ON", "true", "yes", "1", "on "])
			expect(() => onOff(written)).toThrow("on or off");
	});

	test("whole numbers within their bounds", () => {
		const read = integer(1, 10);
		expect([read("1"), read("10"), read("007")]).toEqual([1, 10, 7]);
		for (const written of [
			"0",
			"11",
			"",
			" 5",
			"5.0",
			"5e0",
			"0x5",
			"+5",
			"-5",
		])
			expect(() => read(written)).toThrow("a whole number from 1 to 10");
	});

	test("one of several words, in exactly this spelling", () => {
		const read = oneOf("members", "open");
		expect(read("open")).toBe("open");
		for (const written of ["Open", "", "ope"])
			expect(() => read(written)).toThrow("members or open");
	});

	test("text is kept unchanged, and blank text is refused", () => {
		expect(text(" a b ")).toBe(" a b ");
		for (const written of ["", " ", "\t\n"])
			expect(() => text(written)).toThrow("text that is not empty");
	});
});
