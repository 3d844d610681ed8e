/** What was measured, as it is kept in results.json. */
import type { Circumstances } from "./machine.ts";
import type { Figures } from "./workloads.ts";

export interface WorkloadResults {
	readonly title: string;
	readonly circumstances: Circumstances;
	/** Of each subject, the figures of each run. */
	readonly runs: Readonly<Record<string, readonly Figures[]>>;
}

export type Results = Readonly<Record<string, WorkloadResults>>;

/** The median of a figure over the runs, and its extremes. */
export interface Measured {
	readonly median: number;
	readonly low: number;
	readonly high: number;
}

export function measured(
	results: WorkloadResults | undefined,
	subject: string,
	figure: string,
): Measured | undefined {
	const values = results?.runs[subject]
		?.map((run) => run[figure])
		// What does not apply is NaN, and null once it has been in a file.
		.filter((value) => Number.isFinite(value))
		.sort((a, b) => (a ?? 0) - (b ?? 0));
	const [low] = values ?? [];
	const high = values?.at(-1);
	const median = values?.[Math.floor(values.length / 2)];
	return low === undefined || high === undefined || median === undefined
		? undefined
		: { median, low, high };
}

/** Whether two figures differ by more than each differs from run to run. */
export function distinguishable(a: Measured, b: Measured): boolean {
	return a.high < b.low || b.high < a.low;
}
