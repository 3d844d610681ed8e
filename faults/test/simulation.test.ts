import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MUTANTS, type Mutant } from "../mutants/mutants.ts";
import { plant } from "../mutants/plant.ts";
import { PACKAGES } from "../programs.ts";

const SIMULATION = "server/test/simulation";
/** Far more runs than any of the defects needs. */
const RUNS = 400;

/** Mutants of the faults that a simulation sees. Others are in the thread that writes, and in the sockets. */
const SEEN = [
	"no-dedupe",
	"resume-off-by-one",
	"watermark-before-commit",
	"slow-reader-dropped",
	"catch-up-overlaps",
	"cursor-on-send",
];

const ROOM = "server/src/chat/room.ts";
const OWN: readonly Omit<Mutant, "caughtBy">[] = [
	{
		name: "removed-user-stays",
		does: "leaves the connections of a removed user open",
		edits: [{ file: ROOM, find: "\t\t\tthis.#expel(userId);", replace: "" }],
	},
	{
		name: "deferred-events-lost",
		does: "forgets the events of a connection that read from the log",
		edits: [
			{
				file: ROOM,
				find: "for (const json of seat.deferred?.values() ?? [])",
				replace: "for (const json of [] as string[])",
			},
		],
	},
	{
		name: "user-never-leaves",
		does: "keeps a user online whose connections have ended",
		edits: [
			{
				file: "server/src/chat/presence.ts",
				find: "if (!user || --user.connections > 0) return;",
				replace: "if (!user || user.connections > 0) return;",
			},
		],
	},
];

test.each([
	...MUTANTS.filter(({ name }) => SEEN.includes(name)),
	...OWN.map((mutant) => ({ ...mutant, caughtBy: [] })),
])("the simulation finds that a server $does", (mutant) => {
	const directory = mkdtempSync(join(tmpdir(), "mutant-"));
	onTestFinished(() => rmSync(directory, { recursive: true }));
	plant(mutant, directory);
	for (const name of ["simulation", "support"])
		cpSync(
			join(PACKAGES, "server/test", name),
			join(directory, "packages/server/test", name),
			{ recursive: true },
		);
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[
			"--conditions=source",
			join(directory, "packages", SIMULATION, "search.ts"),
			"1",
			String(RUNS),
		],
		{ encoding: "utf8" },
	);
	expect([status, stderr, stdout]).toEqual([
		1,
		"",
		expect.stringContaining("seed "),
	]);
});
