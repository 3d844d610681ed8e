/**
 * A short form of `npm run abuse`, on a server with a heap of 512 MiB: memory and answers, never times. The server and
 * the pair are the same for every kind, so each abuser also meets what the earlier ones left.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { isWhole } from "../figures.ts";
import { DEFENCES, DEFENDING_CLOSES } from "../kinds/kind.ts";
import { KINDS } from "../kinds/kinds.ts";
import { closeCodes, statuses } from "../load/tally.ts";
import { Stage } from "../stage.ts";
import { BOUNDS } from "../verdict.ts";

const ABUSE_MS = 600;
const SHARED = { heapMiB: 512, isPlaced: false };

/** Kinds that the server does not withstand yet. */
const AWAITED: readonly string[] = [];

let stage: Stage;
/** Before any abuse. */
let firstRssMiB = 0;
beforeAll(async () => {
	stage = await Stage.open(SHARED);
	await stage.chat(500);
	firstRssMiB = stage.server.rssMiB();
});
afterAll(() => stage.close());

test.for(KINDS)(
	"$name: the healthy pair loses nothing, and the server stays within its memory",
	async (kind, { skip }) => {
		skip(AWAITED.includes(kind.name), "the server does not withstand it yet");
		const abuser = await stage.prepare(kind, "short");
		const {
			pair,
			abuser: got,
			...memory
		} = await stage.abuse(abuser, ABUSE_MS);
		expect(stage.server.exit).toBeUndefined();
		expect(got.error).toBeUndefined();
		expect(pair.sent).toBeGreaterThan(0);
		expect(isWhole(pair), JSON.stringify(pair)).toBe(true);
		expect([...kind.answers, ...DEFENCES]).toEqual(
			expect.arrayContaining(statuses(got.counts)),
		);
		expect([1000, ...(kind.closes ?? []), ...DEFENDING_CLOSES]).toEqual(
			expect.arrayContaining(closeCodes(got.counts)),
		);
		expect(got.counts).not.toEqual({});
		expect(memory.rssPeakMiB - memory.rssBeforeMiB).toBeLessThan(
			BOUNDS.rssGrowthMiB,
		);
		expect(memory.rssPeakMiB - firstRssMiB).toBeLessThan(
			BOUNDS.rssGrowthMiB + BOUNDS.rssRemainsMiB,
		);
	},
);
