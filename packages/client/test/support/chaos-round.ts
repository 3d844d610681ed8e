/** Runs a round: a real server, a proxy for each client, and the faults of the plan. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { history, rest } from "../../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { token } from "../../../server/test/support/token.ts";
import { Actor, type Sdk } from "./chaos-actor.ts";
import { auditActor, auditStored } from "./chaos-audit.ts";
import {
	planRound,
	type RoundPlan,
	type SchedulePlan,
	type ServerAct,
} from "./chaos-plan.ts";
import { FaultyProxy } from "./faulty-proxy.ts";
import { LONG } from "./record.ts";
import { passed, RestartedServer } from "./restarted-server.ts";

interface RoundOptions {
	readonly sdk: Sdk;
	readonly protocol: "v1" | "seed";
	/** Time limit for all clients to receive everything after the faults end; the default is 90 s. */
	readonly settleMs?: number;
}

export interface RoundsOptions extends RoundOptions {
	readonly seed: number;
	readonly rounds: number;
	readonly serverActs: readonly ServerAct["kind"][];
}

/** Number of schedules that share a server. */
const PER_ROUND = 10;
/** Several at once, because rounds mostly wait. */
const AT_ONCE = 2;
const SETTLE_MS = 90_000;

/** Figures of a round. */
export interface Figures {
	schedules: number;
	clients: number;
	connections: number;
	messages: number;
	repeats: number;
	outcomeUnknown: number;
	kills: number;
	drains: number;
	/** Number of periods in which the server could store nothing. */
	unavailable: number;
	frozen: number;
	faults: number;
}

const NO_FIGURES: Figures = {
	schedules: 0,
	clients: 0,
	connections: 0,
	messages: 0,
	repeats: 0,
	outcomeUnknown: 0,
	kills: 0,
	drains: 0,
	unavailable: 0,
	frozen: 0,
	faults: 0,
};

function sum(all: readonly Figures[]): Figures {
	const total = { ...NO_FIGURES };
	for (const figures of all)
		for (const key of Object.keys(total) as (keyof Figures)[])
			total[key] += figures[key];
	return total;
}

/** The first round uses the seed itself, so that a failed round can run again alone. */
export async function runRounds(options: RoundsOptions): Promise<Figures> {
	const { seed, rounds, protocol, serverActs } = options;
	const all: Figures[] = [];
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < rounds) {
			const own = seed + next++;
			const plan = planRound(own, {
				schedules: PER_ROUND,
				// Not in a short run of the other protocol, because a freeze takes the longest.
				freezes: own % 2 === 0 && (protocol === "v1" || LONG),
				protocol,
				serverActs,
			});
			all.push(await runRound(plan, options));
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return sum(all);
}

/** Runs one round. @throws {Error} with all errors found and the seed */
async function runRound(
	plan: RoundPlan,
	options: RoundOptions,
): Promise<Figures> {
	const server = await RestartedServer.start();
	const runs = await Promise.all(
		plan.schedules.map((schedule, i) =>
			Schedule.prepare(`${plan.seed}/${i}`, schedule, server, options),
		),
	);
	try {
		await Promise.all([
			server.perform(plan.serverActs),
			...runs.map((run) => run.perform()),
		]);
		// Only now: while the server is away, a freeze would hit no connection.
		await Promise.all(runs.map((run) => run.freeze()));
		const wrong = await Promise.all(runs.map((run) => run.audit(server)));
		if (wrong.flat().length > 0)
			throw new Error(
				`CHAOS_SEED=${plan.seed}: ${wrong.flat().length} things are wrong\n${wrong.flat().slice(0, 30).join("\n")}\nserver: ${JSON.stringify(plan.serverActs)}`,
			);
		return sum([
			serverFigures(plan.serverActs),
			...runs.map((run) => run.figures()),
		]);
	} finally {
		for (const run of runs) run.close();
		await server.stop();
	}
}

function serverFigures(acts: readonly ServerAct[]): Figures {
	const count = (kind: ServerAct["kind"]): number =>
		acts.filter((act) => act.kind === kind).length;
	return {
		...NO_FIGURES,
		kills: count("kill"),
		drains: count("drain"),
		unavailable: count("busy"),
	};
}

/** One conversation's clients. */
class Schedule {
	readonly #plan: SchedulePlan;
	readonly #conversationId: string;
	readonly #users: readonly string[];
	readonly #actors: readonly Actor[];
	readonly #settleMs: number;
	readonly #waiting: Set<() => void>;

	private constructor(
		plan: SchedulePlan,
		conversationId: string,
		users: readonly string[],
		actors: readonly Actor[],
		waiting: Set<() => void>,
		settleMs: number,
	) {
		this.#plan = plan;
		this.#conversationId = conversationId;
		this.#users = users;
		this.#actors = actors;
		this.#waiting = waiting;
		this.#settleMs = settleMs;
	}

