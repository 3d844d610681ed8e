/** Counters of an abuser's actions and answers, by name: `200`, `close 1008`, `ECONNRESET`, `requests`. */
export type Counts = Readonly<Record<string, number>>;

export class Tally {
	readonly counts: Record<string, number> = {};
	/** Resolves at the first count. */
	readonly begun: Promise<void>;
	#begin = (): void => {};

	constructor() {
		this.begun = new Promise((resolve) => {
			this.#begin = resolve;
		});
	}

	count(name: string | number, howMany = 1): void {
		this.counts[name] = (this.counts[name] ?? 0) + howMany;
		this.#begin();
	}

	/** Counts an error by its code, for example `ECONNRESET`. */
	error(error: Error): void {
		this.count((error as NodeJS.ErrnoException).code ?? error.message);
	}
}

/** Returns the HTTP statuses among the names. */
export function statuses(counts: Counts): number[] {
	return Object.keys(counts)
		.filter((name) => /^\d{3}$/.test(name))
		.map(Number);
}

/** Returns the WebSocket close codes among the names. */
export function closeCodes(counts: Counts): number[] {
	return Object.keys(counts).flatMap((name) => {
		const code = /^close (\d{4})$/.exec(name)?.[1];
		return code === undefined ? [] : [Number(code)];
	});
}
