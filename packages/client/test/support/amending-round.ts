/** Runs a round: a real server, clients of every kind behind proxies, and the commands and faults of the plan. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { history, rest } from "../../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { token } from "../../../server/test/support/token.ts";
import { audit } from "./amending-audit.ts";
import type { AmendingClient } from "./amending-client.ts";
import {
	type AmendingPlan,
	type AmendingRound,
	type OwnerAct,
	planAmending,
} from "./amending-plan.ts";
import { RawClient } from "./amending-raw.ts";
import { type Row, rowOf, type Wire } from "./amending-rows.ts";
import { SdkClient, type TimelineSdk } from "./amending-sdk.ts";
import type { ServerAct } from "./chaos-plan.ts";
import { FaultyProxy } from "./faulty-proxy.ts";
import { passed, RestartedServer } from "./restarted-server.ts";

interface RoundOptions {
	readonly sdk: TimelineSdk;
	/** Time limit for all clients to receive everything after the faults end; the default is 90 s. */
	readonly settleMs?: number;
}

export interface AmendingOptions extends RoundOptions {
	readonly seed: number;
	readonly rounds: number;
	/** Number of schedules that share a server. */
	readonly perRound: number;
	readonly serverActs: readonly ServerAct["kind"][];
}

/** Figures of a round. */
export interface AmendingFigures {
	schedules: number;
	clients: number;
	connections: number;
	commands: number;
	acknowledged: number;
	refused: number;
	entries: number;
	kills: number;
	drains: number;
	unavailable: number;
	faults: number;
	"slow readers": number;
}

/** Several at once, because rounds mostly wait. */
const AT_ONCE = 2;
const SETTLE_MS = 90_000;

/** Runs the rounds. The first uses the seed itself, so that a failed round can run again alone. */
export async function runAmending(
	options: AmendingOptions,
): Promise<AmendingFigures> {
	const { seed, rounds, perRound, serverActs } = options;
	const all: AmendingFigures[] = [];
	const errors: unknown[] = [];
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < rounds && errors.length === 0)
			try {
				const plan = planAmending(seed + next++, perRound, serverActs);
				all.push(await runRound(plan, options));
			} catch (error) {
				errors.push(error);
			}
	};
	// Also after an error, because the other round would go on after the end of the test.
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	if (errors.length > 0) throw errors[0];
	return all.reduce(sum);
}

function sum(a: AmendingFigures, b: AmendingFigures): AmendingFigures {
	const total = { ...a };
	for (const key of Object.keys(total) as (keyof AmendingFigures)[])
		total[key] += b[key];
	return total;
}

