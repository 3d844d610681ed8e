/** What an abuser did and what it got for it, by name: `200`, `close 1008`, `ECONNRESET`, `requests`. */
export type Counts = Readonly<Record<string, number>>;

export class Tally {
	readonly counts: Record<string, number> = {};
	/** Resolves when the first thing is counted. */
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

/** Names that are HTTP statuses. */
export function statuses(counts: Counts): number[] {
	return Object.keys(counts)
		.filter((name) => /^\d{3}$/.test(name))
		.map(Number);
}

/** WebSocket close codes that the server sent. */
export function closeCodes(counts: Counts): number[] {
	return Object.keys(counts).flatMap((name) => {
		const code = /^close (\d{4})$/.exec(name)?.[1];
		return code === undefined ? [] : [Number(code)];
	});
}
