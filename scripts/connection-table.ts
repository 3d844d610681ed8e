/** Explores the client's connection: calls its transition function with every event in every reachable state. */
import {
	type ConnectionEvent,
	type ConnectionState,
	type Effect,
	INITIAL,
	next,
} from "../packages/client/src/connection-state.ts";
import { ChatError } from "../packages/client/src/errors.ts";

export type StateName = ConnectionState["name"];
type EventType = ConnectionEvent["type"];

export const STATES: Readonly<Record<StateName, string>> = {
	authorising: "asks the application for a token",
	connecting: "opens a WebSocket",
	probing:
		"the WebSocket did not open, and a browser hides the reason: asks over REST",
	open: "connected",
	waiting: "waits for the next attempt",
	offline:
		"the browser reports no network; the client still tries every 30 s, in case the report is wrong",
	given_up: "ten attempts in a row have failed",
	failed: "another attempt cannot succeed; `state.error` has the reason",
	closed: "closed by the application, or by the server with 1000",
};

/** Descriptions of the events, by type, each with an example. */
export const EVENTS: {
	readonly [T in EventType]: Readonly<
		Record<string, Extract<ConnectionEvent, { type: T }>>
	>;
} = {
	token_ready: { "a token is available": { type: "token_ready" } },
	failed: {
		"the token request failed": { type: "failed" },
		"the user is logged out": {
			type: "failed",
			error: new ChatError("unauthorized", "there is no token"),
		},
		"the application returned something that is not a token": {
			type: "failed",
			error: new ChatError("invalid_token", ""),
		},
		"the token belongs to another user": {
			type: "failed",
			error: new ChatError("other_user", "the token is of another user"),
		},
		"the server refuses for good": {
			type: "failed",
			error: new ChatError("forbidden", ""),
		},
	},
	opened: { "the WebSocket opens": { type: "opened" } },
	socket_closed: Object.fromEntries(
		(
			[
				[1000],
				[1001],
				[1001, "retry_ms=7000"],
				[1003],
				[1005],
				[1006],
				[1007],
				[1008, "token expired"],
				[1009],
				[1011],
				[1012],
				[1013],
			] as const
		).map(([code, reason = ""]) => [
			`closed with ${code}${reason && ` \`${reason}\``}`,
			{ type: "socket_closed", code, reason },
		]),
	),
	answered: Object.fromEntries(
		(
			[
				[400],
				[401],
				[403, "origin not allowed"],
				[404],
				[426],
				[429],
				[429, "", 7000],
				[500],
				[500, "invalid user_id"],
				[502],
				[503],
				[503, "", 7000],
				[0],
			] as const
		).map(([status, error = "", retryAfterMs = 0]) => [
			[
				status === 0 ? "no answer" : `refused with ${status}`,
				error && ` \`${error}\``,
				retryAfterMs > 0 && ` and \`Retry-After\` of ${retryAfterMs / 1000} s`,
			]
				.filter(Boolean)
				.join(""),
			{ type: "answered", status, error, retryAfterMs },
		]),
	),
	due: { "the wait is over": { type: "due" } },
	online: { "the network is back": { type: "online" } },
	offline: { "the network is gone": { type: "offline" } },
	woken: {
		"the user looks at the page or the machine wakes": { type: "woken" },
	},
	stale: { "the WebSocket is dead": { type: "stale" } },
	renew: {
		"entries are missing, or a token is renewed by closing": {
			type: "renew",
			code: 4001,
			reason: "",
		},
	},
	reconnect: { "`reconnect()`": { type: "reconnect" } },
	close: { "`close()`": { type: "close" } },
};

export const LABELS = Object.values(EVENTS).flatMap((those) =>
	Object.keys(those),
);

export const NOON = 1_800_000_000_000;
/** Ages of an open connection, in milliseconds. {@link CIRCUMSTANCES} treats the second as long. */
const AGES_MS = [9_999, 10_000];

/** Conditions on which a transition depends besides the state's name, in order of precedence. */
const CIRCUMSTANCES: Readonly<
	Record<string, (state: ConnectionState, now: number) => boolean>
> = {
	"after ten attempts": ({ attempts }) => attempts === 10,
	"without a network": ({ online }) => !online,
	"if the server ordered the wait": (state) =>
		"ordered" in state && state.ordered,
	"after 10 s or more": (state, now) =>
		"since" in state && now - state.since >= 10_000,
	"if the token was renewed already": ({ renewed }) => renewed,
};

