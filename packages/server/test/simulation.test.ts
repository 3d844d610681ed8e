import { expect, test } from "vitest";
import { simulate } from "./simulation/run.ts";
import { SimulatedDisk } from "./simulation/simulated-log.ts";
import { repeats } from "./support/long.ts";
import { seedFrom } from "./support/random.ts";

test("[RE-3] [OR-1] [OR-4] [SL-1] [PR-4] simulated clients lose, repeat and reorder nothing, whatever fails", {
	retry: 0,
}, async () => {
	const first = seedFrom("SIMULATION_SEED");
	const count = process.env.SIMULATION_SEED ? 1 : repeats(1000);
	const disk = new SimulatedDisk();
	let entries = 0;
	let kills = 0;
	const failed: unknown[] = [];
	for (let seed = first; seed < first + count && failed.length < 3; seed++) {
		const result = await simulate(seed, disk);
		entries += result.entries;
		kills += result.kills;
		if (result.findings.length > 0)
			failed.push(`SIMULATION_SEED=${seed}: ${result.findings.join("; ")}`);
	}
	disk.close();
	expect(failed).toEqual([]);
	expect([entries / count > 20, kills / count > 0.2]).toEqual([true, true]);
});
