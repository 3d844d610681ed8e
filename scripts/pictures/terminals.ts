/** Draws the first screen of `npm start`, and two users who chat in terminals with the commands that it prints. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import root from "../../package.json" with { type: "json" };
import { Shell } from "./tmux.ts";
import { drawWindow } from "./window.ts";

/** Wide enough for each printed command on one line. */
const WIDE = { columns: 120, rows: 40 };
const NARROW = { columns: 80, rows: 11 };
const TALK: readonly (readonly [who: 0 | 1, text: string])[] = [
	[0, "Morning! Did last night's run come through?"],
	[1, "It did: 200 kills under load, nothing lost, nothing doubled."],
	[
		1,
		"The report is in faults/SCORE.md. Have a look before we tag it, please: I was half asleep.",
	],
	[0, "Looks good to me. I bring the cake at noon."],
	[1, "Then I tell the others."],
];

export async function drawTerminals(browser: Browser): Promise<void> {
	const directory = throwAway();
	const shells: Shell[] = [];
	const shell = (size: { columns: number; rows: number }): Shell => {
		const made = new Shell(directory, size.columns, size.rows);
		shells.push(made);
		return made;
	};
	try {
		const server = shell(WIDE);
		await server.until(/\$/);
		server.type("npm start");
		server.enter();
		await server.until(/Stop with Ctrl\+C/);
		const { text } = server.capture();
		await drawWindow(browser, {
			...{ name: "dev-screen", title: "npm start", columns: WIDE.columns },
			rows: text.trimEnd().split("\n").length,
			text: withShortTokens(text),
		});
		const lines = text.match(/npx secureconnect chat .*\S/g) ?? [];
		const people = lines.map(() => shell(NARROW));
		for (const [i, person] of people.entries()) {
			person.type(lines[i] ?? "");
			person.enter();
			await person.until(/ connected/);
		}
		await drawChat(browser, people);
	} finally {
		for (const shell of shells) shell.end();
		rmSync(directory, { recursive: true, force: true });
	}
}

async function drawChat(
	browser: Browser,
	[alice, bob]: readonly Shell[],
): Promise<void> {
	if (!alice || !bob)
		throw new Error("the screen does not show the commands for two users");
	await alice.until(/2 here/);
	for (const [who, text] of TALK) {
		const [from, to] = who === 0 ? [alice, bob] : [bob, alice];
		from.type(text);
		from.enter();
		const beginning = text.slice(0, 20);
		await from.until(new RegExp(`: ${escaped(beginning)}[^>]*✓\\s*\\n[^✓]*>`));
		await to.until(new RegExp(`: ${escaped(beginning)}`));
	}
	alice.type("What kind?");
	await alice.until(/> What kind\?/);
	bob.type("Chocolate");
	await alice.until(/Bob is typing/);
	await drawWindow(browser, {
		...{ name: "terminal", title: "npx secureconnect chat", ...NARROW },
		...alice.capture(),
	});
}

/** Creates a directory with this repository's commands and a separate data directory, so that no real token appears. */
function throwAway(): string {
	const directory = mkdtempSync(join(tmpdir(), "secureconnect-"));
	const modules = join(import.meta.dirname, "../../node_modules");
	symlinkSync(modules, join(directory, "node_modules"));
	const { name, scripts } = root;
	// The repository is already built.
	const manifest = { name, scripts: { build: "true", start: scripts.start } };
	writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
	return directory;
}

/** Shortens tokens, which readers cannot copy from a picture. */
function withShortTokens(text: string): string {
	return text.replace(/(access_token=\w{3})[\w.-]+/g, "$1…");
}

function escaped(text: string): string {
	return text.replace(/[^\w\s]/g, "\\$&");
}
