/**
 * Searches for a run that goes wrong, from a first seed on: `node --conditions=source search.ts FIRST COUNT`. Prints
 * what it found and ends with 1.
 */
import { simulate } from "./run.ts";
import { SimulatedDisk } from "./simulated-log.ts";

const [first = 1, count = 1] = process.argv.slice(2).map(Number);
const disk = new SimulatedDisk();
for (let seed = first; seed < first + count; seed++) {
	const { findings } = await simulate(seed, disk);
	if (findings.length === 0) continue;
	console.log(`seed ${seed}: ${findings.slice(0, 5).join("; ")}`);
	process.exit(1);
}
console.log(`${count} runs from seed ${first} on, nothing found`);
