import { describe, expect, test } from "vitest";
import {
	type Figures,
	type Latency,
	latencyOf,
	ownLatency,
} from "../figures.ts";
import { verdict } from "../verdict.ts";

const OWN = { p50: 2, p99: 8, max: 12 };
const GOOD: Figures = {
	kind: "typing",
	does: "typing flat out",
	alone: OWN,
	beside: { p50: 3, p99: 40, max: 300 },
	sent: 200,
	lost: 0,
	disordered: 0,
	ownDelayMs: 1,
	rssMiB: { before: 140, peak: 396, after: 268 },
	settledSeconds: 1,
	diskMiB: { before: 1, after: 2 },
	logKiB: 0,
	cpuSeconds: 9,
	counts: { "101": 1 },
	notes: [],
};

test("figures at their bounds are good", () => {
	expect(verdict(GOOD, OWN)).toEqual([]);
});

describe("the verdict names each exceeded bound", () => {
	test.each<[Partial<Figures>, string]>([
		[{ beside: { p50: 3, p99: 41, max: 41 } }, "p99 5.1 x its own"],
		[{ lost: 1 }, "lost 1"],
		[{ disordered: 2 }, "2 out of order"],
		[{ exit: "SIGABRT: out of memory" }, "the server ended"],
		[{ error: "no answer" }, "not measured: no answer"],
		[
			{ rssMiB: { before: 140, peak: 397, after: 140 } },
			"RSS grows by 257 MiB",
		],
		[
			{ rssMiB: { before: 140, peak: 300, after: 269 } },
			"129 MiB do not return",
		],
	])("%j: %s", (change, wrong) => {
		expect(verdict({ ...GOOD, ...change }, OWN)).toEqual([wrong]);
	});

	test("the bound in milliseconds applies if the pair itself is slow", () => {
		const beside = { p50: 3, p99: 51, max: 51 };
		expect(verdict({ ...GOOD, beside }, { p50: 9, p99: 30, max: 40 })).toEqual([
			"p99 51 ms",
		]);
	});
});

test("a pair without messages is not good", () => {
	const nothing = latencyOf([]);
	const kept = JSON.parse(JSON.stringify(nothing)) as Latency;
	for (const beside of [nothing, kept])
		expect(verdict({ ...GOOD, beside }, OWN)).toEqual(["no message arrived"]);
});

test("quantiles use sorted latencies", () => {
	const latencies = Array.from({ length: 200 }, (_, i) => 200 - i);
	expect(latencyOf(latencies)).toEqual({ p50: 100, p99: 198, max: 200 });
});

test("one burst of other work does not determine the pair's own latency", () => {
	const burst = { p50: 30, p99: 900, max: 2000 };
	expect(ownLatency([OWN, burst, OWN])).toEqual(OWN);
});