/** Result of one event in one state. */
export interface Trial {
	readonly circumstances: ReadonlySet<string>;
	readonly attempts: number;
	readonly to: StateName;
	/** Next state and effects, without the length of the wait. */
	readonly outcome: string;
	/** Shortest and longest wait, in milliseconds. */
	readonly waits: readonly [number, number] | undefined;
}

/** Rule for an event in a state. The first rule whose circumstance holds applies; the last has no circumstance. */
export interface Rule {
	readonly circumstance: string | undefined;
	readonly trials: readonly Trial[];
}

export type Cells = ReadonlyMap<
	StateName,
	ReadonlyMap<string, readonly Rule[]>
>;

/** Applies every event in every reachable state. */
export function explore(): Cells {
	const trials = new Map<StateName, Map<string, Trial[]>>();
	const events = Object.values(EVENTS).flatMap((those) =>
		Object.entries<ConnectionEvent>(those),
	);
	const seen = new Set<string>();
	const found: ConnectionState[] = [];
	const reach = (state: ConnectionState): void => {
		// The length of a wait and the exact error do not influence transitions.
		const key = JSON.stringify({ ...state, delayMs: 0, error: 0 });
		if (!seen.has(key)) found.push(state);
		seen.add(key);
	};
	reach(INITIAL.state);
	for (const state of found)
		for (const [label, event] of events)
			for (const age of AGES_MS) {
				const now = NOON + age;
				const [soonest, latest] = [0, 1].map((roll) =>
					next(state, event, { now, roll }),
				);
				if (!soonest || !latest) continue;
				reach(
					latest.state.name === "open"
						? { ...latest.state, since: NOON }
						: latest.state,
				);
				const cell = trials.get(state.name) ?? new Map<string, Trial[]>();
				trials.set(state.name, cell);
				const those = cell.get(label) ?? [];
				cell.set(label, those);
				const waits = [soonest, latest].map(({ effects }) =>
					effects.find(({ type }) => type === "wait"),
				) as ({ ms: number } | undefined)[];
				those.push({
					circumstances: new Set(
						Object.keys(CIRCUMSTANCES).filter((name) =>
							CIRCUMSTANCES[name]?.(state, now),
						),
					),
					attempts: state.attempts,
					to: latest.state.name,
					outcome: outcome(state, latest),
					waits: waits[0] && waits[1] ? [waits[0].ms, waits[1].ms] : undefined,
				});
			}
	return new Map(
		(Object.keys(STATES) as StateName[]).map((name) => {
			const cell = trials.get(name);
			if (!cell) throw new Error(`no event leads to the state ${name}`);
			return [
				name,
				new Map(Array.from(cell, ([label, those]) => [label, rulesOf(those)])),
			];
		}),
	);
}

export const NOTED = "noted";

/** Describes the next state and the effects. Returns an empty string if the event changes nothing. */
function outcome(
	before: ConnectionState,
	{ state, effects }: ReturnType<typeof next>,
): string {
	if (state.name === before.name && effects.length === 0)
		return state.online === before.online ? "" : NOTED;
	return [
		`**${state.name}**${state.name === "failed" ? ` (\`${state.error.code}\`)` : ""}`,
		...effects.map(doing),
	]
		.filter(Boolean)
		.join(", ");
}

function doing(effect: Effect): string {
	switch (effect.type) {
		case "fetch_token":
			return effect.refused ? "with a new token" : "";
		case "drop_socket":
			return `closes the WebSocket with ${effect.code === 4001 ? "the given code" : effect.code}`;
		case "open_socket":
		case "probe":
		case "wait":
			return "";
	}
}

/** Reduces trials to a list of rules. @throws if the circumstances do not determine the outcome */
function rulesOf(trials: readonly Trial[]): Rule[] {
	const isOne = (those: readonly Trial[]): boolean =>
		new Set(those.map((it) => it.outcome)).size === 1;
	const rules: Rule[] = [];
	let rest = trials;
	while (!isOne(rest)) {
		const circumstance = Object.keys(CIRCUMSTANCES).find((name) => {
			const those = rest.filter((it) => it.circumstances.has(name));
			return those.length > 0 && isOne(those);
		});
		if (circumstance === undefined)
			throw new Error(
				`what decides between ${[...new Set(rest.map((it) => it.outcome))].join(" and ")}? Add it to CIRCUMSTANCES`,
			);
		const has = (it: Trial): boolean => it.circumstances.has(circumstance);
		rules.push({ circumstance, trials: rest.filter(has) });
		rest = rest.filter((it) => !has(it));
	}
	return [...rules, { circumstance: undefined, trials: rest }];
}
