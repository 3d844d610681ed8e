/** Reads the figures of a process from proc(5), and the size of its directory. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SAMPLE_MS = 50;
/** Ticks of proc(5) are 10 ms long. */
const TICK_SECONDS = 0.01;

export interface Memory {
	readonly rssMiB: number;
	/** Highest value since the start of the process, or since `MemoryMeter` started. */
	readonly peakMiB: number;
}

/** Reads the memory of a process. Returns undefined if it has ended. */
export function memoryOf(pid: number): Memory | undefined {
	try {
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		const mebibytes = (field: string): number =>
			Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
		const [rssMiB, peakMiB] = [mebibytes("VmRSS"), mebibytes("VmHWM")];
		// A zombie process has no memory.
		return Number.isNaN(rssMiB) ? undefined : { rssMiB, peakMiB };
	} catch {
		return undefined;
	}
}

/** Returns the user and system time of all threads so far. @throws {Error} if the process is gone */
export function cpuSecondsOf(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.split(") ")[1]
		?.split(" ");
	return (Number(fields?.[11]) + Number(fields?.[12])) * TICK_SECONDS;
}

/** Returns the size of the files in a directory, in MiB. */
export function diskMiB(directory: string): number {
	let bytes = 0;
	for (const name of readdirSync(directory))
		bytes +=
			statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
	return bytes / 2 ** 20;
}

/** Samples memory and CPU until it is stopped. Keeps the last figures of a process that ends. */
export class Meter {
	peakMiB = 0;
	cpuSeconds = 0;
	readonly #pid: number;
	readonly #before: number;
	readonly #timer: NodeJS.Timeout;

	constructor(pid: number) {
		this.#pid = pid;
		try {
			// proc(5): resets the peak to the current use.
			writeFileSync(`/proc/${pid}/clear_refs`, "5");
		} catch {
			// On a kernel without this, the peak includes the preparation.
		}
		this.#before = cpuSecondsOf(pid);
		this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
		this.#sample();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#sample();
	}

	#sample(): void {
		this.peakMiB = Math.max(this.peakMiB, memoryOf(this.#pid)?.peakMiB ?? 0);
		try {
			this.cpuSeconds = cpuSecondsOf(this.#pid) - this.#before;
		} catch {
			// The process has ended.
		}
	}
}