/** @throws {Error} with all errors found and the seed */
async function runRound(
	plan: AmendingRound,
	options: RoundOptions,
): Promise<AmendingFigures> {
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
		const wrong = await Promise.all(runs.map((run) => run.audit()));
		if (wrong.flat().length > 0)
			throw new Error(
				`AMENDING_SEED=${plan.seed}: ${wrong.flat().length} things are wrong\n${wrong.flat().slice(0, 30).join("\n")}\nserver: ${JSON.stringify(plan.serverActs)}`,
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

/** One conversation's clients. */
class Schedule {
	readonly #plan: AmendingPlan;
	readonly #server: RestartedServer;
	readonly #conversationId: string;
	readonly #users: readonly string[];
	readonly #clients: readonly AmendingClient[];
	readonly #settleMs: number;
	readonly #waiting: Set<() => void>;
	readonly #guest = randomUUID();
	#entries = 0;

	private constructor(
		plan: AmendingPlan,
		server: RestartedServer,
		conversationId: string,
		users: readonly string[],
		clients: readonly AmendingClient[],
		waiting: Set<() => void>,
		settleMs: number,
	) {
		this.#plan = plan;
		this.#server = server;
		this.#conversationId = conversationId;
		this.#users = users;
		this.#clients = clients;
		this.#waiting = waiting;
		this.#settleMs = settleMs;
	}

	static async prepare(
		name: string,
		plan: AmendingPlan,
		server: RestartedServer,
		{ sdk, settleMs = SETTLE_MS }: RoundOptions,
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
		const clients = await Promise.all(
			plan.clients.map(async (client, i): Promise<AmendingClient> => {
				const options = {
					plan: client,
					name: `${name}/${i}`,
					userId: users[client.user] ?? "",
					users,
					padding: plan.padding,
					conversationId,
					proxy: await FaultyProxy.start(server),
					changed: () => {
						for (const check of waiting) check();
					},
				};
				const file = join(directory, `outbox-${i}`);
				return client.kind === "sdk"
					? new SdkClient({ ...options, sdk, file })
					: new RawClient(options);
			}),
		);
		const schedule = new Schedule(
			plan,
			server,
			conversationId,
			users,
			clients,
			waiting,
			settleMs,
		);
		const early = clients.filter(({ options }) => options.plan.role !== "late");
		for (const client of early) client.open();
		await schedule.#until(
			() => early.every(({ isReady }) => isReady),
			() => "everyone to be there from the beginning",
		);
		return schedule;
	}

	/** Performs the plan. */
	async perform(): Promise<void> {
		const begun = performance.now();
		const owner = async (): Promise<void> => {
			for (const act of this.#plan.ownerActs) {
				await passed(begun + act.at - performance.now());
				await this.#own(act);
			}
		};
		const clients = async (): Promise<void> => {
			for (const act of this.#plan.acts) {
				await passed(begun + act.at - performance.now());
				this.#clients[act.who]?.perform(act);
			}
		};
		await Promise.all([owner(), clients()]);
	}

	/** Changes the conversation, if the server can be reached. */
	async #own({ kind, at }: OwnerAct): Promise<void> {
		const path = `/v1/conversations/${this.#conversationId}`;
		const [method, below, body] = {
			add: ["POST", "/participants", { participant_ids: [this.#guest] }],
			remove: ["DELETE", `/participants/${this.#guest}`, undefined],
			rename: ["PATCH", "", { title: `title ${at}` }],
		}[kind] as [string, string, object | undefined];
		const bearer = await token(this.#users[0] ?? "");
		await fetch(`http://${this.#server.now.address}${path}${below}`, {
			method,
			headers: {
				Authorization: `Bearer ${bearer}`,
				...(body ? { "Content-Type": "application/json" } : {}),
			},
			...(body ? { body: JSON.stringify(body) } : {}),
		}).catch(() => {});
	}

	/** Ends all faults, waits for every answer, and compares every client with the server. */
	async audit(): Promise<string[]> {
		const clients = this.#clients;
		await Promise.all(clients.map((client) => client.heal()));
		const id = this.#conversationId;
		const bearers = await Promise.all(this.#users.map((user) => token(user)));
		const [bearer = ""] = bearers;
		try {
			await this.#until(
				() => clients.every(({ isSettled }) => isSettled),
				() =>
					clients
						.filter(({ isSettled }) => !isSettled)
						.map(({ options, given }) => {
							const open = given.filter(({ outcome }) => !outcome);
							return `${options.name} (${options.plan.kind}) to be done: ${open.length} commands without an outcome`;
						})
						.join("\n"),
			);
			const path = `/v1/conversations/${id}/messages`;
			const end = { content: "the end" };
			const sent = await rest(this.#server.now, "POST", path, bearer, end);
			const endId = String((sent.body as Wire).message_id);
			await this.#until(
				() => clients.every((client) => client.shows(endId)),
				() =>
					clients
						.filter((client) => !client.shows(endId))
						.map(({ options }) => `${options.name} to show the end`)
						.join("\n"),
			);
		} catch (error) {
			const complaints = clients.flatMap((it) => it.complaints.slice(0, 3));
			return [String(error), ...complaints];
		}
		const log = await history(this.#server.now, id, bearer);
		this.#entries = log.length;
		const timelines = new Map<string, readonly Row[]>();
		for (const [i, userId] of this.#users.entries())
			timelines.set(userId, await this.#timeline(bearers[i] ?? "", log.length));
		return audit({ log, timelines, clients });
	}

	/** Reads the whole timeline. @throws {Error} unless every page takes all entries into account */
	async #timeline(bearer: string, head: number): Promise<Row[]> {
		const rows: Row[] = [];
		let before: number | null = head + 1;
		while (before !== null) {
			const path: string = `/v1/conversations/${this.#conversationId}/messages?view=timeline&before_seq=${before}`;
			const { body } = await rest(this.#server.now, "GET", path, bearer);
			const page = body as {
				messages: Wire[];
				next: number | null;
				as_of_seq: number;
			};
			if (page.as_of_seq !== head)
				throw new Error(`as_of_seq is ${page.as_of_seq}, the head ${head}`);
			rows.unshift(...page.messages.map(rowOf));
			before = page.next;
		}
		return rows;
	}

	figures(): AmendingFigures {
		const clients = this.#clients;
		const given = clients.flatMap((client) => client.given);
		const acts = this.#plan.acts;
		const faults = ["do", "join", "restart", "look", "load", "slow"];
		return {
			schedules: 1,
			clients: clients.length,
			connections: clients.reduce((n, { connections }) => n + connections, 0),
			commands: given.length,
			acknowledged: given.filter((it) => it.outcome && "seq" in it.outcome)
				.length,
			refused: given.filter((it) => it.outcome && "code" in it.outcome).length,
			entries: this.#entries,
			kills: 0,
			drains: 0,
			unavailable: 0,
			faults: acts.filter(({ kind }) => !faults.includes(kind)).length,
			"slow readers": acts.filter(({ kind }) => kind === "slow").length,
		};
	}

	close(): void {
		for (const client of this.#clients) client.close();
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
