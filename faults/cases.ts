/** Runs that found something: what they found is mended, and they are run again by `npm run test:long`. */

export interface Case {
	readonly name: string;
	/** What was found, and where. */
	readonly found: string;
	readonly fault: string;
	readonly seed: number;
	readonly cycles: number;
}

export const CASES: readonly Case[] = [
	{
		name: "watermark-behind-its-welcome",
		found:
			"a connection that was welcomed while a batch was committed was told of 46 watermarks older than in its welcome",
		fault: "proxy",
		seed: 1,
		cycles: 6,
	},
	{
		name: "write-error-ends-the-server",
		found: "a write that failed ended the process, where a full disk did not",
		fault: "write-error",
		seed: 1,
		cycles: 3,
	},
	{
		name: "checkpoint-fsync-unheard",
		found:
			"an fsync that failed while pages were moved into the database was not heard of",
		fault: "fsync-error",
		seed: 1,
		cycles: 2,
	},
];
