/** Tests the log of `serve`: readable lines on a terminal, JSON lines for programs. */
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET } from "../../server/test/support/token.ts";
import { SECURECONNECT, start } from "./support/program.ts";
import { serveArgs, startServe } from "./support/server-process.ts";
import { needTmux, Terminal } from "./support/terminal.ts";

const READABLE = /^\d\d:\d\d:\d\d INFO {2}serving host=127\.0\.0\.1 port=\d+/m;
const env = { SECURECONNECT_JWT_SECRET: SECRET };

test("on a terminal the log is readable, and JSON with --log-format json", async (context) => {
	needTmux(context);
	const columns = 200;
	const terminal = new Terminal(serveArgs(temporaryDirectory()), {
		env,
		columns,
	});
	await terminal.until(READABLE);
	terminal.keys("C-c");
	const screen = await terminal.until(/^EXIT 0$/m);
	expect(screen.join("\n")).toMatch(/ INFO {2}draining signal=SIGINT$/m);
	expect(screen.join("\n")).not.toContain("{");

	const forced = new Terminal(
		[...serveArgs(temporaryDirectory()), "--log-format", "json"],
		{ env, columns },
	);
	await forced.until(/^\{"level":30,.*"msg":"serving"\}$/m);
});

test("in a pipe the log is JSON, and readable with --log-format text or its variable", async () => {
	const { program } = await startServe(temporaryDirectory());
	expect(
		program.lines.map((line) => JSON.parse(line) as unknown),
	).toContainEqual(expect.objectContaining({ level: 30, msg: "serving" }));
	for (const [args, variable] of [
		[["--log-format", "text"], {}],
		[[], { SECURECONNECT_LOG_FORMAT: "text" }],
	] as const) {
		const readable = start(
			process.execPath,
			[SECURECONNECT, ...serveArgs(temporaryDirectory()), ...args],
			{ env: { ...env, ...variable } },
		);
		await readable.untilPrinted(READABLE);
		await readable.killHard();
	}
});
