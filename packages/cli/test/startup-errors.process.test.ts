import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

/** Secret that every environment here contains and no output may contain. */
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
	/** A path that begins with "@" is in the directory of the tests. "@taken" alone is a port in use. */
	readonly args: readonly string[];
	/** Variables besides a valid secret. "" removes a variable. */
	readonly env?: Readonly<Record<string, string>>;
	readonly prepare?: () => void;
	/** Parts of the error line: what is wrong, and how to correct it. */
	readonly says: readonly (string | RegExp)[];
	/** Exit status, if it is not 1. */
	readonly code?: number;
}

/** Trigger that runs whenever a conversation is created. */
const SPY =
	"CREATE TRIGGER spy AFTER INSERT ON conversations BEGIN SELECT 1; END";

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
		title: "an extra argument",
		args: ["serve", SECRET],
		says: ["too many arguments", "--help"],
	},
	{
		title: "an unknown variable",
		args: SERVE,
		env: { SECURECONNECT_JWT_SECERT: SECRET },
		says: ["SECURECONNECT_JWT_SECERT is not a setting", "unset it"],
	},
	{
		title: "a malformed variable",
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
		title: "a host that is not an address of this machine",
		args: [
			...["serve", "--port", "0", "--data", "@data-host", "--behind-proxy"],
			...["--host", "203.0.113.7"],
		],
		says: ["203.0.113.7 is not an address of this machine", "another --host"],
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
		title: "a data directory with a file that is not a database",
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
		title: "a missing key file",
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
		title: "token for a user id that is not a UUID",
		args: ["token", "--user", "alice"],
		says: [/--user must be a UUID, such as [0-9a-f-]{36}$/],
	},
	{
		title: "token with a malformed lifetime",
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
	{
		title: "serve on a backup",
		args: ["serve", "--port", "0", "--data", "@served-backup"],
		prepare: () => aBackup("served-backup"),
		says: ["served-backup is a backup", "secureconnect restore"],
	},
	{
		title: "serve on the result of an interrupted restore",
		args: ["serve", "--port", "0", "--data", "@partial"],
		prepare: () => files("partial", "messages.db.partial"),
		says: ["interrupted", "remove it and restore again"],
	},
	{
		title: "backup without a directory to write to",
		args: ["backup", "--data", "@nothing"],
		says: ["missing required argument 'directory'", "backup --help"],
	},
	{
		title: "backup of a missing data directory",
		args: ["backup", "@backup-1", "--data", "@nothing"],
		says: ["no message log in", "check the name"],
	},
	{
		title: "backup of an unreadable log",
		args: ["backup", "@backup-2", "--data", "@unreadable"],
		prepare: () => files("unreadable", "messages.db"),
		says: [
			/unreadable cannot be read \(.+\): run "secureconnect verify .*" for details/,
		],
	},
	{
		title: "backup to a directory that is not empty",
		args: ["backup", "@full", "--data", "@source-1"],
		prepare: () => {
			aLog("source-1");
			files("full", "precious");
		},
		says: ["full is not empty", "choose a directory that is empty"],
	},
	{
		title: "backup to a file",
		args: ["backup", "@a-file", "--data", "@source-2"],
		prepare: () => {
			aLog("source-2");
			writeFileSync(join(root, "a-file"), "");
		},
		says: ["a-file cannot be created (EEXIST)", "choose another"],
	},
	{
		title: "backup to an unwritable directory",
		args: ["backup", unwritable(), "--data", "@source-3"],
		prepare: () => {
			lockUp();
			aLog("source-3");
		},
		says: ["cannot be created", "choose another"],
	},
	{
		title: "restore of a missing directory",
		args: ["restore", "@nothing", "--data", "@restored-1"],
		says: ["no message log in", "check the name"],
	},
	{
		title: "restore of a data directory",
		args: ["restore", "@source-4", "--data", "@restored-2"],
		prepare: () => aLog("source-4"),
		says: ["has no SHA256SUMS", "secureconnect backup"],
	},
	{
		title: "restore of a damaged backup",
		args: ["restore", "@backup-3", "--data", "@restored-3"],
		prepare: () => {
			aBackup("backup-3");
			writeFileSync(join(root, "backup-3", "messages.db"), "x");
		},
		says: ["has changed since the backup", "use another backup"],
	},
	{
		title: "restore of a backup whose checksum is a directory",
		args: ["restore", "@backup-4", "--data", "@restored-4"],
		prepare: () => {
			aLog("backup-4");
			mkdirSync(join(root, "backup-4", "SHA256SUMS"));
		},
		says: ["SHA256SUMS is not a regular file", "name a directory"],
	},
	{
		title: "restore of a backup from a newer version",
		args: ["restore", "@backup-5", "--data", "@restored-5"],
		prepare: () => aBackup("backup-5", 9999),
		says: ["newer SecureConnect", "upgrade"],
	},
	{
		title: "restore to a directory that is not empty",
		args: ["restore", "@backup-6", "--data", "@kept"],
		prepare: () => {
			aBackup("backup-6");
			files("kept", "jwt-secret");
		},
		says: ["kept is not empty", "choose a directory that is empty"],
	},
	{
		title: "verify of a missing directory",
		args: ["verify", "@nothing"],
		says: ["no message log in", "check the name"],
		code: 2,
	},
	{
		title: "verify with a directory and --data",
		args: ["verify", "@one", "--data", "@other"],
		says: ["a directory or --data, not both"],
		code: 2,
	},
	{
		title: "verify with an unknown flag",
		args: ["verify", "--quick"],
		says: ["unknown option '--quick'", "verify --help"],
		code: 2,
	},
	{
		title: "verify of a log from a newer version",
		args: ["verify", "@verified-newer"],
		prepare: () => aLog("verified-newer", 9999),
		says: ["newer SecureConnect", "upgrade"],
		code: 2,
	},
	{
		title: "verify of a log with an old schema",
		args: ["verify", "@verified-older"],
		prepare: () => aLog("verified-older", 0),
		says: ["older version (schema 0", "start the server on it once"],
		code: 2,
	},
	{
		title: "verify of an unreadable log",
		args: ["verify", "@verified-directory"],
		prepare: () =>
			mkdirSync(join(root, "verified-directory", "messages.db"), {
				recursive: true,
			}),
		says: ["messages.db is not a regular file", "name a directory"],
		code: 2,
	},
	...["restore", "verify", "backup", "serve"].flatMap((command): Case[] => {
		const pipe = `@pipe-${command}`;
		const args: Record<string, string[]> = {
			restore: ["restore", pipe, "--data", "@pipe-restored"],
			verify: ["verify", pipe],
			backup: ["backup", "@pipe-backup-target", "--data", pipe],
			serve: ["serve", "--port", "0", "--data", pipe],
		};
		return [
			{
				title: `${command} of a named pipe without a writer`,
				args: args[command] ?? [],
				prepare: () => {
					mkdirSync(join(root, `pipe-${command}`));
					const names = ["messages.db"];
					if (command === "restore") names.push("SHA256SUMS");
					for (const name of names)
						execFileSync("mkfifo", [join(root, `pipe-${command}`, name)]);
				},
				says: ["is not a regular file", "name a directory"],
				code: command === "verify" ? 2 : 1,
			},
		];
	}),
	{
		title: "serve on a data directory with an added trigger",
		args: ["serve", "--port", "0", "--data", "@spied-on"],
		prepare: () => aLog("spied-on", 1, SPY),
		says: ['the trigger "spy"', "SecureConnect did not create", "a backup"],
	},
	{
		title: "restore of a backup with an added trigger",
		args: ["restore", "@backup-7", "--data", "@restored-7"],
		prepare: () => aBackup("backup-7", 1, SPY),
		says: ['the trigger "spy"', "SecureConnect did not create", "a backup"],
	},
	...(process.platform === "win32"
		? []
		: [0o666, 0o640].map(
				(mode): Case => ({
					title: `dev with a secret of mode ${mode.toString(8)}`,
					args: ["dev", "--port", "0", "--data", `@secret-${mode}`],
					env: NO_SECRET,
					prepare: () => {
						mkdirSync(join(root, `secret-${mode}`));
						const file = join(root, `secret-${mode}`, "jwt-secret");
						writeFileSync(file, SECRET);
						chmodSync(file, mode);
					},
					says: [
						`other users can read or change the secret in`,
						`(mode 0${mode.toString(8)})`,
						"chmod 600",
					],
				}),
			)),
	...malformed(),
];

