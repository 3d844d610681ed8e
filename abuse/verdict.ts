/** Bounds for every kind of abuse. */
import type { Figures, Latency } from "./figures.ts";

export const BOUNDS = {
	/** Maximum p99 as a multiple of the pair's own p99. */
	p99Ratio: 5,
	p99Ms: 50,
	rssGrowthMiB: 256,
	/**
	 * Maximum growth that may remain. V8 keeps the space for new objects that it once needed, up to 64 MiB on each of the
	 * server's two threads.
	 */
	rssRemainsMiB: 128,
} as const;

/** Returns the exceeded bounds of a kind of abuse; empty if there are none. */
export function verdict(figures: Figures, own: Latency): string[] {
	const { beside, rssMiB } = figures;
	const wrong: string[] = [];
	const check = (isWrong: boolean, what: string): void => {
		if (isWrong) wrong.push(what);
	};
	check(figures.error !== undefined, `not measured: ${figures.error}`);
	check(figures.exit !== undefined, "the server ended");
	check(figures.lost > 0, `lost ${figures.lost}`);
	check(figures.disordered > 0, `${figures.disordered} out of order`);
	// Without messages a figure is NaN, which JSON stores as null.
	if (Number.isFinite(beside.p99)) {
		const ratio = beside.p99 / own.p99;
		check(ratio > BOUNDS.p99Ratio, `p99 ${ratio.toFixed(1)} x its own`);
		check(beside.p99 > BOUNDS.p99Ms, `p99 ${beside.p99.toFixed(0)} ms`);
	} else check(true, "no message arrived");
	const growth = rssMiB.peak - rssMiB.before;
	check(growth > BOUNDS.rssGrowthMiB, `RSS grows by ${growth.toFixed(0)} MiB`);
	const remains = rssMiB.after - rssMiB.before;
	check(
		remains > BOUNDS.rssRemainsMiB,
		`${remains.toFixed(0)} MiB do not return`,
	);
	return wrong;
}
