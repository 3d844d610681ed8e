import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { createStored } from "./stored.ts";

/** Entries shown before the kill: by turns out of full load, and out of the start. */
const SHOWN_BEFORE = [
	[200, 1200],
	[1, 80],
] as const;
/** From a burst to the kill: about what the disk takes for it. */
const LATEST_KILL_MS = 4;

/** kill -9 at a moment that the seed and the machine choose; what the kernel was given survives it. */
export const kill: Fault = {
	name: "kill",
	does: "kill -9, and a new start",
	scoredCycles: 200,
	missing: () => undefined,
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ number, server, load, random }) {
			const [least, most] = SHOWN_BEFORE[number % 2 === 0 ? 0 : 1];
			await load.delivered(between(random, least, most));
			load.burst();
			await delay(random() * LATEST_KILL_MS);
			// A kill that hits nothing under way proves nothing.
			await load.until(() => load.unanswered > 0, "something to answer");
			await server.kill();
			await server.start();
			return [];
		},
		close: async () => {},
	}),
};

const STORED = 1_000_000;

/** The same, where there is much to come back to. */
export const killStored: Fault = {
	name: "kill-stored",
	does: `kill -9, with ${STORED.toLocaleString("en")} messages stored`,
	scoredCycles: 20,
	missing: kill.missing,
	async prepare(directory) {
		const site = await kill.prepare(directory);
		await createStored(site.data, STORED);
		return site;
	},
};
