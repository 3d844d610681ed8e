import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../random.ts";
import type { Fault } from "./fault.ts";
import { createStored } from "./stored.ts";

/** Numbers of delivered entries before the kill, in turn: under full load, and shortly after the start. */
const SHOWN_BEFORE = [
	[200, 1200],
	[1, 80],
] as const;
/** Maximum time from a burst to the kill, about as long as the disk needs for the burst. */
const LATEST_KILL_MS = 4;

/** Kills the server at a moment that the seed and the machine determine. Data that the kernel has survives. */
export const kill: Fault = {
	name: "kill",
	does: "kill -9, then a new start",
	scoredCycles: 200,
	missing: () => undefined,
	prepare: async (directory) => ({
		data: join(directory, "data"),
		async inject({ number, server, load, random }) {
			const [least, most] = SHOWN_BEFORE[number % 2 === 0 ? 0 : 1];
			await load.delivered(between(random, least, most));
			load.burst();
			await delay(random() * LATEST_KILL_MS);
			// A kill without an operation in progress proves nothing.
			await load.until(() => load.unanswered > 0, "an unanswered message");
			await server.kill();
			await server.start();
			return [];
		},
		close: async () => {},
	}),
};

const STORED = 1_000_000;

/** The same with a large data directory. */
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
