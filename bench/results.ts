/** Results of the measurements, as stored in results.json. */
import type { Circumstances } from "./machine.ts";
import type { Figures } from "./workloads.ts";

export interface WorkloadResults {
	readonly title: string;
	readonly circumstances: Circumstances;
	/** Figures of each run, by subject. */
	readonly runs: Readonly<Record<string, readonly Figures[]>>;
}

export type Results = Readonly<Record<string, WorkloadResults>>;

/** Returns the median, lowest and highest value of a figure over the runs. */
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
		// A figure that does not apply is NaN, which JSON stores as null.
		.filter((value) => Number.isFinite(value))
		.sort((a, b) => (a ?? 0) - (b ?? 0));
	const [low] = values ?? [];
	const high = values?.at(-1);
	const median = values?.[Math.floor(values.length / 2)];
	return low === undefined || high === undefined || median === undefined
		? undefined
		: { median, low, high };
}

/** Tells whether two figures differ by more than their variation between runs. */
export function distinguishable(a: Measured, b: Measured): boolean {
	return a.high < b.low || b.high < a.low;
}
