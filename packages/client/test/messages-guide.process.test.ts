/** Runs every block of docs/messages.md unchanged against a server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../cli/test/support/program.ts";
import { startDev } from "../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { blocksOf, run, scene } from "./support/guide.ts";

const GUIDE = readFileSync(join(ROOT, "docs/messages.md"), "utf8");
const BLOCKS = blocksOf(GUIDE);
const PRINTED_MS = 30_000;
const START = "Start";

/** Expected output of each section, whose lines follow those of the first section. */
const SHOWN: Readonly<Record<string, RegExp>> = {
	"Show messages as they are now": /^One\nTwo\nThree$/m,
	"Edit and delete": /^not edited: message_deleted$/m,
	React: /reaction: '🎉',\s+count: 1,\s+me: true/,
	"Reply, and threads": /^thread: The canteen is closed$/m,
	"Mention users": /^stored as number 5$/m,
	"Count unread messages and mentions": /\b0 unread, 0 for you$/m,
	Pin: /^pinned: Lunch is at one$/m,
};

test("the guide to messages behaves as documented", async () => {
	expect(BLOCKS.map(({ section }) => section)).toEqual([
		START,
		...Object.keys(SHOWN),
	]);
	const dev = await startDev(temporaryDirectory());
	const [first] = BLOCKS;
	await Promise.all(
		Object.entries(SHOWN).map(async ([section, shown]) => {
			const own = BLOCKS.find((block) => block.section === section)?.code;
			const { written } = await scene(dev);
			const program = run(
				written(`${first?.code}${own}client.close();`),
				dev.users[0].token,
			);
			await program.untilPrinted(shown, PRINTED_MS);
			expect(await program.ending(PRINTED_MS), section).toMatchObject({
				code: 0,
			});
			expect(program.stderr, section).toBe("");
		}),
	);
});

test("a test runs every block of the guide to messages", () => {
	expect(new Set(BLOCKS.map(({ language }) => language))).toEqual(
		new Set(["js"]),
	);
	expect(GUIDE.match(/^```\w/gm)).toHaveLength(BLOCKS.length);
});
