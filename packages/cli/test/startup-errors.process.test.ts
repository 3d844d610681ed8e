import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { SETTINGS, type Setting } from "../src/settings.ts";
import { runToEnd } from "./support/program.ts";
import { unreadable } from "./support/unreadable.ts";

vi.setConfig({ maxConcurrency: 4 });

/** It is in every environment here, and must be in no output. */
const SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2";
const USER = "a11ce000-0000-4000-8000-000000000001";

let root = "";
let blocker: Server;
let takenPort = 0;

beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "secureconnect-"));
	blocker = createServer();
	await new Promise<void>((resolve) => {
		blocker.listen(0, "127.0.0.1", resolve);
	});
	const address = blocker.address();
	if (typeof address === "object" && address) takenPort = address.port;
});
afterAll(async () => {
	blocker.close();
	await rm(root, { recursive: true, force: true });
});

interface Case {
	readonly title: string;
	/** A path that begins with "@" is one in the tests' own directory; "@taken" alone is a port in use. */
	readonly args: readonly string[];
	/** Beside a good secret; "" takes a variable away. */
	readonly env?: Readonly<Record<string, string>>;
	readonly prepare?: () => void;
	/** What is wrong, and how to mend it. */
	readonly says: readonly (string | RegExp)[];
}

const NO_SECRET = { SECURECONNECT_JWT_SECRET: "" };

const SERVE = ["serve", "--port", "0", "--data", "@data"];

const cases: readonly Case[] = [
	{
		title: "an unknown command",
		args: ["start"],
		says: ["unknown command 'start'", "--help"],
	},
	{
		title: "an unknown flag",
		args: ["dev", "--prot", "1"],
		says: ["unknown option '--prot'", "--port"],
	},
	{
		title: "a secret given as a flag",
		args: ["serve", `--jwt-secret=${SECRET}`],
		says: ["unknown option '--jwt-secret'", "--help"],
	},
	{
		title: "a flag without its value",
		args: ["serve", "--port"],
		says: ["'--port <number>' argument missing", "--help"],
	},
	{
		title: "a word too many",
		args: ["serve", SECRET],
		says: ["too many arguments", "--help"],
	},
	{
		title: "an unknown variable",
		args: SERVE,
		env: { SECURECONNECT_JWT_SECERT: SECRET },
		says: ["SECURECONNECT_JWT_SECERT is no setting", "unset it"],
	},
	{
		title: "a variable that cannot be read",
		args: ["serve"],
		env: { SECURECONNECT_PORT: "eighty" },
		says: ["SECURECONNECT_PORT must be a whole number", "correct it"],
	},
	{
		title: "an empty flag",
		args: ["serve", "--data="],
		says: ["--data must be text that is not empty", "correct it"],
	},
	{
		title: "a port in use",
		args: ["dev", "--data", "@data-port", "--port", "@taken"],
		says: [/port \d+ is in use/, "choose another --port"],
	},
	{
		title: "an admin port in use",
		args: [...SERVE.slice(0, 4), "@data-admin", "--admin-port", "@taken"],
		says: [/port \d+ is in use/, "choose another --admin-port"],
	},
	{
		title: "a host of another machine",
		args: [
			...["serve", "--port", "0", "--data", "@data-host", "--behind-proxy"],
			...["--host", "203.0.113.7"],
		],
		says: ["203.0.113.7 is no address of this machine", "another --host"],
	},
	{
		title: "a data directory that is a file",
		args: ["serve", "--port", "0", "--data", "@file"],
		prepare: () => writeFileSync(join(root, "file"), ""),
		says: ["data directory", "choose another --data"],
	},
	{
		title: "a data directory that cannot be written",
		args: ["serve", "--port", "0", "--data", unwritable()],
		prepare: lockUp,
		says: ["choose another --data"],
	},
	{
		title: "dev, and a data directory that cannot be written",
		args: ["dev", "--port", "0", "--data", unwritable()],
		env: NO_SECRET,
		prepare: lockUp,
		says: ["data directory", "choose another --data"],
	},
	{
		title: "a data directory from a newer version",
		args: ["serve", "--port", "0", "--data", "@newer"],
		prepare: () => {
			mkdirSync(join(root, "newer"));
			const db = new DatabaseSync(join(root, "newer", "messages.db"));
			db.exec("PRAGMA user_version = 9999");
			db.close();
		},
		says: ["newer SecureConnect", "upgrade, or choose another --data"],
	},
	{
		title: "a data directory with a file that is no database",
		args: ["serve", "--port", "0", "--data", "@broken"],
		prepare: () => {
			mkdirSync(join(root, "broken"));
			writeFileSync(join(root, "broken", "messages.db"), "x".repeat(4096));
		},
		says: ["cannot be opened", "choose another --data"],
	},
	{
		title: "a data directory whose name has two lines",
		args: ["serve", "--port", "0", "--data", "@file-two/first\nsecond"],
		prepare: () => writeFileSync(join(root, "file-two"), ""),
		says: ["choose another --data"],
	},
	{
		title: "a short secret",
		args: SERVE,
		env: { SECURECONNECT_JWT_SECRET: "hunter2" },
		says: ["7 bytes", "at least 32", "openssl rand -base64 32"],
	},
	{
		title: "neither a secret nor a key",
		args: SERVE,
		env: NO_SECRET,
		says: ["SECURECONNECT_JWT_SECRET", "--jwt-public-key FILE"],
	},
	{
		title: "both a secret and a key",
		args: [...SERVE, "--jwt-public-key", "@key.pem"],
		says: ["both", "unset"],
	},
	{
		title: "dev, and a public key",
		args: ["dev", "--port", "0", "--data", "@data-key"],
		env: { SECURECONNECT_JWT_PUBLIC_KEY: "key.pem" },
		says: ["unset SECURECONNECT_JWT_PUBLIC_KEY", "secureconnect serve"],
	},
	{
		title: "a key file that is not there",
		args: [...SERVE, "--jwt-public-key", "@missing.pem"],
		env: NO_SECRET,
		says: ["missing.pem cannot be read (ENOENT)", "check --jwt-public-key"],
	},
	{
		title: "a key file that holds a private key",
		args: [...SERVE, "--jwt-public-key", "@private.pem"],
		env: NO_SECRET,
		prepare: () => {
			const { privateKey } = generateKeyPairSync("ed25519");
			const pem = privateKey.export({ type: "pkcs8", format: "pem" });
			writeFileSync(join(root, "private.pem"), pem);
		},
		says: ["no public key", "openssl pkey"],
	},
	{
		title: "[HB-7] a pong time-out no longer than the ping interval",
		args: [...SERVE, "--ping-interval-ms", "100", "--pong-timeout-ms", "100"],
		says: [
			"SECURECONNECT_PONG_TIMEOUT_MS (100) must be longer than SECURECONNECT_PING_INTERVAL_MS (100)",
		],
	},
	{
		title: "an open host without a proxy that speaks TLS",
		args: [...SERVE, "--host", "0.0.0.0"],
		says: ["unencrypted", "--behind-proxy on", "127.0.0.1"],
	},
	{
		title: "dev on an open host",
		args: ["dev", "--port", "0", "--data", "@data-open", "--host", "0.0.0.0"],
		says: ["to other machines", "leave --host out", "secureconnect serve"],
	},
	{
		title: "token without a user",
		args: ["token"],
		says: ["--user <uuid>", "--help"],
	},
	{
		title: "token for a user that is no UUID",
		args: ["token", "--user", "alice"],
		says: [/--user must be a UUID, such as [0-9a-f-]{36}$/],
	},
	{
		title: "token with a time that is none",
		args: ["token", "--user", USER, "--ttl", "tomorrow"],
		says: ["--ttl must be a duration such as 10s, 15m or 24h"],
	},
	{
		title: "token without a secret to sign with",
		args: ["token", "--user", USER, "--data", "@nothing"],
		env: NO_SECRET,
		says: ["SECURECONNECT_JWT_SECRET", "--data"],
	},
	{
		title: "token with a short secret",
		args: ["token", "--user", USER],
		env: { SECURECONNECT_JWT_SECRET: "hunter2" },
		says: ["fewer than 32 bytes", "openssl rand -base64 32"],
	},
	...malformed(),
];

