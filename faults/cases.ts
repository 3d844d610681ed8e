/** Runs that found a defect. The defects are fixed, and `npm run test:long` repeats the runs. */

export interface Case {
	readonly name: string;
	/** Defect that the run found. */
	readonly found: string;
	readonly fault: string;
	readonly seed: number;
	readonly cycles: number;
}

export const CASES: readonly Case[] = [
	{
		name: "watermark-behind-its-welcome",
		found:
			"a connection that opened during a commit received 46 watermarks older than those in its welcome",
		fault: "proxy",
		seed: 1,
		cycles: 6,
	},
	{
		name: "write-error-ends-the-server",
		found: "a failed write ended the process, but a full disk did not",
		fault: "write-error",
		seed: 1,
		cycles: 3,
	},
	{
		name: "checkpoint-fsync-unheard",
		found:
			"the server did not notice an fsync that failed while it moved pages into the database",
		fault: "fsync-error",
		seed: 1,
		cycles: 2,
	},
];
