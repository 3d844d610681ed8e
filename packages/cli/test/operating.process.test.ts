/** Tests docs/operating.md and the backup files of deploy/. docs.process.test.ts runs the commands of the guide. */
import { execFileSync } from "node:child_process";
import {
	mkdirSync,
	readdirSync,
	readFileSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { type Exit, ROOT, SECURECONNECT, start } from "./support/program.ts";
import { needPrograms, withReplaced } from "./support/reverse-proxy.ts";
import { startServe } from "./support/server-process.ts";

const SCRIPT = "deploy/backup.sh";
const SERVICE = "deploy/secureconnect-backup.service";
const TIMER = "deploy/secureconnect-backup.timer";

function read(file: string): string {
	return readFileSync(join(ROOT, file), "utf8");
}
const guide = read("docs/operating.md");
const service = read(SERVICE);

function inService(key: string): string[] {
	return Array.from(
		service.matchAll(new RegExp(`^${key}=(.*)$`, "gm")),
		([, value = ""]) => value,
	);
}

test.for([
	["text", SCRIPT],
	["ini", SERVICE],
	["ini", TIMER],
] as const)("the guide's %s is %s", ([language, file]) => {
	expect(guide).toContain(`\`\`\`${language}\n${read(file)}\`\`\`\n`);
});

test("a block of the guide that the tests do not run says why", () => {
	const blocks = Array.from(
		guide.matchAll(/(?:^(<!--.*-->)\n)?```console\n/gm),
		([, comment]) => comment,
	);
	expect(blocks.length).toBeGreaterThan(2);
	for (const comment of blocks)
		expect(comment).toMatch(/^<!-- not run by the tests: .+ -->$/);
});

test("every metric that the guide names exists", async () => {
	const { adminPort } = await startServe(temporaryDirectory(), [
		"--admin-port",
		"0",
	]);
	const answer = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
	const there = new Set(
		Array.from(
			(await answer.text()).matchAll(/^([a-z_0-9]+)/gm),
			([name]) => name,
		),
	);
	const named = Array.from(
		guide.matchAll(/\b(?:secureconnect|process|nodejs)_[a-z_0-9]+/g),
		([name]) => name,
	).filter((name) => name !== "secureconnect_");
	expect(new Set(named).size).toBeGreaterThan(8);
	expect(named.filter((name) => !there.has(name))).toEqual([]);
});

test("systemd accepts the unit, the timer and its time", (context) => {
	needPrograms(context, "systemd-analyze");
	const directory = temporaryDirectory();
	const unit = join(directory, "secureconnect-backup.service");
	const timer = join(directory, "secureconnect-backup.timer");
	writeFileSync(unit, withReplaced(SERVICE, [["/opt/secureconnect/", ROOT]]));
	writeFileSync(timer, read(TIMER));
	// systemd-analyze prints a line for an unknown setting and still exits with 0.
	const verified = execFileSync(
		"bash",
		["-c", `exec systemd-analyze --man=no verify "$@" 2>&1`, "-", unit, timer],
		{ encoding: "utf8" },
	);
	expect(verified).toBe("");
	const [, when = ""] = /^OnCalendar=(.*)$/m.exec(read(TIMER)) ?? [];
	execFileSync("systemd-analyze", ["calendar", when], { stdio: "pipe" });
	execFileSync(
		"systemd-analyze",
		["security", "--offline=true", "--no-pager", "--threshold=12", unit],
		{ stdio: "pipe" },
	);
});

test("the script of the unit backs up a running server, then removes old backups", async () => {
	const data = temporaryDirectory();
	const backups = temporaryDirectory();
	await startServe(data);
	const variables = Object.fromEntries(
		inService("Environment").map((it) => it.split("=")),
	) as Record<string, string>;
	expect(inService("ExecStart")).toEqual([`/opt/secureconnect/${SCRIPT}`]);
	const run = async (from: string): Promise<{ exit: Exit; said: string }> => {
		const program = start(join(ROOT, SCRIPT), [], {
			env: {
				...variables,
				SECURECONNECT_DATA: from,
				BACKUPS: backups,
				PROGRAM: `${process.execPath} ${SECURECONNECT}`,
			},
		});
		const exit = await program.ending();
		return { exit, said: program.stdout + program.stderr };
	};
	const days = Number(variables.KEEP_DAYS);
	for (const [name, age] of [
		["new", days - 1],
		["old", days + 2],
	] as const) {
		const at = Date.now() / 1000 - age * 86_400;
		mkdirSync(join(backups, name));
		writeFileSync(join(backups, name, "messages.db"), "");
		utimesSync(join(backups, name), at, at);
	}

	const nothing = await run(temporaryDirectory());
	expect(nothing.exit.code).not.toBe(0);
	expect(readdirSync(backups).sort()).toEqual(["new", "old"]);

	const { exit, said } = await run(data);
	expect(exit, said).toMatchObject({ code: 0 });
	expect(said).toContain("Everything is as it should be.");
	expect(readdirSync(backups).sort()).toEqual([
		expect.stringMatching(/^\d{4}-\d\d-\d\dT\d{6}Z$/),
		"new",
	]);
});

test("if the script of the unit finds damage it fails, and the older backups stay", async () => {
	const data = temporaryDirectory();
	const server = await startServe(data);
	server.program.kill("SIGTERM");
	await server.program.ending();
	const db = new DatabaseSync(join(data, "messages.db"));
	db.exec("DROP INDEX entries_by_client_message_id");
	db.close();
	const backups = temporaryDirectory();
	mkdirSync(join(backups, "old"));
	utimesSync(join(backups, "old"), 0, 0);
	const program = start(join(ROOT, SCRIPT), [], {
		env: {
			SECURECONNECT_DATA: data,
			BACKUPS: backups,
			KEEP_DAYS: "14",
			PROGRAM: `${process.execPath} ${SECURECONNECT}`,
		},
	});
	expect(await program.ending()).toMatchObject({ code: 1 });
	expect(program.stdout).toContain("entries_by_client_message_id is missing");
	expect(readdirSync(backups)).toContain("old");
});
