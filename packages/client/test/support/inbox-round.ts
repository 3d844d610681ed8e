/** Runs rounds: a real server, users with many conversations and three devices each, and the faults of the plan. */
import type { ServerAct } from "./chaos-plan.ts";
import { type InboxRound, planInboxes } from "./inbox-plan.ts";
import type { Rewrite } from "./inbox-raw.ts";
import { InboxSchedule, type ScheduleFigures } from "./inbox-schedule.ts";
import type { InboxSdk } from "./inbox-sdk.ts";
import { RestartedServer } from "./restarted-server.ts";

export interface InboxOptions {
	readonly sdk: InboxSdk;
	readonly seed: number;
	readonly rounds: number;
	/** Number of schedules that share a server. */
	readonly perRound: number;
	readonly serverActs: readonly ServerAct["kind"][];
	/** Makes the fault of each WebSocket client. */
	readonly rewrite?: () => Rewrite;
	/** Time limit for each state that a schedule waits for after the faults end; the default is 90 s. */
	readonly settleMs?: number;
}

export interface InboxFigures extends ScheduleFigures {
	kills: number;
	drains: number;
	unavailable: number;
}

/** Runs the rounds. The first uses the seed itself, so that a failed round can run again alone. */
export async function runInboxes(options: InboxOptions): Promise<InboxFigures> {
	const { seed, rounds, perRound, serverActs } = options;
	const all: InboxFigures[] = [];
	for (let round = 0; round < rounds; round++) {
		const plan = planInboxes(seed + round, perRound, serverActs);
		all.push(await runRound(plan, options));
	}
	return all.reduce(sum);
}

function sum<F extends ScheduleFigures>(a: F, b: F): F {
	const total = { ...a };
	for (const key of Object.keys(total) as (keyof F)[])
		total[key] = (
			key === "slowest"
				? Math.max(a.slowest, b.slowest)
				: Number(a[key]) + Number(b[key])
		) as F[keyof F];
	return total;
}

/** @throws {Error} with all errors found and the seed */
async function runRound(
	plan: InboxRound,
	options: InboxOptions,
): Promise<InboxFigures> {
	const server = await RestartedServer.start();
	const runs: InboxSchedule[] = [];
	try {
		for (const [i, schedule] of plan.schedules.entries())
			runs.push(
				await InboxSchedule.prepare(
					`${plan.seed}/${i}`,
					schedule,
					server,
					options,
				),
			);
		await Promise.all([
			server.perform(plan.serverActs),
			...runs.map((run) => run.perform()),
		]);
		const wrong: string[] = [];
		const failed = (error: unknown): void => {
			wrong.push(error instanceof Error ? error.message : String(error));
		};
		await Promise.all(
			runs.map((run) =>
				run.audit().then((found) => wrong.push(...found), failed),
			),
		);
		if (wrong.length > 0)
			throw new Error(
				`INBOX_SEED=${plan.seed}: ${wrong.length} things are wrong\n${wrong.slice(0, 30).join("\n")}\nserver: ${JSON.stringify(plan.serverActs)}`,
			);
		const count = (kind: ServerAct["kind"]): number =>
			plan.serverActs.filter((act) => act.kind === kind).length;
		return {
			...runs.map((run) => run.figures()).reduce(sum),
			kills: count("kill"),
			drains: count("drain"),
			unavailable: count("busy"),
		};
	} finally {
		for (const run of runs) run.close();
		await server.stop();
	}
}
