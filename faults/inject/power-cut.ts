import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { LoopMount, missingLoopMount } from "./loop-mount.ts";
import { tool } from "./tools.ts";

const CUT_POWER = join(import.meta.dirname, "cut-power.py");
const MEBIBYTES = 512;
const LATEST_CUT_MS = 4;

/** Discards all data that was not flushed. Only this fault distinguishes a commit from an fsync. */
export const powerCut: Fault = {
	name: "power-cut",
	does: "the file system is shut down without a flush, then mounted again",
	scoredCycles: 50,
	missing: () => missingLoopMount("python3"),
	async prepare(directory) {
		const mount = await LoopMount.create(directory, MEBIBYTES);
		return {
			data: join(mount.directory, "data"),
			async inject({ server, load, random }) {
				await load.delivered(between(random, 50, 1200));
				load.burst();
				await delay(random() * LATEST_CUT_MS);
				await cutPower(mount.image, mount.directory);
				await server.kill();
				await mount.unmount();
				await mount.mount();
				await server.start();
				return [];
			},
			close: () => mount.unmount(),
		};
	},
};

/** Cuts the power of a mount. @throws without any effect if the directory is not a loop mount of the image */
export async function cutPower(
	image: string,
	directory: string,
): Promise<void> {
	await tool("python3", CUT_POWER, image, directory);
}
