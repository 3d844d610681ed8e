import type { Counts } from "./load/tally.ts";
import type { PairAnswer } from "./pair.ts";

/** Latencies in milliseconds. */
export interface Latency {
	readonly p50: number;
	readonly p99: number;
	readonly max: number;
}

/** Effects of an abuser on the healthy pair and on the server. */
export interface Figures {
	readonly kind: string;
	readonly does: string;
	readonly alone: Latency;
	readonly beside: Latency;
	readonly sent: number;
	readonly lost: number;
	readonly disordered: number;
	/** Longest delay of the pair's own timer beside the abuser, in milliseconds. */
	readonly ownDelayMs: number;
	readonly rssMiB: {
		readonly before: number;
		readonly peak: number;
		readonly after: number;
	};
	/** Seconds until memory had returned, or the time limit. */
	readonly settledSeconds: number;
	readonly diskMiB: { readonly before: number; readonly after: number };
	readonly logKiB: number;
	readonly cpuSeconds: number;
	/** Answers that the abuser got, by name. */
	readonly counts: Counts;
	readonly notes: readonly string[];
	/** Exit of the server; undefined while it runs. */
	readonly exit?: string | undefined;
	/** Error of the measurement itself. */
	readonly error?: string | undefined;
}

export function latencyOf(latencies: readonly number[]): Latency {
	const sorted = latencies.toSorted((a, b) => a - b);
	const quantile = (share: number): number =>
		sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
	return { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

/**
 * Returns the pair's own latency in a run: medians over the kinds. A single burst of other work on the machine would
 * determine a 99th percentile over all of them.
 */
export function ownLatency(alone: readonly Latency[]): Latency {
	const median = (of: (latency: Latency) => number): number =>
		latencyOf(alone.map(of)).p50;
	return {
		p50: median(({ p50 }) => p50),
		p99: median(({ p99 }) => p99),
		max: median(({ max }) => max),
	};
}

/** Tells whether the pair received all its messages in order. */
export function isWhole({ lost, disordered }: PairAnswer): boolean {
	return lost === 0 && disordered === 0;
}
