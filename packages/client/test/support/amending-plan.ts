/** Plan of users who write, amend and lose connections. A seed determines it, so a run can be repeated. */
import {
	type Act,
	Dice,
	fault,
	planServer,
	type ServerAct,
	SPAN_MS,
} from "./chaos-plan.ts";

/**
 * `sdk`: the client library with a timeline. `v1`, `plain` and `device`: WebSockets that fold entries themselves, with
 * the subprotocol, without it, and without it but with a `device_id` instead of a cursor.
 */
type ClientKind = "sdk" | "v1" | "plain" | "device";

export interface ClientPlan {
	readonly user: number;
	readonly kind: ClientKind;
	/** `kept`: an SDK client with a file that restarts. `late`: opens during the faults and loads the history. */
	readonly role: "whole" | "kept" | "late";
}

/** What a user does. Its target depends on what the client shows at that moment. */
export interface Deed {
	readonly what:
		| "send"
		| "reply"
		| "thread"
		| "edit"
		| "delete"
		| "react"
		| "pin";
	/** Distance of the target from the newest message that it may concern. */
	readonly back: number;
	/** Number for all other choices. */
	readonly choice: number;
}

export type ClientAct =
	| Exclude<Act, { kind: "write" }>
	| ({ readonly at: number; readonly who: number } & (
			| { readonly kind: "do"; readonly deeds: readonly Deed[] }
			/** The client reads nothing for `ms`. */
			| { readonly kind: "slow"; readonly ms: number }
			/** Opens another view of the conversation with a timeline of its own. */
			| { readonly kind: "look" }
			| { readonly kind: "load" }
	  ));

/** What the owner does over REST. */
export interface OwnerAct {
	readonly at: number;
	readonly kind: "add" | "remove" | "rename";
}

export interface AmendingPlan {
	readonly users: number;
	readonly clients: readonly ClientPlan[];
	/** Characters added to each content, so that slow clients fall behind. */
	readonly padding: number;
	/** Sorted by time. */
	readonly acts: readonly ClientAct[];
	readonly ownerActs: readonly OwnerAct[];
}

/** Schedules that share a server, and the server's faults. */
export interface AmendingRound {
	readonly seed: number;
	readonly schedules: readonly AmendingPlan[];
	readonly serverActs: readonly ServerAct[];
}

/** Characters of a content in the schedules whose slow clients fall behind. */
const PADDING = 100_000;
/** Messages of a burst: more than the kernel buffers of a connection take, with the padding. */
const BURST = 40;

export function planAmending(
	seed: number,
	schedules: number,
	serverActs: readonly ServerAct["kind"][],
): AmendingRound {
	const dice = new Dice(seed);
	return {
		seed,
		serverActs: planServer(dice, serverActs),
		schedules: Array.from({ length: schedules }, (_, i) =>
			// In one schedule of every other round, contents are long.
			planSchedule(dice, i === 0 && seed % 2 === 0 ? PADDING : 0),
		),
	};
}

function planSchedule(dice: Dice, padding: number): AmendingPlan {
	const users = dice.between(2, 3);
	const user = (): number => dice.between(0, users - 1);
	const clients: ClientPlan[] = [
		{ user: user(), kind: "sdk", role: "whole" },
		{ user: user(), kind: "sdk", role: "kept" },
		{ user: user(), kind: "sdk", role: "late" },
		{ user: user(), kind: "v1", role: "whole" },
		{ user: user(), kind: "plain", role: "whole" },
		{ user: user(), kind: "device", role: "whole" },
	];
	if (dice.chance(0.5))
		clients.push({
			user: user(),
			kind: dice.of(["sdk", "v1", "plain"]),
			role: dice.of(["whole", "late"]),
		});
	const acts: ClientAct[] = [];
	for (const [who, { kind, role }] of clients.entries()) {
		const from = role === "late" ? dice.between(200, 1500) : 0;
		const at = (): number => dice.between(from, SPAN_MS);
		if (role === "late") acts.push({ kind: "join", who, at: from });
		if (role === "kept")
			for (let i = dice.between(1, 2); i > 0; i--)
				acts.push({ kind: "restart", who, at: at() });
		if (kind === "sdk" && dice.chance(0.5))
			acts.push({ kind: dice.of(["look", "load"]), who, at: at() });
		for (let i = dice.between(3, 6); i > 0; i--)
			acts.push({ kind: "do", who, at: at(), deeds: planDeeds(dice) });
		for (let i = dice.between(1, 3); i > 0; i--)
			acts.push(fault(dice, who, at()) as Exclude<Act, { kind: "write" }>);
		if (padding > 0 || dice.chance(0.2))
			acts.push({ kind: "slow", who, at: at(), ms: dice.between(300, 1200) });
	}
	if (padding > 0)
		acts.push({
			kind: "do",
			who: 3,
			at: dice.between(300, 900),
			deeds: Array.from({ length: BURST }, () => planDeed(dice, "send")),
		});
	const ownerActs = Array.from(
		{ length: dice.between(1, 4) },
		(): OwnerAct => ({
			at: dice.between(0, SPAN_MS),
			kind: dice.of(["add", "remove", "rename"]),
		}),
	);
	const byTime = (a: { at: number }, b: { at: number }): number => a.at - b.at;
	return {
		users,
		clients,
		padding,
		acts: acts.sort(byTime),
		ownerActs: ownerActs.sort(byTime),
	};
}

function planDeeds(dice: Dice): Deed[] {
	return Array.from({ length: dice.between(1, 6) }, () =>
		planDeed(
			dice,
			dice.of([
				"send",
				"send",
				"send",
				"reply",
				"thread",
				"edit",
				"edit",
				"delete",
				"react",
				"react",
				"pin",
			]),
		),
	);
}

function planDeed(dice: Dice, what: Deed["what"]): Deed {
	return { what, back: dice.between(0, 12), choice: dice.between(0, 1e6) };
}
