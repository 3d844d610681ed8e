/**
 * Distribution of a herd's returns. The window lasts from the first to the last return. It is cut into seconds, or
 * into tenths if the window is shorter than that. A slice's share is the number of returns if all were spread
 * evenly over the window: their number divided by the number of slices. `worst` is the fullest slice relative to
 * its share.
 */
export interface Spread {
	readonly clients: number;
	/** Milliseconds from the drop to the first return. */
	readonly first: number;
	readonly last: number;
	readonly sliceMs: number;
	readonly slices: readonly number[];
	readonly worst: number;
}

const LEAST_SLICES = 10;

/** Computes the distribution. @param returns milliseconds from the drop to each client's return */
export function spread(returns: readonly number[]): Spread {
	const first = Math.min(...returns);
	const last = Math.max(...returns);
	const sliceMs = Math.min(1000, (last - first) / LEAST_SLICES);
	const count = Math.ceil((last - first) / sliceMs);
	const slices = Array.from({ length: count }, () => 0);
	for (const at of returns) {
		const slice = Math.min(Math.floor((at - first) / sliceMs), count - 1);
		slices[slice] = (slices[slice] ?? 0) + 1;
	}
	const share = returns.length / count;
	return {
		clients: returns.length,
		first,
		last,
		sliceMs,
		slices,
		worst: Math.max(...slices) / share,
	};
}
