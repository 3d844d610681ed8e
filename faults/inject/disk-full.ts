import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { LoopMount, missingLoopMount } from "./loop-mount.ts";
import { expectRefusals } from "./refusals.ts";

const MEBIBYTES = 96;

/** Fills the disk for a while. The server must answer correctly meanwhile and recover by itself. */
export const diskFull: Fault = {
	name: "disk-full",
	does: "the disk is full for a while",
	scoredCycles: 20,
	missing: () => missingLoopMount(),
	async prepare(directory) {
		const mount = await LoopMount.create(directory, MEBIBYTES);
		const filler = join(mount.directory, "filler");
		return {
			data: join(mount.directory, "data"),
			async inject(cycle) {
				await cycle.load.delivered(between(cycle.random, 50, 400));
				fill(filler);
				return expectRefusals(cycle, async () => rmSync(filler));
			},
			close: () => mount.unmount(),
		};
	},
};

/** Writes until the disk has no room for another byte. */
function fill(path: string): void {
	const file = openSync(path, "w");
	for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 16)) {
		const chunk = Buffer.alloc(size);
		try {
			for (;;) writeSync(file, chunk);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
		}
	}
	closeSync(file);
}
