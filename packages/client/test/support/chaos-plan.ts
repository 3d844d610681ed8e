/** Plan of the faults for clients, connections and server. A seed determines it, so a run can be repeated. */
import { random } from "../../../server/test/support/random.ts";
import type { Direction } from "./faulty-proxy.ts";

/** `whole`: connected before any message. `early`: writes before it is connected. `kept`: has a file, restarts. */
type Role = "whole" | "early" | "kept" | "late";

export interface ActorPlan {
	readonly user: number;
	readonly role: Role;
	readonly views: number;
	/** Number of messages written at once, before the connection opens. */
	readonly first: number;
	/** Direction to hold back permanently on the last connection. The client must detect it. */
	readonly freeze: Direction | undefined;
}

export type Act = { readonly at: number; readonly who: number } & (
	| { readonly kind: "write"; readonly count: number }
	| { readonly kind: "cut"; readonly how: "reset" | "end" }
	| {
			readonly kind: "cut after";
			readonly direction: "up" | "down";
			readonly bytes: number;
	  }
	| { readonly kind: "half-close"; readonly towards: "client" | "server" }
	| {
			readonly kind: "stall";
			readonly direction: Direction;
			readonly ms: number;
			readonly ends: "resume" | "reset";
	  }
	| { readonly kind: "delay"; readonly by: number; readonly ms: number }
	| { readonly kind: "refuse"; readonly ms: number }
	| { readonly kind: "restart" }
	| { readonly kind: "join" }
);

export interface SchedulePlan {
	readonly users: number;
	readonly actors: readonly ActorPlan[];
	/** Sorted by time. */
	readonly acts: readonly Act[];
}

export type ServerAct = { readonly at: number; readonly ms: number } & {
	/**
	 * `kill`: kill -9, with a restart after `ms`. `drain`: SIGTERM, with the same restart. `busy`: the server
	 * stores nothing for `ms`.
	 */
	readonly kind: "kill" | "drain" | "busy";
};

/** Schedules that share a server, and the server's faults. */
export interface RoundPlan {
	readonly seed: number;
	readonly schedules: readonly SchedulePlan[];
	/** Performed in sequence. */
	readonly serverActs: readonly ServerAct[];
}

export interface PlanOptions {
	readonly schedules: number;
	/** Whether connections freeze permanently in some schedules. Detection takes ten seconds. */
	readonly freezes: boolean;
	/** Protocol "seed" has no access to earlier messages, so no client joins late or restarts. */
	readonly protocol: "v1" | "seed";
	readonly serverActs: readonly ServerAct["kind"][];
}

/** Duration of the faults, in milliseconds. */
export const SPAN_MS = 2000;

/** Random choices that repeat for the same seed. */
export class Dice {
	readonly #next: () => number;

	constructor(seed: number) {
		this.#next = random(seed);
	}

	between(low: number, high: number): number {
		return Math.floor(low + this.#next() * (high - low + 1));
	}

	chance(share: number): boolean {
		return this.#next() < share;
	}

	of<T>(choices: readonly [T, ...T[]]): T {
		return choices[this.between(0, choices.length - 1)] ?? choices[0];
	}
}

export function planRound(seed: number, options: PlanOptions): RoundPlan {
	const dice = new Dice(seed);
	const serverActs = planServer(dice, options.serverActs);
	return {
		seed,
		schedules: Array.from({ length: options.schedules }, () =>
			planSchedule(dice, options),
		),
		serverActs,
	};
}

/** Chooses one or two faults of the server, of the given kinds. */
export function planServer(
	dice: Dice,
	kinds: readonly ServerAct["kind"][],
): ServerAct[] {
	const acts: ServerAct[] = [];
	let at = dice.between(100, 700);
	for (let i = dice.between(1, 2); i > 0; i--) {
		const [kind = "kill", ...others] = kinds;
		const act: ServerAct = {
			at,
			kind: dice.of([kind, ...others]),
			ms: dice.between(0, 600),
		};
		if (kinds.length > 0) acts.push(act);
		at += dice.between(500, 1200);
	}
	return acts;
}

function planSchedule(dice: Dice, options: PlanOptions): SchedulePlan {
	const users = dice.between(2, 4);
	const roles: Role[] =
		options.protocol === "v1"
			? ["whole", "early", "kept", "late"]
			: ["whole", "whole"];
	for (let i = dice.between(0, 2); i > 0; i--)
		roles.push(
			options.protocol === "v1" ? dice.of(["whole", "early"]) : "whole",
		);
	const actors = roles.map(
		(role): ActorPlan => ({
			user: dice.between(0, users - 1),
			role,
			views: dice.of([1, 1, 2, 3]),
			first: role === "whole" ? 0 : dice.between(0, 4),
			freeze:
				options.freezes && dice.chance(0.5)
					? dice.of(["up", "down", "both"])
					: undefined,
		}),
	);
	const acts: Act[] = [];
	for (const [who, { role }] of actors.entries()) {
		const from = role === "late" ? dice.between(200, 1500) : 0;
		const at = (): number => dice.between(from, SPAN_MS);
		if (role === "late") acts.push({ kind: "join", who, at: from });
		if (role === "kept")
			for (let i = dice.between(1, 2); i > 0; i--)
				acts.push({ kind: "restart", who, at: at() });
		for (let i = dice.between(2, 5); i > 0; i--)
			acts.push({ kind: "write", who, at: at(), count: dice.between(1, 8) });
		for (let i = dice.between(1, 3); i > 0; i--)
			acts.push(fault(dice, who, at()));
	}
	return { users, actors, acts: acts.sort((a, b) => a.at - b.at) };
}

/** Chooses a fault of one client's network. */
export function fault(dice: Dice, who: number, at: number): Act {
	const kind = dice.of([
		"cut",
		"cut",
		"cut after",
		"cut after",
		"half-close",
		"stall",
		"stall",
		"delay",
		"refuse",
	]);
	switch (kind) {
		case "cut":
			return { kind, who, at, how: dice.of(["reset", "end"]) };
		case "cut after":
			return {
				kind,
				who,
				at,
				direction: dice.of(["up", "down"]),
				bytes: dice.between(1, 1500),
			};
		case "half-close":
			return { kind, who, at, towards: dice.of(["client", "server"]) };
		case "stall":
			return {
				kind,
				who,
				at,
				direction: dice.of(["up", "down", "both"]),
				ms: dice.between(50, 600),
				ends: dice.of(["resume", "reset"]),
			};
		case "delay":
			return {
				kind,
				who,
				at,
				by: dice.between(5, 150),
				ms: dice.between(100, 800),
			};
		default:
			return { kind: "refuse", who, at, ms: dice.between(50, 600) };
	}
}
