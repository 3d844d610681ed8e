import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";
import { expect, test } from "vitest";
import { seedFrom } from "../../server/test/support/random.ts";
import { runRounds } from "./support/chaos-round.ts";
import { LONG, record, table } from "./support/record.ts";

// The two rounds of the short run kill the server, drain it, and keep it from writing.
const SEED = seedFrom("CHAOS_SEED", 34);
const TIMEOUT_MS = LONG ? 3_600_000 : 240_000;
const sdk = { createClient, fileOutbox };

test("under cuts, stalls, delays and kills, each message is acknowledged, stored and delivered once, in order", {
	timeout: TIMEOUT_MS,
	retry: 0,
}, async () => {
	console.log(`CHAOS_SEED=${SEED}`);
	const begun = performance.now();
	const figures = await runRounds({
		sdk,
		protocol: "v1",
		seed: SEED,
		rounds: LONG ? 50 : 2,
		serverActs: ["kill", "kill", "drain", "busy"],
	});
	record("Schedules of faults", [
		"Clients on Node, each behind a proxy of its own that cuts (reset or orderly, at once or after some bytes more), stalls, delays,",
		"closes halfway, refuses, and in every other round freezes connections for ever, against `secureconnect serve`, which is killed with kill -9, drained, and kept from",
		"writing in between. Afterwards every message is stored once and in order, acknowledged once, and everyone was told",
		"all of them once and in order.",
		"",
		...table({
			command: `\`TEST_LONG=1 CHAOS_SEED=${SEED} npx vitest run --project process packages/client/test/chaos.process\``,
			...figures,
			"lost, doubled or reordered": 0,
			seconds: Math.round((performance.now() - begun) / 1000),
		}),
	]);
	expect(figures.repeats, "nothing was lost on the way").toBeGreaterThan(0);
	expect(figures.frozen, "nothing was frozen").toBeGreaterThan(0);
});

test('protocol "seed" against the same server: no message doubles, and an unacknowledged message fails visibly', {
	timeout: TIMEOUT_MS,
	retry: 0,
}, async () => {
	console.log(`CHAOS_SEED=${SEED}`);
	const figures = await runRounds({
		sdk,
		protocol: "seed",
		seed: SEED,
		rounds: LONG ? 10 : 1,
		serverActs: ["kill", "drain", "busy"],
	});
	record('Schedules of faults, protocol "seed"', [
		"The same with the document's own protocol.",
		"",
		...table({ CHAOS_SEED: SEED, ...figures }),
	]);
});
