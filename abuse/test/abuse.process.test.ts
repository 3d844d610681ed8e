/**
 * Short form of `npm run abuse` on servers with a heap of 512 MiB. Checks memory, answers and messages, but no times.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWhole } from "../figures.ts";
import { DEFENCES, DEFENDING_CLOSES } from "../kinds/kind.ts";
import { FAMILIES } from "../kinds/kinds.ts";
import { closeCodes, statuses } from "../load/tally.ts";
import { Stage } from "../stage.ts";
import { BOUNDS } from "../verdict.ts";

/** Minimum duration. The abuser continues until it has an answer. */
const ABUSE_MS = 300;
describe.for(Object.entries(FAMILIES))("%s", ([, kinds]) => {
	// One server and one pair per family, so that each abuser also meets the data of the earlier ones.
	let stage: Stage;
	beforeAll(async () => {
		stage = await Stage.open({ heapMiB: 512, isPlaced: false });
	});
	afterAll(() => stage.close());

	test.for(kinds)(
		"$name: the pair loses no message; the server stays within its memory and refuses as documented",
		async (kind) => {
			const abuser = await stage.prepare(kind, "short");
			await stage.chat(100);
			const scene = await stage.abuse(abuser, kind.shortMs ?? ABUSE_MS);
			const { pair, abuser: got } = scene;
			expect(stage.server.exit).toBeUndefined();
			expect(got.error).toBeUndefined();
			expect(pair.sent).toBeGreaterThan(0);
			expect(isWhole(pair), JSON.stringify(pair)).toBe(true);
			expect(got.counts).not.toEqual({});
			expect([...kind.answers, ...DEFENCES]).toEqual(
				expect.arrayContaining(statuses(got.counts)),
			);
			expect([1000, ...(kind.closes ?? []), ...DEFENDING_CLOSES]).toEqual(
				expect.arrayContaining(closeCodes(got.counts)),
			);
			expect(scene.rssPeakMiB - scene.rssBeforeMiB).toBeLessThan(
				BOUNDS.rssGrowthMiB,
			);
		},
	);
});
