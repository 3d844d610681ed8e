/** Histogram of latencies in microseconds, with a precision of half a per cent and constant memory. */
export class Histogram {
	readonly #counts = new Float64Array(STEPS_PER_E * 22);
	#total = 0;

	record(micros: number): void {
		const i = Math.round(Math.log(Math.max(1, micros)) * STEPS_PER_E);
		this.#counts[i] = (this.#counts[i] ?? 0) + 1;
		this.#total++;
	}

	/** Returns a quantile in milliseconds, or NaN if nothing was recorded. */
	quantile(share: number): number {
		let left = this.#total * share;
		for (const [i, count] of this.#counts.entries()) {
			left -= count;
			if (count > 0 && left <= 0) return Math.exp(i / STEPS_PER_E) / 1000;
		}
		return Number.NaN;
	}

	clear(): void {
		this.#counts.fill(0);
		this.#total = 0;
	}
}

const STEPS_PER_E = 100;