/** Creates a directory with files that are not databases. */
function files(directory: string, ...names: string[]): void {
	mkdirSync(join(root, directory));
	for (const name of names)
		writeFileSync(join(root, directory, name), "x".repeat(4096));
}

/** Creates a data directory with an empty log. */
function aLog(directory: string, version = 1, also = ""): void {
	mkdirSync(join(root, directory));
	const db = new DatabaseSync(join(root, directory, "messages.db"));
	db.exec("CREATE TABLE conversations (head_seq INTEGER)");
	db.exec(`PRAGMA user_version = ${version}; ${also}`);
	db.close();
}

/** Creates a data directory with an empty log and the checksum that makes it a backup. */
function aBackup(directory: string, version = 1, also = ""): void {
	aLog(directory, version, also);
	const bytes = readFileSync(join(root, directory, "messages.db"));
	const sum = createHash("sha256").update(bytes).digest("hex");
	writeFileSync(join(root, directory, "SHA256SUMS"), `${sum}  messages.db\n`);
}

/** Cases with a malformed value for each setting, as its flag or, if it has none, its variable. */
function malformed(): Case[] {
	const all = Object.values(SETTINGS as Record<string, Setting<unknown>>);
	return all.map((setting) => {
		const { env, flag } = setting;
		const value = unreadable(setting);
		const [name = env] = flag?.split(" ") ?? [];
		return {
			title: `${name} with a malformed value`,
			args: ["serve", ...(flag ? [`${name}=${value}`] : [])],
			env: flag ? {} : { [env]: value },
			says: [`${name} must be `, "correct it, or leave it out"],
		};
	});
}

/** Root ignores permissions, but cannot create files in the file systems of the kernel. */
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

describe.concurrent("one line says how to correct", () => {
	test.for(cases)(
		"$title",
		async ({ args, env, prepare, says, code: due = 1 }, { expect }) => {
			prepare?.();
			const all: Record<string, string> = {
				SECURECONNECT_JWT_SECRET: SECRET,
				...env,
			};
			if (all.SECURECONNECT_JWT_SECRET === "")
				delete all.SECURECONNECT_JWT_SECRET;

			const { code, stdout, stderr } = await runToEnd(args.map(fillIn), all);

			expect(stderr).toMatch(/^secureconnect: .+\n$/);
			expect(stderr).not.toMatch(/\n\s+at |internal error/);
			for (const phrase of says)
				if (typeof phrase === "string") expect(stderr).toContain(phrase);
				else expect(stderr.trimEnd()).toMatch(phrase);
			expect(stdout + stderr).not.toContain("hunter2");
			// Standard output has at most log lines.
			expect(stdout).toMatch(/^(\{.*\}\n)*$/);
			expect(code).toBe(due);
		},
	);
});
