import { expect, test } from "vitest";
import type { Report } from "../campaign.ts";
import { faultLine, merge, mutantLine } from "../score.ts";

const run = {
	seed: 7,
	date: new Date("2026-01-02T03:04:05Z"),
	command: "npm run faults -- --fault kill",
};

function report(some: Partial<Report> = {}): Report {
	return {
		cycles: [1, 2].map((number) => ({
			number,
			messages: 5,
			findings: [],
			took: 1,
		})),
		messages: 10,
		findings: [],
		readyMs: [],
		...some,
	};
}

test("a line counts findings by kind and has the time until the server was ready", () => {
	const found = report({
		readyMs: [300.4, 900, 500],
		findings: [
			{ kind: "lost", what: "a" },
			{ kind: "lost", what: "b" },
			{ kind: "reordered", what: "c" },
			{ kind: "broken", what: "d" },
		],
	});
	expect(faultLine("kill", found, run).join(" ")).toBe(
		"kill 2 10 2 0 1 1 3 500 900 7 2026-01-02 `npm run faults -- --fault kill`",
	);
});

test("a mutant's line has the cycle and the finding that caught it", () => {
	const what = "11111111-2222-4333-8444-555555555555 | gone";
	const found = report({ findings: [{ kind: "lost", what }] });
	expect(mutantLine("m", "kill", found, run).slice(2, 5)).toEqual([
		"caught in cycle 2",
		"10",
		"lost: an id / gone",
	]);
	expect(mutantLine("m", "kill", report(), run)[2]).toBe(
		"not caught in 2 cycles",
	);
});

test("a new line replaces the line of its fault and leaves the others unchanged", () => {
	const line = (fault: string, cycles: number) =>
		faultLine(fault, report({ messages: cycles }), run);
	const first = merge(
		"",
		{
			faults: [line("kill", 1), line("proxy", 2)],
			mutants: [mutantLine("m", "kill", report(), run)],
		},
		"On one machine.",
	);
	const second = merge(
		first,
		{
			faults: [line("kill", 3)],
			mutants: [mutantLine("m", "proxy", report(), run)],
		},
		"On another.",
	);
	const keys = [...second.matchAll(/^\| (\w+) \| (\w+) \| (\w+)/gm)].map((it) =>
		it.slice(1).join(" "),
	);
	expect(keys).toEqual([
		"fault cycles messages",
		"kill 2 3",
		"proxy 2 2",
		"mutant fault result",
		"m kill not",
		"m proxy not",
	]);
	expect(second).toContain("On another.");
	expect(second).not.toContain("On one machine.");
});
