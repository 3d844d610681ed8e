import { type Figures, latencyOf } from "./figures.ts";
import type { Kind } from "./kinds/kind.ts";
import { Stage } from "./stage.ts";
import { BOUNDS } from "./verdict.ts";

export interface MeasureOptions {
	readonly seconds: number;
	readonly heapMiB: number | undefined;
}

const WARM_UP_MS = 1000;
/** Time limit for memory to return, in milliseconds. */
const SETTLE_SECONDS = 20;

/** Measures one kind of abuse on a new server. */
export async function measure(
	kind: Kind,
	{ seconds, heapMiB }: MeasureOptions,
): Promise<Figures> {
	const stage = await Stage.open({ heapMiB, isPlaced: true });
	try {
		const abuser = await stage.prepare(kind, "full");
		await stage.chat(WARM_UP_MS);
		await stage.server.quiet();
		const alone = await stage.chat(seconds * 1000);
		const scene = await stage.abuse(abuser, seconds * 1000);
		const { pair, rssBeforeMiB } = scene;
		const settledSeconds = await stage.settle(
			rssBeforeMiB + BOUNDS.rssRemainsMiB,
			SETTLE_SECONDS,
		);
		const after = stage.server.rssMiB();
		return {
			kind: kind.name,
			does: kind.does,
			alone: latencyOf(alone.latencies),
			beside: latencyOf(pair.latencies),
			sent: pair.sent,
			lost: pair.lost,
			disordered: pair.disordered,
			ownDelayMs: pair.ownDelayMs,
			rssMiB: {
				before: rssBeforeMiB,
				// Requests read before the abuser left may still use memory then.
				peak: Math.max(scene.rssPeakMiB, after),
				after,
			},
			settledSeconds,
			diskMiB: { before: scene.diskBeforeMiB, after: stage.server.diskMiB() },
			logKiB: scene.logBytes / 1024,
			cpuSeconds: scene.cpuSeconds,
			counts: scene.abuser.counts,
			notes: scene.abuser.notes,
			exit: stage.server.exit,
			error: scene.abuser.error,
		};
	} finally {
		await stage.close();
	}
}
