/** Compares unread counts with an oracle that counts by hand. TEST_LONG=1 runs a million steps. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { count, type OpenLog } from "../support/counting.ts";
import { LONG } from "../support/long.ts";
import { temporaryDirectory } from "../support/server.ts";

const SEED = Number(process.env.COUNTS_SEED ?? 20_261_128);
const STEPS = LONG ? 1_000_000 : 3000;
const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

interface Planted {
	readonly fault: string;
	/** Replacements in files below `src/log/sqlite`. */
	readonly edits: readonly (readonly [
		file: string,
		from: string,
		to: string,
	])[];
}

const PLANTED: readonly Planted[] = [
	{
		fault: "own messages count",
		edits: [
			["membership.ts", "this.#sql.wrote.run(seq, key, userId, seq);", ";"],
		],
	},
	{
		fault: "deleted messages count",
		edits: [
			[
				"list.ts",
				"unread - Number(this.#sql.erased.get(key, readSeq)?.n)",
				"unread",
			],
		],
	},
	{
		fault: "the watermark moves back",
		edits: [
			["membership.ts", "read_seq = max(read_seq, ?)", "read_seq = ?"],
			["membership.ts", "relayed_seq < ?", "relayed_seq <> ?"],
		],
	},
	{
		fault: "a count is too low by one",
		edits: [
			["list.ts", "chatCount - Number(read)", "chatCount - Number(read) - 1"],
		],
	},
	{
		fault: "earlier messages count for a user who was added",
		edits: [
			[
				"list.ts",
				"max(p.read_seq, p.joined_seq) AS read_seq",
				"p.read_seq AS read_seq",
			],
		],
	},
	{
		fault: "an edit does not take back mentions",
		edits: [
			[
				"mentions.ts",
				"if (!due.has(userId)) this.#sql.delete.run(userId, key, seq);",
				"",
			],
		],
	},
	{
		fault: "a read leaves the mark as unread",
		edits: [["membership.ts", "this.#sql.unmark.run(key, userId);", ""]],
	},
];

/** Copies the package, plants the fault, and returns how to open the copy's log. */
async function plant({ edits }: Planted): Promise<OpenLog> {
	const directory = temporaryDirectory();
	for (const name of ["package.json", "src"])
		cpSync(join(PACKAGE, name), join(directory, name), { recursive: true });
	symlinkSync(
		join(PACKAGE, "../../node_modules"),
		join(directory, "node_modules"),
	);
	const sqlite = join(directory, "src/log/sqlite");
	for (const [file, from, to] of edits) {
		const path = join(sqlite, file);
		const [before, after, ...more] = readFileSync(path, "utf8").split(from);
		if (after === undefined || more.length > 0)
			// The code has changed: update the planted fault.
			throw new Error(`not once in ${file}: ${from}`);
		writeFileSync(path, before + to + after);
	}
	const file = pathToFileURL(join(sqlite, "sqlite-log.ts"));
	const module = (await import(file.href)) as { SqliteLog: typeof SqliteLog };
	return (data) => module.SqliteLog.open(data);
}

test(
	"unread counts, mentions and marks as unread equal those of an oracle that counts by hand",
	() => count(SEED, STEPS, (directory) => SqliteLog.open(directory)),
	LONG ? 3_600_000 : 60_000,
);

test.for(PLANTED)("the oracle notices: $fault", async (planted) => {
	await expect(count(SEED, 3000, await plant(planted))).rejects.toThrow(
		/wrong count/,
	);
});
