import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";

/**
 * Twice the bytes that Linux keeps for a reader that has stopped (net.ipv4.tcp_wmem: 4 MiB), and more than the server
 * keeps in addition. The reader then gets the new entries from the log.
 */
const FLOOD_BYTES = 8 * 1024 * 1024;
/** Longer than the second in which a server pings a device once to learn its position. */
const ASKED_MS = 1200;

/** Stops readers until they miss more than kernel and server keep, lets them read in parts, and cuts them off. */
export const slowReaders: Fault = {
	name: "slow-readers",
	does: "readers stop, are flooded, read on in parts, stop again and are cut off",
	scoredCycles: 20,
	missing: () => undefined,
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ load, random }) {
			// Entries that a device has proved by now must not come again.
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
