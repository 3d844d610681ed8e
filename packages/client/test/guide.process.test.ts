import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import {
	closeBrowser,
	needChromium,
	openBrowser,
} from "../../cli/test/support/browser.ts";
import { ROOT, start } from "../../cli/test/support/program.ts";
import { startDev } from "../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { atRoot, blocksOf, run, scene } from "./support/guide.ts";

const GUIDE = readFileSync(join(ROOT, "docs/client.md"), "utf8");
const BLOCKS = blocksOf(GUIDE);
const PRINTED_MS = 30_000;
const START = "In a browser, with a bundler";

afterAll(closeBrowser);

/** Returns the code of a section in one language. */
function code(section: string, language: string): string {
	const found = BLOCKS.filter(
		(block) => block.section === section && block.language === language,
	);
	expect(found, `${language} in "${section}"`).toHaveLength(1);
	return found[0]?.code ?? "";
}

/**
 * Expected output of each section's JavaScript. A section continues the first section's lines unless it starts
 * anew.
 */
const SHOWN: Readonly<Record<string, RegExp>> = {
	[START]: /^Alice: Hello$/m,
	"On Node": /^stored as number 5$/m,
	"From the document's ChatWebSocket":
		/^[\da-f-]{36} joined\n[\da-f-]{36} Hello, World!$/m,
	"Send, and show the status":
		/^Hello \(sent\), Lunch\? \(queued\)\n[\s\S]*^Hello, Lunch\?\n[\s\S]*^stored as number 6$/m,
	"Messages that change": /Hello/,
	"History and live, without a gap": /^One, Two, Three(, Hello)?$/m,
	"Typing, receipts, presence":
		/(?=[\s\S]*^typing: Bob$)(?=[\s\S]*^online: (Alice, Bob|Bob, Alice)$)(?=[\s\S]*^seen by: Bob$)/m,
	"What was delivered, to whom": /^(Alice|Bob) has received all up to 4$/m,
	"Conversations and participants": /^Lunch: 3 participants, 0 unread$/m,
	"The list, live": /^\d+ unread\n[\s\S]*: \d+ unread, (Three|Hello)$/m,
	"Change a conversation, and the user's own settings":
		/(?=[\s\S]*^direct, with ca401000-)(?=[\s\S]*^Dinner true true 0 0$)/m,
	"Read and send without a connection":
		/^One, Two, Three\nstored as number 5$/m,
	"When the server goes back to a backup": /^One, Two, Three(, Hello)?$/m,
	"Offline, and the outbox": /^1 to be sent\n(offline\n)*online$/m,
	"A server that implements only the document": /^Hello, plain server$/m,
};
/** Expected output for a user who has logged out. */
const SHOWN_WITHOUT_TOKEN: Readonly<Record<string, RegExp>> = {
	Tokens: /^log in again$/m,
	"Errors, and final states": /^stopped: unauthorized no token$/m,
};

test("the guide's JavaScript behaves as documented", async () => {
	const dev = await startDev(temporaryDirectory());
	const cases = [
		...Object.entries(SHOWN).map(
			([section, shown]) => [section, shown, dev.users[0].token] as const,
		),
		...Object.entries(SHOWN_WITHOUT_TOKEN).map(
			([section, shown]) => [section, shown, ""] as const,
		),
	];
	expect(new Set(cases.map(([section]) => section))).toEqual(
		new Set(
			BLOCKS.filter(({ language }) => language === "js").map(
				({ section }) => section,
			),
		),
	);
	await Promise.all(
		cases.map(async ([section, shown, token]) => {
			const { written } = await scene(dev);
			const own = code(section, "js");
			const lines = /^import /m.test(own) ? own : code(START, "js") + own;
			const program = run(written(lines), token);
			await program.untilPrinted(shown, PRINTED_MS);
			expect(program.stderr, section).toBe("");
		}),
	);
});

test("the readme's JavaScript behaves as documented", async () => {
	const dev = await startDev(temporaryDirectory());
	const readme = readFileSync(join(ROOT, "packages/client/README.md"), "utf8");
	const blocks = Array.from(
		readme.matchAll(/```js\n([\s\S]*?)```/g),
		([, lines = ""]) => lines,
	);
	const shown = [/^open\n[\s\S]* Hello\n3\n2\n1$/m, / Hello, World!$/m];
	expect(blocks).toHaveLength(shown.length);
	for (const [i, lines] of blocks.entries()) {
		const { written } = await scene(dev);
		const program = run(written(lines), dev.users[0].token);
		await program.untilPrinted(shown[i] ?? /never/, PRINTED_MS);
		expect(program.stderr).toBe("");
	}
});

test("the guide's program on Node ends, and leaves no handle open", async () => {
	const dev = await startDev(temporaryDirectory());
	const { written } = await scene(dev);
	const program = run(written(code("On Node", "js")), dev.users[0].token);
	expect(await program.ending(PRINTED_MS)).toMatchObject({ code: 0 });
});

test("the guide's page without a bundler chats", async (context) => {
	needChromium(context);
	const section = "In a browser, without a bundler";
	const directory = atRoot();
	const bundling = start("bash", ["-c", code(section, "sh")], {
		cwd: directory,
	});
	expect(await bundling.ending(), bundling.stderr).toMatchObject({ code: 0 });

	const dev = await startDev(temporaryDirectory());
	const { written } = await scene(dev);
	const served: Record<string, [string, string]> = {
		"/": ["text/html", written(code(section, "html"))],
		"/chat.js": [
			"text/javascript",
			readFileSync(join(directory, "chat.js"), "utf8"),
		],
		"/chat-token": ["text/plain", dev.users[0].token],
	};
	const http = createServer(({ url = "" }, response) => {
		const [type, body] = served[url] ?? ["text/plain", ""];
		response.setHeader("Content-Type", type);
		response.end(body);
	});
	await new Promise<void>((resolve) =>
		http.listen(0, "127.0.0.1", () => resolve()),
	);
	onTestFinished(() => {
		http.close();
		http.closeAllConnections();
	});
	const address = http.address();
	if (typeof address !== "object" || !address) throw new Error("no port");
	const page = await (await openBrowser()).newPage();
	await page.goto(`http://localhost:${address.port}/`);
	await page.getByText("Hello from a page").waitFor();
	expect(await page.locator("#messages li").allTextContents()).toEqual([
		"Hello from a page",
	]);
});

test("a test runs every block of the guide", () => {
	const languages = new Set(BLOCKS.map(({ language }) => language));
	expect([...languages].sort()).toEqual(["html", "js", "sh"]);
	expect(GUIDE.match(/^```\w/gm)).toHaveLength(BLOCKS.length);
});
