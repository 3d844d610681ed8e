/** Pastes the lines that `dev` prints for more terminals, unchanged, into real terminals. */
import { join, relative } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET } from "../../server/test/support/token.ts";
import { ROOT, start } from "./support/program.ts";
import {
	type DevProcess,
	devScreen,
	startDev,
} from "./support/server-process.ts";
import {
	needTmux,
	Terminal,
	type TerminalOptions,
} from "./support/terminal.ts";

const NPM_START_MS = 120_000;

beforeEach(needTmux);

function chatLines({ program }: DevProcess): string[] {
	return Array.from(
		program.stdout.matchAll(/^ {2}(npx secureconnect chat .*)$/gm),
		([, line = ""]) => line,
	);
}

/** Starts Alice and Bob with the lines on the screen, and waits until each has received a message of the other. */
async function chatByLines(
	dev: DevProcess,
	options: TerminalOptions = {},
): Promise<void> {
	const lines = chatLines(dev);
	expect(lines).toHaveLength(2);
	const [alice, bob] = lines.map((line) => new Terminal(line, options));
	await alice?.until(/ First conversation · 2 here: .* connected$/m);
	await bob?.until(/ connected$/m);
	alice?.type("Noon?");
	alice?.keys("Enter");
	await bob?.until(/^\d\d:\d\d Alice: Noon\?$/m);
	bob?.type("Yes");
	bob?.keys("Enter");
	await alice?.until(/^\d\d:\d\d Bob: Yes$/m);
}

test("with a different port and a directory whose name needs quotes", async () => {
	const data = join(temporaryDirectory(), "it's chat data");
	await chatByLines(await startDev(data));
});

test("with npm start in a subdirectory, and the lines pasted there", async () => {
	const cwd = join(ROOT, "docs");
	const data = relative(ROOT, temporaryDirectory());
	const npm = start(
		"sh",
		["-c", `exec npm start -- --port 0 --data "${data}"`],
		{ cwd, detached: true },
	);
	const dev = await devScreen(npm, NPM_START_MS);
	await chatByLines(dev, { cwd });
	process.kill(-npm.pid, "SIGINT");
	await npm.ending();
});

test("with a secret in the environment, and the screen names its variable", async () => {
	const env = { SECURECONNECT_JWT_SECRET: SECRET };
	const dev = await startDev(temporaryDirectory(), [], { env });
	expect(dev.program.stdout).toContain(
		"with this server's SECURECONNECT_JWT_SECRET, ",
	);
	await chatByLines(dev, { env });
});

test("with the defaults and 80 columns, everything from the page's line on fits a screen of 24 lines", async () => {
	const dev = await startDev(temporaryDirectory());
	const asByDefault = dev.program.stdout
		.replaceAll(/ --(url|data) \S+/g, "")
		.replace(/(?<=kept in )[^)]*/, ".secureconnect")
		.replaceAll(String(dev.port), "8082");
	const rows = asByDefault
		.split("\n")
		.flatMap((line) => line.match(/.{1,80}/g) ?? [""]);
	expect(rows.slice(-24).join("\n")).toMatch(
		/^Open {2}http:.*secureconnect chat.*wscat.*Stop with/ms,
	);
	const chats = asByDefault.match(/.*secureconnect chat.*/g) ?? [];
	for (const line of chats) expect(line.length).toBeLessThanOrEqual(120);
});