	static async prepare(
		name: string,
		plan: SchedulePlan,
		server: RestartedServer,
		{ sdk, protocol, settleMs = SETTLE_MS }: RoundOptions,
	): Promise<Schedule> {
		const conversationId = randomUUID();
		const users = Array.from({ length: plan.users }, () => randomUUID());
		const waiting = new Set<() => void>();
		const directory = temporaryDirectory();
		const made = await rest(
			server.now,
			"POST",
			"/v1/conversations",
			await token(users[0] ?? ""),
			{ conversation_id: conversationId, participant_ids: users.slice(1) },
		);
		if (made.status !== 201) throw new Error(JSON.stringify(made));
		const actors = await Promise.all(
			plan.actors.map(
				async (actor, i) =>
					new Actor({
						sdk,
						name: `${name}/${i}`,
						plan: actor,
						userId: users[actor.user] ?? "",
						conversationId,
						proxy: await FaultyProxy.start(server),
						protocol,
						file: join(directory, `outbox-${i}`),
						changed: () => {
							for (const check of waiting) check();
						},
					}),
			),
		);
		const schedule = new Schedule(
			plan,
			conversationId,
			users,
			actors,
			waiting,
			settleMs,
		);
		const whole = actors.filter((actor) => actor.options.plan.role === "whole");
		for (const actor of whole) actor.open();
		if (protocol === "seed") await schedule.#greet(server);
		else
			await schedule.#until(
				() => whole.every(({ isReady }) => isReady),
				() => "everyone to be there from the beginning",
			);
		return schedule;
	}

	/**
	 * A server that implements only the original document does not report the user's id, so a client misses nothing
	 * only from its first message on.
	 */
	async #greet(server: RestartedServer): Promise<void> {
		await this.#until(
			() => this.#actors.every(({ view }) => view.state.name === "open"),
			() => "everyone to be connected",
		);
		const [first] = this.#actors;
		first?.write(1);
		await this.#until(
			() => this.#actors.every(({ latest }) => latest.length > 0),
			() => `the first message from port ${server.port}`,
		);
	}

	/** Performs the plan, then ends all faults. */
	async perform(): Promise<void> {
		for (const actor of this.#actors) {
			const { role, first } = actor.options.plan;
			if (role !== "early" && role !== "kept") continue;
			actor.open();
			actor.write(first);
		}
		const begun = performance.now();
		for (const act of this.#plan.acts) {
			await passed(begun + act.at - performance.now());
			this.#actors[act.who]?.perform(act);
		}
		for (const actor of this.#actors) actor.heal();
	}

	/**
	 * Freezes clients as planned, once all are connected again. Each then writes, before any side detects the
	 * freeze.
	 */
	async freeze(): Promise<void> {
		const actors = this.#actors;
		await Promise.all(actors.map((actor) => actor.idle()));
		await this.#until(
			() => actors.every(({ view }) => view.state.name === "open"),
			() =>
				actors
					.map(({ view, options }) => `${options.name} is ${view.state.name}`)
					.join(", "),
		);
		for (const actor of actors) {
			actor.freeze();
			// A message without an answer reveals a frozen connection.
			actor.later(1);
		}
	}

	async audit(server: RestartedServer): Promise<string[]> {
		const actors = this.#actors;
		await Promise.all(actors.map((actor) => actor.idle()));
		try {
			await this.#until(
				() =>
					actors.every(
						({ view }) =>
							view.state.name === "open" && view.unacknowledged.length === 0,
					),
				() =>
					actors
						.map(
							({ view, options }) =>
								`${options.name} to be done: ${JSON.stringify(view.state)}, ${view.unacknowledged.length} unacknowledged`,
						)
						.join("\n"),
			);
		} catch (error) {
			return [String(error)];
		}
		const stored = await history(
			server.now,
			this.#conversationId,
			await token(this.#users[0] ?? ""),
		);
		// The audit reports clients that do not get there.
		await this.#until(
			() => actors.every(({ latest }) => latest.at(-1)?.seq === stored.length),
			() => "the last message",
		).catch(() => {});
		const told = await Promise.all(
			actors.map((actor) => auditActor(actor, stored)),
		);
		const wrong = [...auditStored(stored, actors), ...told.flat()];
		return wrong.length > 0 ? [...wrong, JSON.stringify(this.#plan)] : [];
	}

	figures(): Figures {
		const actors = this.#actors;
		const count = (of: (actor: Actor) => number): number =>
			actors.reduce((total, actor) => total + of(actor), 0);
		return {
			...NO_FIGURES,
			schedules: 1,
			clients: actors.length,
			connections: count(({ connections }) => connections),
			messages: count(({ written }) => written.length),
			repeats: count(({ repeats }) => repeats),
			outcomeUnknown: count(
				({ handles }) =>
					handles.filter(({ status }) => status === "failed").length,
			),
			frozen: count(({ frozen }) => frozen),
			faults: this.#plan.acts.filter(
				({ kind }) => kind !== "write" && kind !== "join" && kind !== "restart",
			).length,
		};
	}

	close(): void {
		for (const actor of this.#actors) actor.close();
	}

	#until(isSo: () => boolean, what: () => string): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				// The handler's next action must be done by then.
				queueMicrotask(() => {
					if (!this.#waiting.has(check) || !isSo()) return;
					this.#waiting.delete(check);
					clearTimeout(timer);
					resolve();
				});
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(new Error(`waited ${this.#settleMs} ms for ${what()}`));
			}, this.#settleMs);
			this.#waiting.add(check);
			check();
		});
	}
}
