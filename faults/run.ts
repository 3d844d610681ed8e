/**
 * `npm run faults`: injects faults under load and reports lost, duplicated and reordered messages. See README.md.
 */
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, release, tmpdir, type } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { closeAll, type Report, runCampaign } from "./campaign.ts";
import { CASES } from "./cases.ts";
import type { Fault } from "./inject/fault.ts";
import { FAULTS } from "./inject/faults.ts";
import { MUTANTS, type Mutant } from "./mutants/mutants.ts";
import { plant } from "./mutants/plant.ts";
import { BUILD } from "./programs.ts";
import {
	faultLine,
	type Line,
	mutantLine,
	type Run,
	writeScore,
} from "./score.ts";

const SCORE_FILE = join(import.meta.dirname, "SCORE.md");
/** Cycles of a fault: by default, and until a mutant counts as missed. */
const QUICK = 5;
const MUTANT_CYCLES = 40;

const { values: flags } = parseArgs({
	options: {
		seed: { type: "string" },
		fault: { type: "string" },
		cycles: { type: "string" },
		case: { type: "string" },
		mutants: { type: "boolean", default: false },
		mutant: { type: "string" },
		score: { type: "boolean", default: false },
	},
});
const known = CASES.find(({ name }) => name === flags.case);
const seed = Number(flags.seed ?? known?.seed ?? randomInt(2 ** 31));
const wantedFault = flags.fault ?? known?.fault;
const run: Run = {
	seed,
	date: new Date(),
	command: `npm run faults -- ${process.argv.slice(2).join(" ")}`.trim(),
};

const chosen = FAULTS.filter(({ name }) => (wantedFault ?? name) === name);
const mutants = MUTANTS.filter(({ name }) => (flags.mutant ?? name) === name);
if (chosen.length === 0 || mutants.length === 0 || (flags.case && !known)) {
	const names = (all: readonly { readonly name: string }[]): string =>
		all.map(({ name }) => name).join(", ");
	console.error(
		`unknown name; faults: ${names(FAULTS)}\nmutants: ${names(MUTANTS)}\ncases: ${names(CASES)}`,
	);
	process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => void closeAll().then(() => process.exit(1)));
console.log(`seed ${seed}`);
const isGood = await (flags.mutants || flags.mutant !== undefined
	? runMutants()
	: runFaults());
process.exit(isGood ? 0 : 1);

/** Runs the selected faults on the built server. */
async function runFaults(): Promise<boolean> {
	let isGood = true;
	for (const fault of chosen) {
		if (isMissing(fault)) continue;
		const cycles = Number(
			flags.cycles ??
				known?.cycles ??
				(flags.score ? fault.scoredCycles : QUICK),
		);
		console.log(`${fault.name}: ${fault.does}; ${cycles} cycles`);
		const report = await runCampaign({
			fault,
			cycles,
			seed,
			program: BUILD,
			onCycle: ({ number, messages, findings, took }) => {
				if (findings.length > 0 || (number + 1) % 10 === 0)
					console.log(
						`  cycle ${number}: ${messages} messages, ${findings.length} findings, ${Math.round(took)} ms`,
					);
			},
		});
		isGood &&= report.findings.length === 0;
		print(report);
		const line = faultLine(fault.name, report, run);
		console.log(`  ${line.slice(1, -3).join(" | ")}`);
		if (flags.score) score({ faults: [line], mutants: [] });
	}
	return isGood;
}

/** Runs the selected mutants under the faults that should catch them and those that cannot. */
async function runMutants(): Promise<boolean> {
	let isGood = true;
	for (const mutant of mutants) {
		const expectations = [
			...mutant.caughtBy.map((name) => ({ name, isCaught: true })),
			...(mutant.missedBy ?? []).map((name) => ({ name, isCaught: false })),
		];
		for (const { name, isCaught } of expectations) {
			const fault = chosen.find((it) => it.name === name);
			if (!fault || isMissing(fault)) continue;
			const report = await runMutant(mutant, fault);
			const line = mutantLine(mutant.name, name, report, run);
			console.log(`${line.slice(0, -3).join(" | ")}`);
			if (report.findings.length > 0 !== isCaught) isGood = false;
			if (flags.score) score({ faults: [], mutants: [line] });
		}
	}
	return isGood;
}

async function runMutant(mutant: Mutant, fault: Fault): Promise<Report> {
	const directory = mkdtempSync(join(tmpdir(), `faults-${mutant.name}-`));
	try {
		return await runCampaign({
			fault,
			cycles: Number(flags.cycles ?? MUTANT_CYCLES),
			seed,
			program: plant(mutant, directory),
			untilFound: true,
		});
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

function isMissing(fault: Fault): boolean {
	const why = fault.missing();
	if (why !== undefined) console.log(`${fault.name}: skipped: ${why}`);
	return why !== undefined;
}

function print({ findings }: Report): void {
	const SHOWN = 20;
	for (const { kind, what } of findings.slice(0, SHOWN))
		console.log(`  ${kind}: ${what}`);
	if (findings.length > SHOWN)
		console.log(`  and ${findings.length - SHOWN} more`);
}

function score(lines: { faults: Line[]; mutants: Line[] }): void {
	const [cpu] = cpus();
	writeScore(
		SCORE_FILE,
		lines,
		`On ${cpus().length} cores of ${cpu?.model ?? "an unknown processor"}, ${type()} ${release()}, Node ${process.version}.`,
	);
}
