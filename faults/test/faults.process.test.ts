/**
 * Runs the short form of `npm run faults` on the built server. With `TEST_LONG` it runs the long form, with the planted
 * faults and the cases. `FAULTS_SEED` repeats the choices of a run.
 */
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { type Report, runCampaign } from "../campaign.ts";
import { CASES } from "../cases.ts";
import type { Fault } from "../inject/fault.ts";
import { FAULTS } from "../inject/faults.ts";
import { LoopMount } from "../inject/loop-mount.ts";
import { cutPower } from "../inject/power-cut.ts";
import { MUTANTS, type Mutant } from "../mutants/mutants.ts";
import { plant } from "../mutants/plant.ts";
import { BUILD } from "../programs.ts";

const LONG = process.env.TEST_LONG === "1";
// `npm test` makes the same choices in each run.
const SEED = Number(process.env.FAULTS_SEED ?? (LONG ? randomInt(2 ** 31) : 1));
/** Until a mutant counts as missed. */
const MUTANT_CYCLES = 60;

const SHORT: readonly [
	title: string,
	fault: string,
	cycles: number,
	longCycles: number,
][] = [
	[
		"[GA-1] [GA-3] [GA-4] [GA-5] kill -9 under load: no acknowledged or seen message is lost, changed, doubled or reordered",
		"kill",
		5,
		200,
	],
	["[GA-2] a power cut loses no message", "power-cut", 1, 20],
	[
		"[GA-9] [ER-4] on a full disk every sender gets a correct answer, and the server recovers by itself",
		"disk-full",
		1,
		10,
	],
	["[ER-4] the same where writes fail", "write-error", 1, 10],
	[
		"[GA-2] a failed fsync ends the process with one line",
		"fsync-error",
		1,
		10,
	],
	[
		"[GA-3] [GA-5] [GA-11] [RD-4] delayed, reset, stalled and half-closed connections: a resume returns exactly the rest",
		"proxy",
		2,
		20,
	],
	[
		"[SL-1] [DC-1] [DC-3] [GA-11] readers that stop and read on get exactly the rest with after, at least the rest by device",
		"slow-readers",
		1,
		20,
	],
];

function named(name: string): Fault {
	const fault = FAULTS.find((it) => it.name === name);
	if (!fault) throw new Error(`unknown fault ${name}`);
	return fault;
}

/** Skips the test if the machine cannot produce the fault. In CI a missing program is a failure. */
function need(context: TestContext, fault: Fault): void {
	const why = fault.missing();
	if (why === undefined) return;
	const what = `${fault.name}: ${why}`;
	if (process.env.CI === "true" && why.endsWith("not installed"))
		throw new Error(what);
	console.warn(`skipped: ${what}`);
	context.skip(what);
}

function expectNothing({ findings, messages }: Report): void {
	expect(findings.slice(0, 10)).toEqual([]);
	expect(messages).toBeGreaterThan(0);
}

test.for(SHORT)(
	"%s",
	{ retry: 0 },
	async ([, name, cycles, longCycles], context) => {
		const fault = named(name);
		need(context, fault);
		console.log(`${name}: FAULTS_SEED=${SEED}`);
		expectNothing(
			await runCampaign({
				fault,
				cycles: LONG ? longCycles : cycles,
				seed: SEED,
				program: BUILD,
			}),
		);
	},
);

if (LONG)
	describe("long form", () => {
		test.for(["kill-stored", "clock-jump", "stop", "descriptors", "drain"])(
			"%s",
			async (name, context) => {
				const fault = named(name);
				need(context, fault);
				const cycles = 10;
				expectNothing(
					await runCampaign({ fault, cycles, seed: SEED, program: BUILD }),
				);
			},
		);

		test.for(CASES)("$name", async ({ fault, seed, cycles }, context) => {
			need(context, named(fault));
			expectNothing(
				await runCampaign({
					fault: named(fault),
					cycles,
					seed,
					program: BUILD,
				}),
			);
		});

		const planted = MUTANTS.flatMap((mutant) =>
			mutant.caughtBy.map((fault) => ({ mutant, fault, name: mutant.name })),
		);
		test.for(planted)(
			"$fault catches $name",
			async ({ mutant, fault }, context) => {
				need(context, named(fault));
				const report = await underFault(mutant, named(fault), MUTANT_CYCLES);
				expect(report.findings.length).toBeGreaterThan(0);
			},
		);

		const unseen = MUTANTS.flatMap((mutant) =>
			(mutant.missedBy ?? []).map((fault) => ({
				mutant,
				fault,
				name: mutant.name,
			})),
		);
		test.for(unseen)(
			"$fault does not catch $name",
			async ({ mutant, fault }, context) => {
				need(context, named(fault));
				expectNothing(await underFault(mutant, named(fault), 10));
			},
		);
	});

test("the power cut does nothing to a directory that is not a mount of its image", async (context) => {
	need(context, named("power-cut"));
	const directory = mkdtempSync(join(tmpdir(), "faults-power-"));
	const mount = await LoopMount.create(directory, 8);
	try {
		const other = join(directory, "other");
		writeFileSync(other, "");
		await expect(cutPower(other, mount.directory)).rejects.toThrow(
			"nothing done",
		);
		await expect(cutPower(mount.image, directory)).rejects.toThrow(
			"not a loop device: nothing done",
		);
		const unflushed = join(mount.directory, "unflushed");
		writeFileSync(unflushed, "");
		await cutPower(mount.image, mount.directory);
		expect(() => writeFileSync(`${unflushed} 2`, "")).toThrow("EIO");
		await mount.unmount();
		await mount.mount();
		expect(existsSync(unflushed)).toBe(false);
	} finally {
		await mount.unmount();
		rmSync(directory, { recursive: true, force: true });
	}
});

async function underFault(
	mutant: Mutant,
	fault: Fault,
	cycles: number,
): Promise<Report> {
	const directory = mkdtempSync(join(tmpdir(), `faults-${mutant.name}-`));
	try {
		return await runCampaign({
			fault,
			cycles,
			seed: SEED,
			program: plant(mutant, directory),
			untilFound: true,
		});
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}
