/** Runs every block of docs/inbox.md unchanged against a server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../cli/test/support/program.ts";
import { startDev } from "../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { blocksOf, run, scene } from "./support/guide.ts";

const GUIDE = readFileSync(join(ROOT, "docs/inbox.md"), "utf8");
const BLOCKS = blocksOf(GUIDE);
const PRINTED_MS = 30_000;
const START = "Start";

/** Expected output of each section, whose lines follow those of the first section. */
const SHOWN: Readonly<Record<string, RegExp>> = {
	"Show the list": /0 unread Three\n(?:.*\n)*0 unread in all conversations$/m,
	"Open a conversation":
		/^2 online, 4 entries\ntrue 1: One\ntrue 2: Two\ntrue 3: Three$/m,
	"Send and read": /^stored as number 5$/m,
};

test("the guide to the inbox behaves as documented", async () => {
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
				// The programs of the guide run until their reader ends them.
				written(
					`${first?.code}${own}process.stdin.on("end", () => ws.close()).resume();`,
				),
				dev.users[0].token,
			);
			await program.untilPrinted(shown, PRINTED_MS);
			program.endInput();
			expect(await program.ending(PRINTED_MS), section).toMatchObject({
				code: 0,
			});
			expect(program.stderr, section).toBe("");
			expect(program.stdout, section).not.toContain("refused");
		}),
	);
});

test("a test runs every block of the guide to the inbox", () => {
	expect(new Set(BLOCKS.map(({ language }) => language))).toEqual(
		new Set(["js"]),
	);
	expect(GUIDE.match(/^```\w/gm)).toHaveLength(BLOCKS.length);
});
