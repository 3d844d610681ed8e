import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";

/** Stops the process several times, like a machine that swaps or moves to a different host. */
export const stop: Fault = {
	name: "stop",
	does: "SIGSTOP, then SIGCONT a while later, three times",
	scoredCycles: 20,
	missing: () => undefined,
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ server, load, random }) {
			for (let i = 0; i < 3; i++) {
				await load.delivered(between(random, 20, 300));
				server.signal("SIGSTOP");
				await delay(between(random, 20, 500));
				server.signal("SIGCONT");
			}
			return [];
		},
		close: async () => {},
	}),
};
