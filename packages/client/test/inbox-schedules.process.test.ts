/**
 * Compares what every device of users with 50 conversations shows with REST, the log, and counts by hand. After faults
 * of every kind, once all commands have their answers:
 *
 * - Every list equals that of `GET /v1/conversations`, field by field.
 * - Every badge equals the oracle's count of messages that were sent and neither read nor deleted, and the totals are
 *   the sums of these counts without muted and archived conversations.
 * - Every subscription received each entry of its conversation once and in order, until its end. After
 *   `unsubscribed` no entry came.
 * - An acknowledged command is in the log once, and a refused one is not there.
 */
import { createClient } from "@secureconnect/client";
import { expect, test } from "vitest";
import { seedFrom } from "../../server/test/support/random.ts";
import { runInboxes } from "./support/inbox-round.ts";
import { LONG, record, table } from "./support/record.ts";

const SEED = seedFrom("INBOX_SEED", 1);
/** Set `INBOX_ROUNDS` to 1 to repeat only the round of a seed. */
const ROUNDS = Number(process.env.INBOX_ROUNDS ?? (LONG ? 30 : 1));
const PER_ROUND = LONG ? 10 : 2;

test("[IN-8] [IN-11] [IN-12] [IN-13] [IN-16] [RE-3] [OR-1] under cuts, slow readers and kills, every list equals that of REST, every badge is exact, and each subscription gets each entry once", {
	timeout: LONG ? 7_200_000 : 240_000,
	// A fault that only some runs show is a fault.
	retry: 0,
}, async () => {
	console.log(`INBOX_SEED=${SEED}`);
	const begun = performance.now();
	const { slowest, ...figures } = await runInboxes({
		sdk: { createClient },
		seed: SEED,
		rounds: ROUNDS,
		perRound: PER_ROUND,
		serverActs: ["kill", "kill", "drain", "busy"],
	});
	record("Schedules of inboxes", [
		"Two or three users with 50 conversations and three devices each: one SDK client and two WebSockets of the inbox. They",
		"subscribe, unsubscribe, send, read and delete. Meanwhile users are removed and added, conversations are created, muted",
		"and archived. Each device has a proxy that cuts, stalls, delays, refuses or stops reading. The server is killed with",
		"kill -9, drained, and kept from writing. Afterwards every list equals that of REST, every badge equals the count by",
		"hand, and every subscription got every entry once and in order.",
		"",
		...table({
			command: `\`TEST_LONG=1 INBOX_SEED=${SEED} INBOX_ROUNDS=${ROUNDS} npx vitest run --project process packages/client/test/inbox-schedules.process\``,
			...figures,
			"longest time from the last answer until everything was right, with the reading of all logs": `${slowest} ms`,
			"rows or badges that differ, entries lost or doubled": 0,
			seconds: Math.round((performance.now() - begun) / 1000),
		}),
	]);
	expect(figures.acknowledged).toBeGreaterThan(0);
	expect(figures.reads).toBeGreaterThan(0);
});