/** For each setting a value that its own reader refuses, by its flag or, where it has none, its variable. */
function malformed(): Case[] {
	const all = Object.values(SETTINGS as Record<string, Setting<unknown>>);
	return all.map((setting) => {
		const { env, flag } = setting;
		const value = unreadable(setting);
		const [name = env] = flag?.split(" ") ?? [];
		return {
			title: `${name} that cannot be read`,
			args: ["serve", ...(flag ? [`${name}=${value}`] : [])],
			env: flag ? {} : { [env]: value },
			says: [`${name} must be `, "correct it, or leave it out"],
		};
	});
}

/** Permissions do not stop root; what the kernel itself shows as files does. */
function isRoot(): boolean {
	return process.getuid?.() === 0;
}
function unwritable(): string {
	return isRoot() ? "/sys/secureconnect" : "@locked/data";
}
function lockUp(): void {
	if (isRoot()) return;
	mkdirSync(join(root, "locked"), { recursive: true });
	chmodSync(join(root, "locked"), 0o500);
}

function fillIn(arg: string): string {
	if (arg === "@taken") return String(takenPort);
	return arg.startsWith("@") ? join(root, arg.slice(1)) : arg;
}

describe.concurrent("one line that says how to mend it", () => {
	test.for(cases.map((one) => [one.title, one] as const))(
		"%s",
		async ([, { args, env, prepare, says }], { expect }) => {
			prepare?.();
			const all: Record<string, string> = {
				SECURECONNECT_JWT_SECRET: SECRET,
				...env,
			};
			if (all.SECURECONNECT_JWT_SECRET === "")
				delete all.SECURECONNECT_JWT_SECRET;

			const { code, stdout, stderr } = await runToEnd(args.map(fillIn), all);

			expect(stderr).toMatch(/^secureconnect: .+\n$/);
			expect(stderr).not.toMatch(/\n\s+at |fault of SecureConnect/);
			for (const phrase of says)
				if (typeof phrase === "string") expect(stderr).toContain(phrase);
				else expect(stderr.trimEnd()).toMatch(phrase);
			expect(stdout + stderr).not.toContain("hunter2");
			// Log lines at the most.
			expect(stdout).toMatch(/^(\{.*\}\n)*$/);
			expect(code).toBe(1);
		},
	);
});
