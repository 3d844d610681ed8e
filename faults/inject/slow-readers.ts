import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";

/**
 * Twice what Linux keeps for a reader who has stopped (net.ipv4.tcp_wmem: 4 MiB), and more than the server does beside
 * it: what is said now is read from the log.
 */
const FLOOD_BYTES = 8 * 1024 * 1024;
/** More than the second in which a server asks a device once how far it has got. */
const ASKED_MS = 1200;

/** Readers who stop, miss more than anybody keeps for them, read on by fits and starts, and are cut off in the end. */
export const slowReaders: Fault = {
	name: "slow-readers",
	does: "readers stop, are flooded, read on by fits and starts, stop again and are cut off",
	scoredCycles: 20,
	missing: () => undefined,
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ load, random }) {
			// What a device has proved to have by now must not come again.
			await load.pinged(load.members.length);
			await load.delivered(between(random, 50, 400));
			load.stopReading();
			await load.flood(FLOOD_BYTES);
			for (let fits = between(random, 1, 6); fits > 0; fits--) {
				load.readOn();
				await load.delivered(between(random, 1, 400));
				load.stopReading();
				await delay(between(random, 1, 40));
			}
			load.readOn();
			await load.delivered(between(random, 1, 4000));
			load.stopReading();
			await delay(ASKED_MS);
			load.dropSlow();
			return [];
		},
		close: async () => {},
	}),
};
