/** Shows two hundred hostile messages, and checks that none of them affects the terminal. */
import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { HOSTILE, undrawn } from "./support/hostile.ts";
import {
	connect,
	type ServerProcess,
	startServe,
} from "./support/server-process.ts";
import { needTmux, Terminal } from "./support/terminal.ts";
import {
	ALICE,
	BOB,
	contentsOf,
	startClient,
} from "./support/terminal-client.ts";

const LONG_MS = 120_000;

beforeEach(needTmux);

/** Creates a conversation with all hostile messages from Bob, whose name is hostile too. */
async function hostileScene(): Promise<{ server: ServerProcess; id: string }> {
	const server = await startServe(temporaryDirectory(), [
		...["--conversations", "open"],
	]);
	const id = randomUUID();
	const bob = await connect(server, id, BOB, {
		bearer: await token(BOB, {
			name: "\u001b]0;PWNED\u0007\u202eBob\u0008\n\u009b2J<b>",
		}),
	});
	for (const content of HOSTILE) bob.send({ type: "chat", content });
	await bob.waitFor(({ seq }) => seq === HOSTILE.length);
	return { server, id };
}

async function aliceEnv(): Promise<Record<string, string>> {
	return { SECURECONNECT_TOKEN: await token(ALICE, { name: "Alice" }) };
}

/** Checks that the terminal received only drawing, and that its state is unchanged. */
function expectHarmless(terminal: Terminal): void {
	expect(undrawn(terminal.output)).toEqual([]);
	expect(terminal.output).not.toMatch(/[\p{Bidi_Control}\p{DI}]/u);
	// tmux would show a changed title and keep a changed clipboard.
	expect(terminal.state("pane_title")[0]).not.toMatch(/PWNED/);
}

test(
	"in the terminal chat",
	async () => {
		const { server, id } = await hostileScene();
		const terminal = new Terminal(
			["chat", id, "--url", `http://${server.address}`],
			{ env: await aliceEnv() },
		);
		await terminal.until(/end199$/m);
		const seen = new Set<string>();
		/** Waits until the screen is complete and stays the same, then checks it. */
		const look = async (what: string, holds: (screen: string[]) => boolean) => {
			const screen = await terminal.until(
				(lines) =>
					/ connected$/.test(lines[0] ?? "") &&
					lines.at(-1) === ">" &&
					lines.length === 24 &&
					holds(lines),
				what,
			);
			for (const line of screen.slice(1, -2)) {
				seen.add(/end\d+$/.exec(line)?.[0] ?? "");
				// Only the times and dates of the chat stand at the left margin.
				expect(line).toMatch(
					/^(\d\d:\d\d [^ ].*: |\d\d:\d\d .+:| {6}|─+ \w{3} |$)/,
				);
				expect(line).not.toMatch(/^\d\d:\d\d (Alice|forged)/);
			}
			return screen;
		};
		await look("the end", () => true);
		for (let page = 0; page < 2000 && !seen.has("end0"); page++) {
			const before = terminal.text;
			terminal.keys("PPage");
			await look("another page", (lines) => lines.join("\n") !== before);
		}
		expect(seen).toContain("end0");
		expectHarmless(terminal);
		terminal.keys("C-c");
		await terminal.until(/^EXIT 0$/m);
		expectHarmless(terminal);
		expect(terminal.state("alternate_on", "cursor_flag", "wrap_flag")).toEqual([
			"0",
			"1",
			"1",
		]);
	},
	LONG_MS,
);

test("in tail on a terminal", async () => {
	const { server, id } = await hostileScene();
	const terminal = new Terminal(
		["tail", id, "--url", `http://${server.address}`, "--history", "200"],
		{ env: await aliceEnv() },
	);
	await terminal.until(/end199$/m);
	expectHarmless(terminal);
	const lines = terminal.output.split(/\r?\n/);
	const first = lines.findIndex((line) => /^\d{4}-/.test(line));
	for (const line of lines.slice(first, -1))
		expect(line).toMatch(
			/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*\[31m|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S.*: ?| {4}|$)/,
		);
	expect(lines.filter((line) => /^\d{4}-.* Alice: /.test(line))).toEqual([]);
	terminal.keys("C-c");
	await terminal.until(/EXIT 0$/m);
});

test("in tail --json, whose lines contain the escaped messages", async () => {
	const { server, id } = await hostileScene();
	const tail = await startClient("tail", server, id, ALICE, [
		...["--json", "--history", "200"],
	]);
	await tail.until(
		() => tail.lines.length >= HOSTILE.length + 1 || undefined,
		"all of them",
	);
	expect(contentsOf(tail)).toEqual(HOSTILE);
	expect(tail.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{DI}]/u);
});
