/**
 * Compares what every kind of client shows with `view=timeline`, after commands and faults. After every answer has
 * arrived, in the same order of `seq`:
 *
 * - The rows of an SDK client equal the rows of `view=timeline` for its user: messages with every field of their folds,
 *   and notices. No row is pending. Until then, each own message shows from the moment of its call, and amendments show
 *   at once.
 * - A v1 client that folds entries by the protocol's text has all rows, and has received every entry once.
 * - A plain client has all rows except those of messages that were deleted before it could receive them (RE-9). It has
 *   received every other entry once; a client with a `device_id` has received each at least once, in order.
 * - `view=timeline` equals the fold of the log with the contents of the commands.
 * - An acknowledged command is in the log once, or the log has the state that it asked for. A refused one is not there.
 */
import { createClient, timelineOf } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";
import { expect, test } from "vitest";
import { seedFrom } from "../../server/test/support/random.ts";
import { runAmending } from "./support/amending-round.ts";
import { LONG, record, table } from "./support/record.ts";

const SEED = seedFrom("AMENDING_SEED", 1);
/** Set `AMENDING_ROUNDS` to 1 to repeat only the round of a seed. */
const ROUNDS = Number(process.env.AMENDING_ROUNDS ?? (LONG ? 50 : 2));
const PER_ROUND = LONG ? 10 : 2;

test("[AM-1] [AM-12] [RE-3] [RE-8] [RE-9] [RS-22] under cuts, slow readers and kills, every client shows the server's timeline, and each command takes effect once", {
	timeout: LONG ? 3_600_000 : 240_000,
	// A fault that only some runs show is a fault.
	retry: 0,
}, async () => {
	console.log(`AMENDING_SEED=${SEED}`);
	const begun = performance.now();
	const figures = await runAmending({
		sdk: { createClient, fileOutbox, timelineOf },
		seed: SEED,
		rounds: ROUNDS,
		perRound: PER_ROUND,
		serverActs: ["kill", "kill", "drain", "busy"],
	});
	record("Schedules of amendments", [
		"Two or three users with six or seven clients: SDK clients with timelines (one restarts with its file, one joins late),",
		"and WebSockets with and without the subprotocol and with a `device_id`. All send, edit, delete, react, pin, reply and",
		"write in threads. Each client has a proxy that cuts, stalls, delays, refuses or stops reading. The server is killed with",
		"kill -9, drained, and kept from writing. Afterwards every client shows the rows of `view=timeline` in the same order,",
		"`view=timeline` equals the fold of the log, and every acknowledged command is in the log once.",
		"",
		...table({
			command: `\`TEST_LONG=1 AMENDING_SEED=${SEED} npx vitest run --project process packages/client/test/amending.process\``,
			...figures,
			"rows that differ, commands lost or doubled": 0,
			seconds: Math.round((performance.now() - begun) / 1000),
		}),
	]);
	expect(figures.acknowledged).toBeGreaterThan(0);
	expect(figures.refused).toBeGreaterThan(0);
});
